import type { Finding } from '../../src/config/finding.ts';
import type { KnownProvider } from '../../src/config/known-providers.ts';
import { type LoadOptions, type LoadResult, loadConfig } from '../../src/config/load.ts';
import { FEATURE_SETTINGS } from '../../src/features/index.ts';

/** Providers as the configuration knows them, so that these tests stand still when real ones change. */
export const PROVIDERS: readonly KnownProvider[] = [
  {
    name: 'openai',
    keyVariables: ['OPENAI_API_KEY'],
    baseUrlVariables: ['OPENAI_BASE_URL'],
    defaultBaseUrl: 'https://api.openai.com/v1',
    modelPatterns: ['gpt-*', 'o1*', 'text-embedding-*'],
  },
  {
    name: 'anthropic',
    keyVariables: ['ANTHROPIC_API_KEY'],
    defaultBaseUrl: 'https://api.anthropic.com',
    modelPatterns: ['claude-*'],
  },
  {
    name: 'deepseek',
    keyVariables: ['DEEPSEEK_API_KEY'],
    defaultBaseUrl: 'https://api.deepseek.com',
    modelPatterns: ['deepseek-*'],
  },
  {
    name: 'zai',
    aliases: ['zhipuai'],
    keyVariables: ['ZAI_API_KEY'],
    defaultBaseUrl: 'https://api.z.ai',
    modelPatterns: ['glm-*'],
  },
  { name: 'azure', keyVariables: ['AZURE_API_KEY'], baseUrlVariables: ['AZURE_API_BASE'] },
  { name: 'hosted_vllm', keyVariables: ['HOSTED_VLLM_API_KEY'], keyOptional: true },
  { name: 'openai_like', keyVariables: ['OPENAI_LIKE_API_KEY'], keyOptional: true, isCustomEndpoint: true },
];

/** An environment in which nothing is missing. */
export const FULL_ENVIRONMENT: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: 'openai-key-from-environment',
  ANTHROPIC_API_KEY: 'anthropic-key-from-environment',
  DEEPSEEK_API_KEY: 'deepseek-key-from-environment',
  GATEWAY_MASTER_KEY: 'sk-a-long-enough-master-key-0123456789',
};

/** Loads texts as if they were files; the first is the one that is named. */
export function loadTexts(texts: Readonly<Record<string, string>>, options: Partial<LoadOptions> = {}): LoadResult {
  const first = Object.keys(texts)[0] ?? 'config.yaml';
  return loadConfig({
    files: [first],
    env: FULL_ENVIRONMENT,
    knownProviders: PROVIDERS,
    features: FEATURE_SETTINGS,
    readFile: (path) => {
      const name = Object.keys(texts).find((each) => path.endsWith(`/${each}`));
      if (name === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' });
      return texts[name] ?? '';
    },
    ...options,
  });
}

/** Loads one text as `config.yaml`. */
export function loadText(text: string, options: Partial<LoadOptions> = {}): LoadResult {
  return loadTexts({ 'config.yaml': text }, options);
}

/** The configuration of a text that must load. */
export function configOf(text: string, options: Partial<LoadOptions> = {}): NonNullable<LoadResult['config']> {
  const { config, findings } = loadText(text, options);
  if (config === undefined) throw new Error(`did not load: ${findings.map(({ message }) => message).join('; ')}`);
  return config;
}

/** Findings as short lines: `12:5 error unknown-key`. Notes are left out unless asked for. */
export function brief(findings: readonly Finding[], withNotes = false): readonly string[] {
  return findings
    .filter(({ severity }) => withNotes || severity !== 'note')
    .map(({ line, column, severity, code, suggestion }) =>
      [`${line}:${column}`, severity, code, ...(suggestion === undefined ? [] : [suggestion])].join(' '),
    );
}
