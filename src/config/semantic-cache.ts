import type { SemanticCacheConfig } from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Section } from './section.ts';
import type { CACHE_PARAMS } from './settings/cache-params.ts';

/** The guide (docs/guides/caching.md) says what was measured at it. */
const THRESHOLD = 0.9;

/** How answers to questions that mean the same are cached; undefined: they are not. `isInRedis`: whether answers are in one. */
export function readSemantic(
  section: Section<typeof CACHE_PARAMS>,
  isInRedis: boolean,
  { findings }: ReadingContext,
): SemanticCacheConfig | undefined {
  const fields = section.fields();
  const type = section.get('type');
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
  return { ...fields.semantic, mode, embeddingModel, threshold, ...readPlace(section, isInRedis) };
}

/** Where the embeddings of questions are. */
function readPlace(
  section: Section<typeof CACHE_PARAMS>,
  isInRedis: boolean,
): Pick<SemanticCacheConfig, 'place' | 'indexName' | 'qdrantUrl' | 'qdrantKey' | 'qdrantCollection' | 'quantization'> {
  const { indexName, qdrantCollection, quantization } = section.fields();
  const { findings } = section.context;
  const type = section.get('type');
  const place = type === 'qdrant-semantic' ? 'qdrant' : type?.endsWith('-semantic') === true ? 'redis' : 'memory';
  const named = { indexName, qdrantCollection, quantization };
  const inMemory = { ...named, place: 'memory' } as const;
  const warn = (message: string): typeof inMemory => {
    findings.add('warning', 'missing-key', section.placeOf('type'), message);
    return inMemory;
  };
  if (place === 'memory') return inMemory;
  if (section.get('encrypt') === true)
    return warn(
      `questions are kept in the memory of each instance: with cache_params.encrypt nothing may be stored in plain text, and ${place} cannot compare what is encrypted`,
    );
  if (place === 'redis')
    return isInRedis
      ? { ...named, place }
      : warn('questions are kept in the memory of each instance: no Redis is named');
  const qdrantUrl =
    section.get('qdrant_api_base') ?? section.context.variable('QDRANT_URL') ?? section.effective('qdrant_api_base');
  if (qdrantUrl === undefined)
    return warn(
      'questions are kept in the memory of each instance: set litellm_settings.cache_params.qdrant_api_base to the address of Qdrant',
    );
  if (!/^https?:\/\//i.test(qdrantUrl) || !URL.canParse(qdrantUrl)) {
    const message = 'litellm_settings.cache_params.qdrant_api_base must be http://HOST:PORT or https://HOST:PORT';
    findings.add('error', 'wrong-type', section.placeOf('qdrant_api_base'), message);
    return inMemory;
  }
  if (!isInRedis) {
    const message =
      'questions are shared through Qdrant, but the answers are in the memory of each instance, which finds its own alone: name a Redis beside it';
    findings.add('warning', 'missing-key', section.placeOf('type'), message);
  }
  const qdrantKey = section.effective('qdrant_api_key');
  return { ...named, place, qdrantUrl, ...(qdrantKey !== undefined && { qdrantKey }) };
}
