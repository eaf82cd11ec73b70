/** `/cache/…`: the cached answers of the caller's scope. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { CachedAnswers, CacheScope } from '../../exchange/cached-answers.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { isAdmin } from '../authority.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { EVERYONE, READERS } from '../roles.ts';
import { get, post } from '../route.ts';

const KINDS = ['key', 'user', 'team', 'org', 'global'] as const;
const MS = 1_000;

/** `/cache/…`. */
export const CACHE_ROUTES: readonly ManagementRoute[] = [
  post('/cache/delete', EVERYONE, remove, "Deletes cached answers of the caller's scope by their keys."),
  post(
    '/cache/flushall',
    EVERYONE,
    flush,
    "Erases the cached answers of the caller's scope; an admin may name another.",
  ),
  get('/cache/redis/info', READERS, redisInfo, 'Shows what the Redis of the cache says of itself.'),
  get(
    '/cache/semantic/report',
    READERS,
    semanticReport,
    'Shows what the semantic cache does or would have done: hits, estimated false hits and saving by threshold.',
  ),
  get('/cache/settings', READERS, settings, 'Shows how answers are cached.'),
];

async function remove(call: ManagementCall): Promise<JsonValue> {
  const answers = cacheOf(call);
  const fields = new Fields(call.body);
  const keys = fields.texts('keys') ?? [];
  const scope = scopeOf(call, answers, fields);
  fields.finish(call);
  if (keys.length === 0) throw wrongField('keys', 'must name at least one value of `x-litellm-cache-key`');
  const deleted = await within(answers.delete(scope, keys));
  return { status: 'success', keys: [...keys], deleted };
}

async function flush(call: ManagementCall): Promise<JsonValue> {
  const answers = cacheOf(call);
  const fields = new Fields(call.body);
  const scope = scopeOf(call, answers, fields);
  fields.finish(call);
  await within(answers.erase(scope));
  return { status: 'success', scope: scope.kind };
}

async function redisInfo(call: ManagementCall): Promise<JsonValue> {
  const info = await within(cacheOf(call).info());
  if (info === undefined) throw new GatewayError('unknown_object', 'Answers are cached in memory, not in a Redis.');
  const pairs = info.split('\r\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon <= 0 || line.startsWith('#') ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
  });
  const facts: JsonObject = Object.fromEntries(pairs);
  return { num_clients: Number(facts.connected_clients ?? 0), info: facts };
}

async function semanticReport(call: ManagementCall): Promise<JsonValue> {
  const { semanticReport: report } = cacheOf(call);
  if (report !== undefined) return report;
  throw new GatewayError('unknown_object', 'The semantic cache is off: `cache_params.semantic.mode` switches it on.');
}

async function settings(call: ManagementCall): Promise<JsonValue> {
  const { facts } = call.context.cachedAnswers ?? {};
  if (facts === undefined) return { fields: [], current_values: { cache: false } };
  const { place, isUp, reason, scope, namespace, ttlMs, longestTtlMs, isOnByDefault, operations } = facts;
  const values = {
    cache: true,
    type: place === 'redis' ? 'redis' : 'local',
    scope: scope ?? null,
    namespace,
    ttl: ttlMs / MS,
    max_ttl: longestTtlMs / MS,
    mode: isOnByDefault ? 'default_on' : 'default_off',
    operations: [...operations],
  };
  return { fields: [], current_values: values, is_up: isUp, reason: reason ?? null };
}

function cacheOf({ context: { cachedAnswers } }: ManagementCall): CachedAnswers {
  if (cachedAnswers?.facts === undefined)
    throw new GatewayError('unknown_object', 'No answers are cached: `litellm_settings.cache` switches it on.');
  return cachedAnswers;
}

/** The scope that the body names, which only an admin may do, else that of the caller. */
function scopeOf(call: ManagementCall, answers: CachedAnswers, fields: Fields): CacheScope {
  const kind = fields.text('scope') ?? undefined;
  const id = fields.text('id') ?? undefined;
  if (kind === undefined) {
    const own = answers.scopeOf(call.caller);
    if (own !== undefined) return own;
    throw wrongField(
      'scope',
      `must be one of ${KINDS.join(', ')}, with its \`id\`: nothing is cached for this key itself`,
    );
  }
  if (!isAdmin(call)) throw new GatewayError('route_denied', 'Only an admin may name the scope. Leave `scope` out.');
  const known = KINDS.find((each) => each === kind);
  if (known === undefined) throw wrongField('scope', `must be one of ${KINDS.join(', ')}`);
  if (known === 'global') return { kind: known, id: '' };
  if (id === undefined || id === '') throw wrongField('id', 'is required beside `scope`');
  return { kind: known, id: known === 'key' && id.startsWith('sk-') ? hashKey(id) : id };
}

async function within<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new GatewayError('store_unavailable', 'The Redis of the cache is unavailable. Try again soon.', {
      retryAfterMs: MS,
      cause: error,
    });
  }
}
