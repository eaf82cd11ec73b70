/** Settings of `litellm_settings.cache_params`, and of the guide's `cache` map. */
import { guideNow, later, never, now, own, type SettingRows, several } from '../setting-rows.ts';
import { LITELLM_SEMANTIC } from './semantic-cache.ts';

/** Why groups share no answers. */
export const NO_CACHING_GROUPS =
  'An answer is kept for the group that gave it: deployments that may stand for one another are one group.';

/** Where answers are kept, in LiteLLM's words; those that are unknown here mean the memory. */
const TYPES = [
  'local',
  'redis',
  'redis-semantic',
  'valkey-semantic',
  'qdrant-semantic',
  's3',
  'gcs',
  'azure-blob',
  'disk',
] as const;

const notHere = (type: unknown): readonly string[] =>
  typeof type === 'string' && !/^(?:local|(?:redis|valkey|qdrant)-semantic|redis)$/.test(type) ? [type] : [];

/** Kinds of calls in LiteLLM's words. Those of other operations are never kept. */
const CALL_TYPES = [
  'completion',
  'acompletion',
  'text_completion',
  'atext_completion',
  'embedding',
  'aembedding',
  'responses',
  'aresponses',
  'anthropic_messages',
  'generate_content',
  'agenerate_content',
  'transcription',
  'atranscription',
  'rerank',
  'arerank',
] as const;

/** The members of `cache_params` (and of the guide's `cache` map). */
export const CACHE_PARAMS = {
  type: now(
    TYPES,
    'Where answers are cached: in the memory of each instance, or in Redis. `redis-semantic` and `valkey-semantic` also switch on `semantic`, with the embeddings of questions in a Redis or Valkey that can search; with `qdrant-semantic` they are in Qdrant, and answers in Redis if one is named, else in memory. Types without a store of their own here use Redis if one is named, else the memory.',
    { otherwise: 'redis if an address is given, else local', missingIn: notHere },
  ),
  host: now(
    'text',
    'Redis: host. With `cache: true` it is also the Redis in which instances share budgets and limits, unless `router_settings` names one.',
    { variable: 'REDIS_HOST' },
  ),
  port: now('port', 'Redis: port.', { variable: 'REDIS_PORT', otherwise: '6379' }),
  username: now('text', 'Redis: user.', { variable: 'REDIS_USERNAME' }),
  password: now('secret', 'Redis: password.', { variable: 'REDIS_PASSWORD' }),
  db: now('integer', 'Redis: database number.'),
  url: now('secret', 'Redis: URL.', { variable: 'REDIS_URL' }),
  ssl: now('flag', 'Redis: TLS.', { variable: 'REDIS_SSL' }),
  ssl_cert_reqs: now('any', 'Redis: how certificates are checked; `none` takes any.'),
  ssl_check_hostname: now('flag', 'Redis: whether the certificate must name the host.'),
  scope: own(
    ['key', 'user', 'team', 'org', 'global'],
    'Who shares answers. Requests without such a scope are not cached. The master key has a scope only with `key` and `global`.',
    { to: 'scope', otherwise: 'the team, else the user, else the key' },
  ),
  namespace: now('text', 'A part of every scope, and the prefix of all keys in Redis.', 'namespace'),
  ttl: now('seconds', 'How long a cached answer lives; a request may ask for another time.', {
    to: 'ttlMs',
    otherwise: '60',
  }),
  default_in_memory_ttl: now('seconds', 'The same for answers in memory; `ttl` wins.', 'memoryTtlMs'),
  default_in_redis_ttl: now('seconds', 'The same for answers in Redis; `ttl` wins.', 'redisTtlMs'),
  max_ttl: own('seconds', 'The longest that an answer lives, whatever a request asks for.', 'longestTtlMs', 604_800),
  max_entry_kb: own('count', 'A larger answer is not cached, in KiB.', 'largestKib', 1_024),
  max_memory_mb: own(
    'count',
    'Memory for cached answers in each process, in MiB; unused ones go first.',
    'memoryMib',
    64,
  ),
  max_connections: never('integer', 'One connection carries the commands of an instance.'),
  redis_startup_nodes: now('list', 'Redis cluster: nodes.'),
  service_name: now('text', 'Redis sentinel: service.'),
  sentinel_nodes: now('list', 'Redis sentinel: nodes.'),
  sentinel_password: now('secret', 'Redis sentinel: password.'),
  ssl_ca_certs: now('text', 'Redis: CA file.', { variable: 'REDIS_SSL_CA_CERTS' }),
  ssl_certfile: now('text', 'Redis: file with the client certificate.', { variable: 'REDIS_SSL_CERTFILE' }),
  ssl_keyfile: now('text', 'Redis: file with its key.', { variable: 'REDIS_SSL_KEYFILE' }),
  gcp_service_account: later('text', 'Redis: Google service account.'),
  gcp_ssl_ca_certs: now('text', 'Redis: CA file.'),
  supported_call_types: now(
    { eachOf: CALL_TYPES },
    'Kinds of requests that are cached; those of sound and of ranking never are.',
    { to: 'callTypes', otherwise: 'chat, messages, responses, completions, embeddings, generateContent' },
  ),
  mode: now(
    ['default_on', 'default_off'],
    'Whether requests are cached that say nothing of it; with `default_off` those that ask for it with `cache: {"use-cache": true}`.',
    'mode',
    'default_on',
  ),
  tool_calls: own('flag', 'Whether answers that call tools are cached.', 'keepsToolCalls', false),
  join_requests: own(
    'flag',
    'Whether a request waits for the answer to an identical one of its scope that is under way in the same process, instead of asking again.',
    'joinsRequests',
    false,
  ),
  encrypt: own(
    'flag',
    'Encrypts answers in Redis, under a key made of the salt key or the master key.',
    'isEncrypted',
    false,
  ),
  ...LITELLM_SEMANTIC,
  cache_system_prompt_only: guideNow('flag', 'The same as beside `cache`.', 'isPromptOnly', false),
  disk_cache_dir: never('text', 'Answers are kept in memory or in Redis.'),
  ...several(
    `s3_bucket_name s3_region_name s3_endpoint_url s3_path s3_api_version s3_use_ssl s3_verify gcs_bucket_name gcs_path
     gcs_path_service_account azure_account_url azure_blob_container`,
    () => never('any', 'Answers are kept in memory or in Redis.'),
  ),
  ...several('s3_aws_access_key_id s3_aws_secret_access_key s3_aws_session_token', () =>
    never('secret', 'Answers are kept in memory or in Redis.'),
  ),
} satisfies SettingRows;

const {
  host,
  port,
  username,
  password,
  db,
  url,
  ssl,
  ssl_cert_reqs,
  ssl_check_hostname,
  ssl_ca_certs,
  ssl_certfile,
  ssl_keyfile,
  sentinel_nodes,
  sentinel_password,
  service_name,
} = CACHE_PARAMS;

/** The members of `coordination_redis`. */
export const COORDINATION_REDIS = {
  host: { ...host, doc: 'Host.' },
  ...{
    port,
    username,
    password,
    db,
    url,
    ssl,
    ssl_cert_reqs,
    ssl_check_hostname,
    ssl_ca_certs,
    ssl_certfile,
    ssl_keyfile,
  },
  startup_nodes: now('list', 'Redis cluster: nodes.'),
  ...{ sentinel_nodes, sentinel_password, service_name },
} satisfies SettingRows;

/** The setting that holds them. */
export const COORDINATION = {
  coordination_redis: now(
    'map',
    'The Redis in which instances count limits and budgets together and share their routing. Wins over `router_settings.redis_…` and over that of the cache.',
    { members: { as: 'map', rows: COORDINATION_REDIS, id: 'coordination_redis' } },
  ),
} satisfies SettingRows;
