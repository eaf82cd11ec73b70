/** What caches would do with a request, said without sending it and without leaving a trace in what they learn. */
import type { PicoUsd } from '../core/money.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { CacheScope } from './cached-answers.ts';
import type { Exchange } from './exchange.ts';
import type { WrittenCall } from './slots.ts';

/** Why no answer to a request is cached. */
export type WhyNotCached =
  /** No answers are cached. */
  | 'off'
  /** Answers to requests of this kind are not. */
  | 'operation'
  /** The request or its key says so. */
  | 'controls'
  /** Its key has no scope of the kind that the operator chose. */
  | 'no-scope'
  /** The answer belongs to one client. */
  | 'bound';

/** Where the answer to a request is cached. */
export type AnswerForecast =
  | { readonly isCached: false; readonly why: WhyNotCached }
  | {
      readonly isCached: true;
      readonly scope: CacheScope;
      /** Its handles: one, or for vectors one for each input. */
      readonly keys: readonly string[];
      readonly mayRecall: boolean;
      readonly mayKeep: boolean;
      /** A kept answer must be younger; undefined: it may have any age. */
      readonly oldestMs: number | undefined;
      /** For how long it would be kept. */
      readonly ttlMs: number;
    };

/** Why marks for the provider's prompt cache are set where they are, or are not. */
export type MarkReason =
  /** The client set marks of its own. */
  | 'client'
  /** The operator says where. */
  | 'points'
  /** The provider caches by itself. */
  | 'automatic'
  /** Nothing is known of its cache. */
  | 'unknown'
  /** The operator asked for none. */
  | 'off'
  /** The prompt is shorter than what is kept. */
  | 'short'
  /** It is not expected to come again often enough. */
  | 'rare'
  /** There is nothing that a mark may stand at. */
  | 'no-place'
  | 'marked';

/** A mark as the provider would get it. */
interface ForecastMark {
  readonly part: 'tool' | 'instructions' | 'turn';
  readonly role: string;
  /** Which of the prompt's parts it ends, from 0. */
  readonly block: number;
  /** How many tokens the prompt has up to it, about. */
  readonly tokens: number;
  readonly isOneHour: boolean;
  readonly by: 'gateway' | 'client';
}

/** What a prompt would use, and cost: without its answer. */
export interface PromptScenario {
  readonly usage: Usage;
  /** Undefined: the model has no price. */
  readonly cost: PicoUsd | undefined;
  /** The same without the operator's discount and margin. */
  readonly listed: PicoUsd | undefined;
}

/**
 * What is thought to be in the provider's cache. `warm`: all that may be read. `partial`: some of it. `stale`: it was there, and its time is over.
 * `cold`: nothing of it. `disabled`: this request neither reads nor writes. `unknown`: the gateway does not know this cache.
 */
export type CacheState = 'warm' | 'partial' | 'stale' | 'cold' | 'disabled' | 'unknown';

/** What the provider's prompt cache would do with a request at one deployment. */
export interface PromptForecast {
  readonly mode: 'off' | 'system' | 'auto';
  readonly reason: MarkReason;
  readonly marks: readonly ForecastMark[];
  /** How many marks of the client's are taken off. */
  readonly removed: number;
  readonly state: CacheState;
  /** When what would be read was last seen there, and until when it is kept; in milliseconds from now. */
  readonly evidence: { readonly seenMs: number; readonly expiresMs: number } | undefined;
  /** As far as is known; with nothing in the cache; with everything in it; and without a cache at all. */
  readonly estimate: PromptScenario;
  readonly cold: PromptScenario;
  readonly warm: PromptScenario;
  readonly uncached: PromptScenario;
}

/** What the features that cache can say; each part is absent if no feature says it. */
export interface CacheForecasts {
  /** Of a request whose group is found. Throws a GatewayError if it says something about the cache that it may not. */
  readonly answer?: (exchange: Exchange) => AnswerForecast;
  /**
   * Of a request as it is written for one deployment; undefined if it has no prompt that could be cached. Unless `seesAll`, what others sent
   * there counts as not sent: a forecast costs nothing, and must not tell what they asked.
   */
  readonly prompt?: (exchange: Exchange, call: WrittenCall, seesAll: boolean) => PromptForecast | undefined;
}
