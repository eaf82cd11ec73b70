/** The canonical routing settings: strategies, retries, fallbacks, cooldowns, time limits. Times are milliseconds. */
import type { ErrorCode } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** What happens to a stream that breaks after words were sent: it goes on at another deployment, or ends with an error. */
export type MidStream = 'continue' | 'error';

/** A second attempt while the first one is late. */
export interface HedgeConfig {
  readonly enabled: boolean;
  /** Share of a group's spend that hedges may add (0.05 = 5 %). */
  readonly maxExtraSpend: number;
  /** The share of first tokens that come in time: the second attempt starts when the first is later than that (0.95). */
  readonly percentile: number;
}

/** One entry of `routing_groups`: a strategy for several model groups. */
export interface RoutingGroup {
  readonly name: string;
  /** Model groups, wildcards allowed. */
  readonly models: readonly string[];
  readonly strategy: string;
  readonly strategyArgs: JsonObject;
}

/** One entry of `model_group_settings`: what is set for one model group and wins over the router's own. */
export interface GroupSettings {
  readonly strategy?: string;
  readonly strategyArgs?: JsonObject;
  readonly midStream?: MidStream;
  readonly hedge?: HedgeConfig;
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly firstTokenTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

/** Numbers by LiteLLM's exception class as the table of errors spells it: `RateLimitError`, `Timeout`. */
export type NumberByClass = Readonly<Record<string, number>>;

/** A group's fallback groups in order; `*` stands for the groups without any of their own. */
export type FallbackMap = ReadonlyMap<string, readonly string[]>;

/** Everything `router_settings` says, with what `litellm_settings` says of the same. */
export interface RoutingConfig {
  /** A name that `src/routing/strategies` knows. */
  readonly strategy: string;
  readonly strategyArgs: JsonObject;
  /** In the order of the file: the first that names a model group counts. */
  readonly routingGroups: readonly RoutingGroup[];
  readonly groupSettings: ReadonlyMap<string, GroupSettings>;

  readonly numRetries: number;
  /** `retry_policy`. */
  readonly retriesByClass: NumberByClass;
  /** `model_group_retry_policy`; wins over `retriesByClass` as a whole. */
  readonly groupRetriesByClass: ReadonlyMap<string, NumberByClass>;
  /** Least wait before another attempt at the same deployment. */
  readonly retryAfterMs: number;
  /** Attempts of a request over retries, fallbacks and hedges together; at least 1. */
  readonly maxAttempts: number;

  /** Limit of one attempt, as in LiteLLM: what comes after it has its own. */
  readonly timeoutMs: number;
  readonly streamTimeoutMs?: number;
  readonly firstTokenTimeoutMs?: number;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** By when a request must have its answer, over all attempts; `deadlineOf` says it where the file does not. */
  readonly requestDeadlineMs?: number;

  /** Alias → group. A hidden alias is served but not listed. */
  readonly aliases: ReadonlyMap<string, { readonly group: string; readonly hidden: boolean }>;
  readonly fallbacks: FallbackMap;
  readonly contextWindowFallbacks: FallbackMap;
  readonly contentPolicyFallbacks: FallbackMap;
  /** The guide's `fallback_on` words; empty means LiteLLM's behaviour. */
  readonly fallbackOn: readonly string[];
  /** The failures those words mean; undefined means every failure that is not the client's. */
  readonly fallbackCodes?: ReadonlySet<ErrorCode>;
  readonly maxFallbacks: number;
  readonly maxRetriesPerFallback: number;
  /** Whether other deployments of the group are tried, by weight, before fallback groups. */
  readonly enableWeightedFailover: boolean;

  /** Failures a deployment may have in a minute before it rests; undefined means by rate, as LiteLLM does it. */
  readonly allowedFails?: number;
  readonly allowedFailsByClass: NumberByClass;
  readonly cooldownMs: number;
  readonly disableCooldowns: boolean;

  readonly enablePreCallChecks: boolean;
  readonly optionalPreCallChecks: readonly string[];
  /** `model_group_affinity_config`: group → the affinity checks that hold there instead of `optionalPreCallChecks`. */
  readonly groupAffinity: ReadonlyMap<string, readonly string[]>;
  readonly affinityTtlMs: number;
  readonly enableTagFiltering: boolean;
  readonly tagFilteringMatchAny: boolean;
  /** Requests at one time for a deployment that names no limit of its own. */
  readonly defaultMaxParallelRequests?: number;

  readonly midStream: MidStream;
  readonly hedge: HedgeConfig;
  /** Every other router setting under its LiteLLM name, checked for type. */
  readonly other: JsonObject;
}

/** How deployments are checked without a client asking. */
export interface HealthCheckConfig {
  readonly background: boolean;
  readonly intervalMs: number;
  /** Checks at one time. */
  readonly concurrency: number;
  /** Age at which a result no longer counts. */
  readonly stalenessMs: number;
  /** Whether deployments that failed their check are left out of routing. */
  readonly routing: boolean;
  /** Whether rate limits and timeouts of a check leave the deployment as it was. */
  readonly ignoreTransientErrors: boolean;
}

/** What `model_info` says of the health checks of one deployment. */
export interface DeploymentHealthCheck {
  readonly isDisabled: boolean;
  /** The model to ask instead, for wildcards. */
  readonly model?: string;
  readonly maxTokens?: number;
  readonly timeoutMs?: number;
  /** Further request fields. */
  readonly params?: JsonObject;
}
