/** Writes docs/guides/providers.md from the folders of the providers. */
import { providers } from '../src/providers/index.ts';
import type { OperationId, Provider } from '../src/providers/provider.ts';
import { writeGenerated } from './generated-page.ts';

const WORDS: Readonly<Partial<Record<OperationId, string>>> = {
  chat: 'chat',
  response: 'Responses API',
  completion: 'completions',
  embedding: 'embeddings',
  compact: 'compaction',
  'count-tokens': 'token counting',
};

const code = (text: string): string => `\`${text}\``;

function row(provider: Provider): string {
  const {
    name,
    aliases = [],
    title,
    keyVariables,
    baseUrlVariables = [],
    keyOptional,
    defaultBaseUrl,
    operations,
  } = provider;
  const prefixes = [name, ...aliases].map((prefix) => code(`${prefix}/`)).join(' ');
  const key = `${keyVariables.map(code).join(' ')}${keyOptional === true ? ' (may be absent)' : ''}`;
  const base = defaultBaseUrl === undefined ? 'must be set' : code(defaultBaseUrl);
  const address = [base, ...baseUrlVariables.map(code)].join(' ');
  const works = Object.keys(operations).map((id) => WORDS[id as OperationId] ?? id);
  return `| ${title} | ${prefixes} | ${key} | ${address} | ${works.join(', ')} |`;
}

writeGenerated(
  'docs/guides/providers.md',
  `<!-- Generated from src/providers by npm run generate. -->
# Providers

The prefix in \`litellm_params.model\` says whose API a deployment speaks. Without \`api_key\` or \`api_base\` in the file, the variables
count. "Works" is what the provider is asked for; every client's format reaches it, because requests are translated
([which protocol over which provider](../reference/protocols.md)).

| provider | prefix | key | address (\`api_base\`) | works |
|---|---|---|---|---|
${providers.map(row).join('\n')}

\`\`\`yaml
model_list:
  - model_name: fast
    litellm_params:
      model: groq/llama-3.3-70b-versatile
      api_key: os.environ/GROQ_API_KEY
\`\`\`

## A provider that is not listed

Most of the others speak OpenAI's format. Name theirs with \`openai_like/\`, give the address up to what stands before
\`/chat/completions\`, and give prices, as no price list knows the model under this prefix:

\`\`\`yaml
model_list:
  - model_name: house-model
    litellm_params:
      model: openai_like/their-model-name
      api_base: https://api.example.com/v1
      api_key: os.environ/EXAMPLE_API_KEY
      input_cost_per_token: 0.0000002
      output_cost_per_token: 0.0000006
  - model_name: local
    litellm_params:
      model: hosted_vllm/meta-llama/Llama-3.1-8B-Instruct
      api_base: http://127.0.0.1:8000/v1
\`\`\`

\`hosted_vllm/\`, \`ollama/\` and \`lm_studio/\` know the manners of these servers. Parameters that a server takes beyond OpenAI's are passed
on. What a listed model takes is in [Models](../reference/models.md);
\`GET /utils/supported_openai_params?model=NAME\` asks the running gateway.

A configuration that names a provider which cannot be reached this way still serves the rest: \`sluice check\` and \`/health\` say which
deployments are left out, and why.
`,
);
