/** What one request, and its key, say about the cache: LiteLLM's `cache` and `caching`, and the `Cache-Control` of HTTP. */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';

/** What is asked of the cache for a request; times in milliseconds. */
export interface CacheControls {
  /** Whether a kept answer may be given. */
  readonly mayRecall: boolean;
  /** Whether the answer may be kept. */
  readonly mayKeep: boolean;
  /** How long its answer shall be kept. */
  readonly ttlMs?: number;
  /** A kept answer must be younger. */
  readonly oldestMs?: number;
  /** A part of the scope. */
  readonly namespace: string;
}

/** Where controls are read from. */
interface Sources {
  /** The members of the body. */
  readonly member: (name: string) => JsonValue | undefined;
  /** Whether the body has a member, also one that is too long to be read. */
  readonly has: (name: string) => boolean;
  /** `Cache-Control`. */
  readonly header: string | readonly string[] | undefined;
  /** LiteLLM's `metadata.cache` of the key or its team: what holds for all its requests. */
  readonly ofKey: JsonValue | undefined;
  /** The controls that its requests may bring; undefined or empty: all. */
  readonly allowed: readonly string[] | undefined;
  /** LiteLLM's `mode`. */
  readonly isOnByDefault: boolean;
}

const LONGEST_NAMESPACE = 128;
const MS = 1_000;
/** Longer times mean the same: the operator's bound counts. */
const LONGEST_S = 1e9;

/** Reads the controls. Throws a GatewayError for values that mean nothing, and for controls that the key is denied. */
export function readControls({ member, has, header, ofKey, allowed, isOnByDefault }: Sources): CacheControls {
  const sent = member('cache') ?? undefined;
  const caching = flag(member('caching'), 'caching');
  const cache = isJsonObject(sent) ? sent : undefined;
  // One that is too long to be read says something too.
  if (cache === undefined && (sent !== undefined || has('cache')))
    throw wrong('cache', 'an object such as {"no-cache": true}');
  refuseDenied(cache, allowed);
  const directives = directivesOf(header, allowed);
  // The client cannot correct what an operator wrote: a wrong value there says nothing.
  const key = isJsonObject(ofKey) ? ofKey : {};
  const of = (name: string): JsonValue | undefined => ownValue(cache, name) ?? undefined;
  const isOn = caching ?? flag(of('use-cache'), 'cache.use-cache') ?? (key['use-cache'] === true || isOnByDefault);
  const forbids = (name: string): boolean =>
    flag(of(name), `cache.${name}`) === true || directives.has(name) || ownValue(key, name) === true;
  const oldest = [
    seconds(of('s-maxage') ?? of('s-max-age'), 'cache.s-maxage'),
    directives.get('max-age'),
    directives.get('s-maxage'),
    secondsOf(key['s-maxage']),
  ].filter((age) => age !== undefined);
  const ttl = seconds(of('ttl'), 'cache.ttl') ?? secondsOf(key.ttl);
  const namespaces = [textOf(key.namespace), namespaceOf(of('namespace'))];
  return {
    mayRecall: isOn && !forbids('no-cache'),
    mayKeep: isOn && !forbids('no-store') && ttl !== 0,
    ...(ttl !== undefined && { ttlMs: ttl * MS }),
    ...(oldest.length > 0 && { oldestMs: Math.min(...oldest) * MS }),
    namespace: namespaces.every((text) => text === undefined) ? '' : JSON.stringify(namespaces),
  };
}

function refuseDenied(cache: JsonObject | undefined, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.length === 0) return;
  for (const name of Object.keys(cache ?? {})) {
    if (allowed.includes(name)) continue;
    const known = CONTROLS.has(name) ? `cache.${name}` : 'cache';
    throw new GatewayError('invalid_request', `Requests with this key may not set \`${known}\`. Leave it out.`, {
      param: known,
    });
  }
}

const CONTROLS = new Set(['ttl', 's-maxage', 's-max-age', 'no-cache', 'no-store', 'namespace', 'use-cache']);

/** Directives that the key is denied are passed over: browsers and proxies add some of their own. */
function directivesOf(
  header: string | readonly string[] | undefined,
  allowed: readonly string[] | undefined,
): ReadonlyMap<string, number | undefined> {
  const directives = new Map<string, number | undefined>();
  if (header === undefined) return directives;
  for (const part of String(header).split(',')) {
    const [name = '', value = ''] = part.trim().toLowerCase().split('=');
    const control = name === 'max-age' ? 's-maxage' : name;
    if (allowed !== undefined && allowed.length > 0 && !allowed.includes(control)) continue;
    const isAge = control === 's-maxage';
    if (isAge && !/^\d{1,9}$/.test(value)) continue;
    if (isAge || control === 'no-cache' || control === 'no-store')
      directives.set(name, isAge ? Number(value) : undefined);
  }
  return directives;
}

function flag(value: JsonValue | undefined, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
}

function seconds(value: JsonValue | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const known = secondsOf(value);
  if (known === undefined) throw wrong(name, 'a number of seconds, 0 or more');
  return known;
}

function secondsOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 ? Math.min(value, LONGEST_S) : undefined;
}

function namespaceOf(value: JsonValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = textOf(value);
  if (text === undefined) throw wrong('cache.namespace', `a text of at most ${LONGEST_NAMESPACE} characters`);
  return text;
}

const textOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' && value.length <= LONGEST_NAMESPACE ? value : undefined;

const wrong = (name: string, wanted: string): GatewayError =>
  new GatewayError('invalid_request', `'${name}' must be ${wanted}.`, { param: name });
