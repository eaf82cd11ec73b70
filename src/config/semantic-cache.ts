import { defined } from '../core/defined.ts';
import type { SemanticCacheConfig } from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import type { FieldsOf } from './setting-rows.ts';
import type { CACHE_PARAMS } from './settings/cache-params.ts';

/** Of the measured thresholds the lowest at which nearly no near miss is a hit; docs/guides/caching.md has the table. */
const THRESHOLD = 0.9;
const COLLECTION = 'sluice_semantic_cache';

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
  return { ...fields.semantic, mode, embeddingModel, threshold, place: placeOf(fields, type) };
}

function placeOf(
  { redisIndex, qdrantBase, qdrantKey, qdrantCollection, qdrantQuantization }: FieldsOf<typeof CACHE_PARAMS>,
  type: string | undefined,
): SemanticCacheConfig['place'] {
  if (type === 'redis-semantic' || type === 'valkey-semantic')
    return { kind: 'redis', ...defined({ index: redisIndex }) };
  if (type !== 'qdrant-semantic' || qdrantBase === undefined) return { kind: 'memory' };
  return {
    kind: 'qdrant',
    base: qdrantBase,
    collection: qdrantCollection ?? COLLECTION,
    quantization: qdrantQuantization ?? 'binary',
    ...defined({ key: qdrantKey }),
  };
}
