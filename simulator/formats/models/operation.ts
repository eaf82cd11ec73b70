import type { JsonObject } from '../../../src/core/json.ts';
import type { Operation } from '../operation.ts';

/** Names that a list of models shows; any other name works too. */
const LISTED_MODELS = [
  'gpt-4o',
  'gpt-4o-mini',
  'gpt-5',
  'o3',
  'claude-sonnet-5',
  'claude-opus-5',
  'deepseek-chat',
  'deepseek-reasoner',
  'glm-4.6',
  'gemini-2.5-flash',
  'gemini-3-pro',
  'text-embedding-3-small',
] as const;

/** `GET …/models` and `GET …/models/{model}`, in the words of the provider that the headers name. */
export const openaiModels: Operation = {
  name: 'openai-models',
  family: 'openai',
  method: 'GET',
  path: /(?<!\/v1(?:beta|alpha))\/models(?:\/([^/]+))?$/,
  read(call) {
    const isAnthropic = call.headers['anthropic-version'] !== undefined;
    const write = (id: string): JsonObject =>
      isAnthropic
        ? { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' }
        : { id, object: 'model', created: 1_767_225_600, owned_by: 'simulator' };
    if (call.model !== '') return { kind: 'plain', json: write(call.model) };
    const data = LISTED_MODELS.map(write);
    const ends = { has_more: false, first_id: LISTED_MODELS[0], last_id: LISTED_MODELS.at(-1) ?? null };
    return { kind: 'plain', json: isAnthropic ? { data, ...ends } : { object: 'list', data } };
  },
};

/** `GET /v1beta/models` and `GET /v1beta/models/{model}`. */
export const geminiModels: Operation = {
  name: 'gemini-models',
  family: 'gemini',
  method: 'GET',
  path: /\/v1(?:beta|alpha)\/models(?:\/([^/:]+))?$/,
  read(call) {
    const write = (id: string): JsonObject => ({
      name: `models/${id}`,
      version: '001',
      displayName: id,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    });
    return { kind: 'plain', json: call.model === '' ? { models: LISTED_MODELS.map(write) } : write(call.model) };
  },
};
