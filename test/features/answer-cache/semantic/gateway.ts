/** A gateway with a semantic cache, for tests that go through the front door. */
import type { JsonObject } from '../../../../src/core/json.ts';
import { type CachedGateway, type CachedSetup, deployment, startCached } from '../cached-gateway.ts';
import type { Embedder } from './embedder.ts';

/** Its groups: what is asked, and what embeds. */
export const models = (embedder: Embedder): JsonObject[] => [
  deployment('gpt-4o', 'openai/gpt-4o'),
  deployment('claude', 'anthropic/claude-sonnet-4-5'),
  {
    model_name: 'embedder',
    litellm_params: {
      model: 'openai/text-embedding-3-small',
      api_base: `${embedder.url}/v1`,
      api_key: 'none',
    },
  },
];

/** Starts it. `semantic`: what is not as usual of its settings. */
export function startSemantic(
  embedder: Embedder,
  semantic: JsonObject = {},
  { cache, ...setup }: CachedSetup = {},
): Promise<CachedGateway> {
  const settings = { mode: 'on', embedding_model: 'embedder', threshold: 0.9, check_share: 0, ...semantic };
  return startCached({ models: models(embedder), ...setup, cache: { semantic: settings, ...cache } });
}
