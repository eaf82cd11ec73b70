/** The pairs of a client's format and a provider that the table of protocols shows. */
import type { ClientId } from './clients.ts';

/** The providers, each by a model of its own. `mode` says which of OpenAI's two formats it is asked in. */
export const PROVIDERS = {
  'openai-chat': { title: 'OpenAI chat', model: 'openai/gpt-4o', mode: 'chat' },
  'openai-responses': { title: 'OpenAI Responses', model: 'openai/gpt-5', mode: 'responses' },
  claude: { title: 'Claude', model: 'anthropic/claude-sonnet-4-5', mode: undefined },
  gemini: { title: 'Gemini', model: 'gemini/gemini-2.5-pro', mode: undefined },
  deepseek: { title: 'DeepSeek', model: 'deepseek/deepseek-chat', mode: undefined },
  glm: { title: 'GLM', model: 'zai/glm-4.6', mode: undefined },
} as const;
/** The name of a provider. */
export type ProviderId = keyof typeof PROVIDERS;

/** What became of a pair. `format` is the one that the provider was asked in, and `lane` how. */
export interface PairOutcome {
  readonly client: ClientId;
  readonly provider: ProviderId;
  readonly test: string;
  readonly result: 'works' | 'refused';
  readonly lane?: string;
  readonly format?: string;
}

/** Where the outcomes of the last run that kept them are. */
export const PROTOCOL_RESULTS = 'test/results/protocols.json';

/** The file of the tests. */
export const PROTOCOL_TESTS = 'test/protocols/protocols.test.ts';

/** The name of a pair's test. */
export const testOf = (client: ClientId, provider: ProviderId): string => `${client} over ${PROVIDERS[provider].title}`;
