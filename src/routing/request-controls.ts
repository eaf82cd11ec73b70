/**
 * What one request may say about its own routing, in LiteLLM's members and headers: other fallbacks, retries, time limits, tags.
 * A header wins over the member with the same meaning; tags of both are joined. All of it is bounded, because clients send it.
 */
import { defined } from '../core/defined.ts';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { ROUTING_MEMBERS } from '../formats/beside-the-answer.ts';

/** What a request says; what it leaves out is undefined. Times in milliseconds. */
export interface RequestControls {
  /** Groups to fall back to in this order, instead of the configured ones. */
  readonly fallbacks?: readonly string[];
  /** What fallbacks get in the place of the request's own members, by their names. */
  readonly fallbackMembers?: ReadonlyMap<string, JsonObject>;
  readonly contextWindowFallbacks?: readonly string[];
  readonly contentPolicyFallbacks?: readonly string[];
  readonly numRetries?: number;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  /** Of the request over all its attempts, to the end of a stream. */
  readonly totalTimeoutMs?: number;
  readonly disableFallbacks?: boolean;
  readonly tags?: readonly string[];
  /** Those of the tags that were made of headers which the operator names. */
  readonly headerTags?: readonly string[];
}

/** The controls of a request that says nothing: one object, so that one comparison finds it. */
export const NO_CONTROLS: RequestControls = Object.freeze({});

/** The controls that a key may be denied. `fallbacks` means all lists of them, `timeout` all limits of time. */
const DENIABLE_CONTROLS = ['fallbacks', 'num_retries', 'timeout', 'tags', 'disable_fallbacks'] as const;

/** A control that a key may be denied. */
export type DeniableControl = (typeof DENIABLE_CONTROLS)[number];

/** What a key says about the controls of its requests. */
export interface KeyControls {
  readonly disableFallbacks: boolean;
  readonly denied: ReadonlySet<DeniableControl>;
  /** Tags that every request of the key has. */
  readonly tags: readonly string[];
}

/** The region that a request's data must stay in. */
export const REGION_MEMBER = 'allowed_model_region';

/** Body members that are for the gateway alone and go to no provider. (The region is read with the needs of the request.) */
const CONTROL_MEMBERS: ReadonlySet<string> = new Set([...ROUTING_MEMBERS, REGION_MEMBER]);

const CONTROL_HEADERS = [
  'x-litellm-num-retries',
  'x-litellm-timeout',
  'x-litellm-stream-timeout',
  'x-litellm-total-timeout',
  'x-litellm-tags',
] as const;

/** Whether a request may hold any controls, by the names of its members: one pass, after which most requests need no further reading. */
export function mayHaveControls(members: Iterable<{ readonly name: string }>, headers: Headers): boolean {
  for (const { name } of members) if (CONTROL_MEMBERS.has(name) || name === 'metadata') return true;
  return CONTROL_HEADERS.some((name) => headers[name] !== undefined);
}

/**
 * The tags made of headers that the operator names: `x-team: red` is the tag `x-team: red`. They are the operator's wish, so that a key
 * which may bring no tags may still bring such headers.
 */
export function headerTags(headers: Headers, names: readonly string[]): readonly string[] {
  const tags: string[] = [];
  for (const name of names) {
    const value = Object.hasOwn(headers, name) ? joinedHeader(headers[name])?.trim() : undefined;
    // A comma separates tags elsewhere.
    if (value !== undefined && value !== '') tags.push(`${name}: ${value.replaceAll(',', ' ')}`.slice(0, LONGEST_NAME));
  }
  return tags;
}

/** The same controls, with the tags made of headers. */
export function withHeaderTags(controls: RequestControls, made: readonly string[]): RequestControls {
  if (made.length === 0) return controls;
  return { ...controls, headerTags: made, tags: [...new Set([...(controls.tags ?? []), ...made])] };
}

const MOST_FALLBACKS = 5;
/** The most further tries that one request may ask for. */
export const MOST_RETRIES = 10;
/** The longest limit of time that one request may ask for. */
export const LONGEST_TIMEOUT_S = 6_000;
const MOST_TAGS = 32;
const LONGEST_NAME = 256;

/** Header names are in lower case; a header that was sent several times is a list. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

type Header = Headers[string];

/** A header's value; those of a header that was sent several times are joined by commas. */
export function joinedHeader(header: Header): string | undefined {
  return typeof header === 'string' ? header : header?.join(',');
}

/** Returns the value of a body member. It is called once for each member, and only for those named in this file. */
type Members = (name: string) => JsonValue | undefined;

/**
 * Reads the controls of a request. `model` is the name it asks for: LiteLLM accepts fallbacks as maps from a group to a list, of
 * which only the list of that group counts. Throws `invalid_request` with the name of what is wrong.
 */
export function readRequestControls(members: Members, headers: Headers, model?: string): RequestControls {
  const own = new Map<string, JsonObject>();
  const fallbacks = groupsIn('fallbacks', members('fallbacks'), model, own);
  const contextWindow = groupsIn('context_window_fallbacks', members('context_window_fallbacks'), model, own);
  const contentPolicy = groupsIn('content_policy_fallbacks', members('content_policy_fallbacks'), model, own);
  const numRetries =
    retriesIn('x-litellm-num-retries', numberOf(headers['x-litellm-num-retries'])) ??
    retriesIn('num_retries', members('num_retries'));
  const timeoutMs =
    timeIn('x-litellm-timeout', numberOf(headers['x-litellm-timeout'])) ??
    timeIn('timeout', members('timeout')) ??
    timeIn('request_timeout', members('request_timeout'));
  const streamTimeoutMs =
    timeIn('x-litellm-stream-timeout', numberOf(headers['x-litellm-stream-timeout'])) ??
    timeIn('stream_timeout', members('stream_timeout'));
  const totalTimeoutMs =
    timeIn('x-litellm-total-timeout', numberOf(headers['x-litellm-total-timeout'])) ??
    timeIn('total_timeout', members('total_timeout'));
  const disableFallbacks = flagIn('disable_fallbacks', members('disable_fallbacks'));
  const tags = allTags(members('tags'), members('metadata'), headers['x-litellm-tags']);
  if (
    fallbacks === undefined &&
    contextWindow === undefined &&
    contentPolicy === undefined &&
    numRetries === undefined &&
    timeoutMs === undefined &&
    streamTimeoutMs === undefined &&
    totalTimeoutMs === undefined &&
    disableFallbacks === undefined &&
    tags === undefined
  ) {
    return NO_CONTROLS;
  }
  return {
    ...(own.size > 0 && { fallbackMembers: own }),
    ...defined({
      fallbacks,
      contextWindowFallbacks: contextWindow,
      contentPolicyFallbacks: contentPolicy,
      numRetries,
      timeoutMs,
      streamTimeoutMs,
      totalTimeoutMs,
      disableFallbacks,
      tags,
    }),
  };
}

/** The controls of a key that restricts nothing. */
export const FREE_KEY: KeyControls = { disableFallbacks: false, denied: new Set(), tags: [] };

/** Reads the controls of a key from its metadata: `disable_fallbacks`, `deny_request_controls`, `tags`. */
export function readKeyControls(metadata: JsonObject): KeyControls {
  const { disable_fallbacks: disableFallbacks, deny_request_controls: deny, tags } = metadata;
  if (disableFallbacks === undefined && deny === undefined && tags === undefined) return FREE_KEY;
  const words = new Set(typeof deny === 'string' ? [deny] : textsIn(deny));
  return {
    disableFallbacks: disableFallbacks === true,
    denied: new Set(DENIABLE_CONTROLS.filter((word) => words.has(word))),
    tags: textsIn(tags),
  };
}

/** The controls of a request under its key, with the key's tags. Throws `invalid_request` for a control that the key is denied. */
export function controlsUnderKey(controls: RequestControls, key: KeyControls): RequestControls {
  if (key === FREE_KEY) return controls;
  for (const denied of key.denied) {
    const used = MEMBERS_OF[denied].find((member) => controls[member] !== undefined);
    if (used === undefined) continue;
    throw new GatewayError('invalid_request', `Requests with this key may not set \`${denied}\`. Leave it out.`, {
      param: denied,
    });
  }
  if (!key.disableFallbacks && key.tags.length === 0) return controls;
  return {
    ...controls,
    ...(key.disableFallbacks && { disableFallbacks: true }),
    ...(key.tags.length > 0 && { tags: [...new Set([...key.tags, ...(controls.tags ?? [])])] }),
  };
}

const MEMBERS_OF: Readonly<Record<DeniableControl, readonly (keyof RequestControls)[]>> = {
  fallbacks: ['fallbacks', 'contextWindowFallbacks', 'contentPolicyFallbacks'],
  num_retries: ['numRetries'],
  timeout: ['timeoutMs', 'streamTimeoutMs', 'totalTimeoutMs'],
  tags: ['tags'],
  disable_fallbacks: ['disableFallbacks'],
};

/**
 * Names out of `["b", { "model": "c" }, { "a": ["d"] }]`; of the last form only the list of the model that is asked for. What an
 * object has besides `model` is noted in `own`: LiteLLM sends it to that fallback in the place of the request's own members.
 */
function groupsIn(
  param: string,
  value: JsonValue | undefined,
  model: string | undefined,
  own: Map<string, JsonObject>,
) {
  if (value === undefined || value === null) return undefined;
  const items = Array.isArray(value) ? value : [value];
  const groups: string[] = [];
  const add = (place: string, item: JsonValue | undefined): void => {
    const name = groupName(place, isJsonObject(item) ? item.model : item);
    if (groups.length === MOST_FALLBACKS)
      throw invalid(param, `\`${param}\` may name at most ${MOST_FALLBACKS} model groups. Leave out the others.`);
    if (!groups.includes(name)) noteMembers(place, name, item, own);
    groups.push(name);
  };
  for (const [index, item] of items.entries()) {
    const place = `${param}[${index}]`;
    if (!isJsonObject(item) || item.model !== undefined) {
      add(place, item);
      continue;
    }
    for (const [group, targets] of Object.entries(item)) {
      const isAsked = group === model || group === '*';
      for (const target of Array.isArray(targets) ? targets : [targets]) {
        if (isAsked) add(place, target);
        else groupName(place, isJsonObject(target) ? target.model : target);
      }
    }
  }
  return groups;
}

/** What decides who pays and how the answer comes is the same for all. */
const SAME_FOR_ALL: ReadonlySet<string> = new Set(['user', 'metadata', 'litellm_metadata']);
const MOST_MEMBERS = 64;

function noteMembers(place: string, name: string, item: JsonValue | undefined, own: Map<string, JsonObject>): void {
  if (!isJsonObject(item)) return;
  const { model: _model, ...members } = item;
  const names = Object.keys(members);
  if (names.length === 0 || own.has(name)) return;
  const denied = names.find(
    (member) => CONTROL_MEMBERS.has(member) || SAME_FOR_ALL.has(member) || member.startsWith('stream'),
  );
  if (denied !== undefined)
    throw invalid(place, `\`${place}.${denied}\` cannot differ from the request's own. Leave it out.`);
  if (names.length > MOST_MEMBERS) throw invalid(place, `\`${place}\` may have at most ${MOST_MEMBERS} members.`);
  own.set(name, members);
}

function groupName(param: string, value: JsonValue | undefined): string {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME) return value;
  throw invalid(param, `\`${param}\` must be the name of a model group, or an object with \`model\`.`);
}

function retriesIn(param: string, value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_RETRIES) return value;
  throw invalid(param, `\`${param}\` must be a whole number from 0 to ${MOST_RETRIES}.`);
}

/** A limit in seconds as milliseconds. */
function timeIn(param: string, value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value > 0 && value <= LONGEST_TIMEOUT_S) return Math.ceil(value * 1000);
  throw invalid(param, `\`${param}\` must be a number of seconds above 0 and at most ${LONGEST_TIMEOUT_S}.`);
}

function flagIn(param: string, value: JsonValue | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw invalid(param, `\`${param}\` must be true or false.`);
}

/** The number in a header; its text if that is not a number, so that the check that follows refuses it. */
function numberOf(header: Header): number | string | undefined {
  if (header === undefined) return undefined;
  const text = joinedHeader(header)?.trim() ?? '';
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

/**
 * Tags of `tags`, of `metadata.tags` and of the header. Another type of value in `metadata` is not a mistake: `metadata` belongs to
 * the client and the provider.
 */
function allTags(
  own: JsonValue | undefined,
  metadata: JsonValue | undefined,
  header: Header,
): readonly string[] | undefined {
  const inMetadata = isJsonObject(metadata) ? metadata.tags : undefined;
  if ((own === undefined || own === null) && inMetadata === undefined && header === undefined) return undefined;
  const tags = new Set<string>(textsIn(inMetadata));
  if (typeof own === 'string') tags.add(own);
  else if (own !== undefined && own !== null) {
    if (!Array.isArray(own) || own.some((tag) => typeof tag !== 'string')) {
      throw invalid('tags', '`tags` must be a list of strings.');
    }
    for (const tag of textsIn(own)) tags.add(tag);
  }
  if (header !== undefined) {
    for (const tag of joinedHeader(header)?.split(',') ?? []) tags.add(tag.trim());
  }
  tags.delete('');
  if (tags.size > MOST_TAGS) throw invalid('tags', `A request may have at most ${MOST_TAGS} tags.`);
  for (const tag of tags) {
    if (tag.length > LONGEST_NAME) throw invalid('tags', `A tag may have at most ${LONGEST_NAME} characters.`);
  }
  return tags.size === 0 ? undefined : [...tags];
}

function textsIn(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
