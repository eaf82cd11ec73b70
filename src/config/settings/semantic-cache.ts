/** Settings of the cache of answers to questions that mean the same: `cache_params.semantic`, and LiteLLM's names. */
import { never, now, own, type SettingRows, several } from '../setting-rows.ts';

/** The members of `cache_params.semantic`. */
export const SEMANTIC = {
  mode: own(
    ['off', 'shadow', 'on'],
    "`shadow` serves the provider's answer and records what would have been served (`GET /cache/semantic/report`); `on` serves it.",
    { to: 'mode', otherwise: '`on` with a `type` that ends in `-semantic`, else `off`' },
  ),
  embedding_model: own('text', "The model group that embeds questions. Its calls are on the platform's account.", {
    to: 'embeddingModel',
    otherwise: "the model that LiteLLM's setting for the type names",
  }),
  threshold: own('ratio', 'How alike two questions must be: the cosine of their embeddings.', {
    to: 'threshold',
    otherwise: '`similarity_threshold`, else 0.9',
  }),
  guards: own(
    ['strict', 'standard'],
    '`standard` compares numbers, names, negation, directions, the kind of question, roles and languages; `strict` also takes only questions whose words of content are the same or known to mean the same.',
    'guards',
    'strict',
  ),
  max_temperature: own(
    'number',
    'Requests with a higher temperature are left out; one that says none counts as 1.',
    'maxTemperature',
    1,
  ),
  max_entries: own(
    'count',
    'Questions that are remembered in each process, or in the collection.',
    'maxEntries',
    20_000,
  ),
  max_memory_mb: own(
    'count',
    'Memory for their embeddings in each process, in MiB; unused ones go first.',
    'memoryMib',
    64,
  ),
  max_question_characters: own(
    'count',
    'Longer questions are left out: embedding models cut them off, and what is cut off is not compared.',
    'mostCharacters',
    800,
  ),
  embedding_timeout: own('seconds', 'A slower embedding is a miss.', 'timeoutMs', 2),
  embedding_rpm: own(
    'count',
    'Embeddings that each scope may cause in a minute; further requests go on without.',
    'embeddingsPerMinute',
    600,
  ),
  check_share: own(
    'ratio',
    'With `on`: which share of hits is still answered by the provider, to be compared for the report.',
    'checkedShare',
    0.01,
  ),
} satisfies SettingRows;

const MODEL = { to: 'semanticModel', isWeak: true } as const;

/** LiteLLM's names beside them. */
export const LITELLM_SEMANTIC = {
  semantic: own('map', 'Answers to questions that mean the same as one before; off unless it says otherwise.', {
    to: 'semantic',
    default: {},
    members: { as: 'map', rows: SEMANTIC },
  }),
  similarity_threshold: now('ratio', 'How alike two questions must be; `semantic.threshold` wins.', 'similarity'),
  redis_semantic_cache_embedding_model: now('text', 'The model group that embeds questions.', MODEL),
  valkey_semantic_cache_embedding_model: now('text', 'The same.', MODEL),
  qdrant_semantic_cache_embedding_model: now('text', 'The same.', MODEL),
  redis_semantic_cache_index_name: now(
    'text',
    'Redis: the beginning of the names of indexes over embeddings; each length of embeddings has one of its own.',
    'indexName',
    'sluice_questions',
  ),
  valkey_semantic_cache_index_name: now('text', 'The same.', { to: 'indexName', isWeak: true }),
  qdrant_api_base: now('text', 'Qdrant: its address.', { variable: 'QDRANT_API_BASE', otherwise: '`QDRANT_URL`' }),
  qdrant_api_key: now('secret', 'Qdrant: its key.', { variable: 'QDRANT_API_KEY' }),
  qdrant_collection_name: now(
    'text',
    'Qdrant: the collection. It is made if it is not there; points of other programs in it are left alone.',
    'qdrantCollection',
    'sluice_questions',
  ),
  qdrant_quantization_config: now(
    ['binary', 'scalar', 'product'],
    'Qdrant: how a collection that is made is quantised; what is found is compared by whole embeddings.',
    'quantization',
    'binary',
  ),
  ...several('qdrant_semantic_cache_vector_size', () =>
    never('integer', 'The first embedding says how long they are.'),
  ),
  ...several('redis_semantic_cache_use_async', () => never('flag', 'Every look-up is asynchronous.')),
} satisfies SettingRows;
