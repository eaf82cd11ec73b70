import type { SemanticCacheConfig } from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import type { FieldsOf } from './setting-rows.ts';
import type { CACHE_PARAMS } from './settings/cache-params.ts';

/** The guide (docs/guides/caching.md) says what was measured at it. */
const THRESHOLD = 0.9;

/** How answers to questions that mean the same are cached; undefined: they are not. */
export function readSemantic(
  fields: FieldsOf<typeof CACHE_PARAMS>,
  type: string | undefined,
  { findings }: ReadingContext,
): SemanticCacheConfig | undefined {
  const isSemanticType = type?.endsWith('-semantic') === true;
  const mode = fields.semantic.mode ?? (isSemanticType ? 'on' : 'off');
  if (mode === 'off') return undefined;
  const embeddingModel = fields.semantic.embeddingModel ?? fields.semanticModel;
  if (embeddingModel === undefined) {
    const message =
      'the semantic cache has no model that embeds questions: set litellm_settings.cache_params.semantic.embedding_model';
    findings.add('error', 'missing-key', undefined, message);
    return undefined;
  }
  const threshold = fields.semantic.threshold ?? fields.similarity ?? THRESHOLD;
  return { ...fields.semantic, mode, embeddingModel, threshold };
}
