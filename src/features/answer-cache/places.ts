/** Finds out where the answer to a request is kept, and on which terms. */
import type { CacheConfig } from '../../config/gateway-config.ts';
import type { JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { WhyNotCached } from '../../exchange/cache-forecasts.ts';
import type { CacheScope } from '../../exchange/cached-answers.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { handedOn } from '../../providers/client-headers.ts';
import { AnswerKeys } from './answer-key.ts';
import { type CacheControls, readControls } from './cache-controls.ts';
import { GroupMarks } from './group-mark.ts';
import { RequestDigests } from './request-digest.ts';
import { scopeOf } from './scope-of.ts';

/** Where the answer to a request is kept. */
export interface Place {
  /** What the store calls the scope. */
  readonly scope: string;
  readonly key: string;
  readonly controls: CacheControls;
}

/** Where the answers of a scope are kept. */
interface PlaceOfAll extends Omit<Place, 'key'> {
  /** The key of the answer to what a digest is of. */
  readonly keyOf: (request: string) => string;
}

/** Longer than any that says something: the longest namespace with all other controls. */
const LONGEST_CONTROLS = 2_048;
/** Members of requests in the Responses format whose answers hang on more than the request. */
const BOUND_MEMBERS = ['previous_response_id', 'conversation', 'prompt', 'background'] as const;

/** For how long an answer is kept: as the request asks, within the operator's bound. */
export const ttlOf = ({ controls }: Pick<Place, 'controls'>, { ttlMs, longestTtlMs }: CacheConfig): number =>
  Math.min(controls.ttlMs ?? ttlMs, longestTtlMs);

/** The places of answers, under one secret. */
export class Places {
  readonly #keys: AnswerKeys;
  readonly #marks = new GroupMarks();
  readonly #digests = new RequestDigests();

  constructor(secret: Buffer) {
    this.#keys = new AnswerKeys(secret);
  }

  /** Where the answer to a request is kept; undefined: the request has nothing to do with the cache. Throws as `shelfOf` does. */
  of(exchange: Exchange, config: CacheConfig): Place | undefined {
    const found = this.shelfOf(exchange, config);
    if (found === undefined) return undefined;
    const { scope, controls, keyOf } = found;
    return { scope, controls, key: keyOf(this.#digests.of(exchange, scope)) };
  }

  /**
   * Where answers to a request are kept, whatever it asks; undefined if nowhere. Throws a GatewayError if it says something about the
   * cache that it may not.
   */
  shelfOf(exchange: Exchange, config: CacheConfig): PlaceOfAll | undefined {
    const terms = termsOf(exchange, config);
    if (typeof terms === 'string') return undefined;
    const { controls, scope, group } = terms;
    const { endpoint } = exchange;
    const shared = {
      scopeKind: scope.kind,
      scopeId: scope.id,
      namespace: config.namespace,
      ownNamespace: controls.namespace,
      // The same conversation may be asked for at either endpoint.
      operation: endpoint.operation.id === 'response' ? 'chat' : endpoint.operation.id,
      asked: exchange.askedModel ?? '',
      group: group.name,
      groupMark: this.#marks.of(group.deployments),
      way: wayOf(exchange),
    };
    const keyOf = (request: string): string => this.#keys.keyOf({ ...shared, request });
    return { scope: this.nameOf(scope), controls, keyOf };
  }

  /** What the store calls a scope. */
  nameOf(scope: { readonly kind: string; readonly id: string }): string {
    return this.#keys.nameOf(scope);
  }
}

/** On which terms a request is cached. */
interface Terms {
  readonly controls: CacheControls;
  readonly scope: CacheScope;
  readonly group: NonNullable<Exchange['group']>;
}

/** On which terms it is cached, or why it is not. Throws as `Places.shelfOf` does. */
export function termsOf(exchange: Exchange, config: CacheConfig): Terms | WhyNotCached {
  const { endpoint, identity, group, outline, client } = exchange;
  if (identity === undefined || group === undefined || !config.operations.has(endpoint.operation.id))
    return 'operation';
  const controls = readControls({
    member: (name) => outline.value(name, LONGEST_CONTROLS),
    has: (name) => outline.has([name]),
    header: client.headers['cache-control'],
    ofKey: identity.metadata.cache,
    allowed: textsIn(ownValue(identity.objects.key?.further, 'allowed_cache_controls')),
    isOnByDefault: config.isOnByDefault,
  });
  if (!controls.mayRecall && !controls.mayKeep) return 'controls';
  const scope = scopeOf(identity, config.scope);
  return scope === undefined ? 'no-scope' : { controls, scope, group };
}

const textsIn = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];

/** What of a request beside its body decides which deployments may answer, and what they get. */
function wayOf({ client, controls, endpoint, group, regions, snapshot }: Exchange): string {
  const headers = (group?.deployments ?? []).flatMap((deployment) => {
    const { format, forwardHeaders = [] } = deployment.operation(endpoint.operation.id) ?? {};
    const { handsOn } = deployment.config;
    const wished =
      handsOn === undefined ? [] : handedOn(client.headers, handsOn, deployment.provider.organizationHeader);
    const ofFormat = (format === endpoint.format ? forwardHeaders : []).flatMap((name) => {
      const value = ownValue(client.headers, name);
      return value === undefined ? [] : [[name, String(value)] as const];
    });
    return [...ofFormat, ...wished].map(([name, value]) => `${name}: ${value}`);
  });
  const tags = snapshot.config.routing.enableTagFiltering ? [...(controls.tags ?? [])].sort() : [];
  return JSON.stringify([[...new Set(headers)].sort(), tags, [...regions].sort()]);
}

/**
 * Whether the answer belongs to one client, as it wrote the request: responses that are kept for their client have ids by which it
 * goes on.
 */
export function isBound({ endpoint: { format }, outline }: Exchange): boolean {
  if (format !== 'openai-responses') return false;
  return outline.value('store') !== false || BOUND_MEMBERS.some((name) => (outline.value(name) ?? false) !== false);
}
