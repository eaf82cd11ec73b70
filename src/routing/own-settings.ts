/**
 * What a key or a team says of the routing of its requests, in LiteLLM's `router_settings`: it holds for what a request does not say
 * itself, and comes before the settings of the gateway. It widens nothing: a fallback that the key may not use is left out.
 */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { flattenFallbacks } from './fallback-chain.ts';
import { LONGEST_TIMEOUT_S, MOST_RETRIES, type RequestControls } from './request-controls.ts';

/** A group's fallback groups in order; `*` is for the groups without any of their own. */
type FallbackMap = ReadonlyMap<string, readonly string[]>;

/** The routing settings of a key with those of its team. */
export interface OwnSettings {
  readonly numRetries?: number;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly fallbacks?: FallbackMap;
  readonly contextWindowFallbacks?: FallbackMap;
  readonly contentPolicyFallbacks?: FallbackMap;
}

/** Reads both; what the key says wins. Values that mean nothing are as if they were left out. Undefined if nothing is said. */
export function readOwnSettings(key: JsonValue | undefined, team: JsonValue | undefined): OwnSettings | undefined {
  const settings: OwnSettings = { ...settingsIn(team), ...settingsIn(key) };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** The controls of a request for a group, completed by what its key and team say. */
export function withOwnSettings(controls: RequestControls, own: OwnSettings, group: string): RequestControls {
  const { numRetries, timeoutMs, streamTimeoutMs, ...maps } = own;
  const chain = (map: FallbackMap | undefined): readonly string[] | undefined => {
    const groups = map === undefined ? [] : flattenFallbacks(group, map);
    return groups.length === 0 ? undefined : groups;
  };
  return {
    ...defined({
      numRetries,
      timeoutMs,
      streamTimeoutMs,
      fallbacks: chain(maps.fallbacks),
      contextWindowFallbacks: chain(maps.contextWindowFallbacks),
      contentPolicyFallbacks: chain(maps.contentPolicyFallbacks),
    }),
    ...controls,
  };
}

function settingsIn(value: JsonValue | undefined): OwnSettings {
  if (!isJsonObject(value)) return {};
  return defined({
    numRetries: retriesIn(value.num_retries) ?? retriesIn(value.max_retries),
    timeoutMs: millisecondsIn(value.timeout),
    streamTimeoutMs: millisecondsIn(value.stream_timeout),
    fallbacks: fallbacksIn(value.fallbacks, value.default_fallbacks),
    contextWindowFallbacks: fallbacksIn(value.context_window_fallbacks),
    contentPolicyFallbacks: fallbacksIn(value.content_policy_fallbacks),
  });
}

function retriesIn(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? Math.min(value, MOST_RETRIES) : undefined;
}

function millisecondsIn(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value > 0 ? Math.ceil(Math.min(value, LONGEST_TIMEOUT_S) * 1000) : undefined;
}

/** More would be looked through for every request, and lead nowhere: a walk ends after a few groups. */
const MOST_GROUPS = 500;
const MOST_TARGETS = 20;

/** `[{ "a": ["b"] }]` or the map alone, and the list for all other groups. */
function fallbacksIn(value: JsonValue | undefined, others?: JsonValue): FallbackMap | undefined {
  const maps: readonly JsonObject[] = (Array.isArray(value) ? value : [value]).filter(isJsonObject);
  const groups = new Map<string, readonly string[]>();
  if (Array.isArray(others)) groups.set('*', namesIn(others));
  for (const map of maps) {
    for (const [group, targets] of Object.entries(map))
      if (groups.size < MOST_GROUPS) groups.set(group, namesIn(targets));
  }
  return groups.size === 0 ? undefined : groups;
}

function namesIn(targets: JsonValue | undefined): readonly string[] {
  const names = (Array.isArray(targets) ? targets : [targets]).map((item) => (isJsonObject(item) ? item.model : item));
  return names.filter((name) => typeof name === 'string').slice(0, MOST_TARGETS);
}
