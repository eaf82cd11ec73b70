/**
 * Joins the parts of routing for one configuration: which deployments a group offers a request, and how it may be
 * retried.
 */
import type { GatewayConfig, RoutingConfig } from '../config/gateway-config.ts';
import { deadlineOf, type GroupRouting, routingOfGroup } from '../config/group-routing.ts';
import type { Clock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import type { RequestOutline } from '../formats/outline.ts';
import { AffinityMemory } from '../routing/affinity.ts';
import type { BreakerSettings, Breakers } from '../routing/breaker.ts';
import type { WalkPolicy } from '../routing/contracts.ts';
import type { CooldownSettings } from '../routing/cooldown-policy.ts';
import { flattenFallbacks } from '../routing/fallback-chain.ts';
import type { HealthResults } from '../routing/health-results.ts';
import type { HedgeRules, Hedging } from '../routing/hedging.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import { type NeedsOptions, type ReadNeeds, readNeeds } from '../routing/needs.ts';
import { type OwnSettings, readOwnSettings, withOwnSettings } from '../routing/own-settings.ts';
import { type GroupContext, type GroupPlan, planGroup } from '../routing/plan-group.ts';
import type { PrefixHolders } from '../routing/prefix-holders.ts';
import {
  controlsUnderKey,
  FREE_KEY,
  headerTags,
  type KeyControls,
  mayHaveControls,
  NO_CONTROLS,
  type RequestControls,
  readKeyControls,
  readRequestControls,
  withHeaderTags,
} from '../routing/request-controls.ts';
import type { RetryBudget } from '../routing/retry-budget.ts';
import type { DeploymentStats } from '../routing/stats.ts';
import { strategyNamed } from '../routing/strategies/index.ts';
import type { Strategy, TokenPrices } from '../routing/strategies/strategy.ts';
import type { HealthShare } from '../stores/contracts/shared-routing.ts';
import { cacheOwnerOf } from '../tenancy/cache-owner.ts';
import type { Identity } from '../tenancy/identity.ts';
import type { Deployment } from './deployment.ts';
import { factsOf, fallbacksOf } from './deployment-facts.ts';
import { type PrefixUse, prefixRoleUnder, prefixUse } from './prefix-use.ts';

/** What all requests share and reloads keep: what is known about the deployments. */
export interface RoutingState {
  readonly breakers: Breakers;
  readonly budget: RetryBudget;
  readonly stats: DeploymentStats;
  readonly health: HealthResults;
  /** The instances that may check deployments for one another; undefined if there are no others. */
  readonly healthShare: HealthShare | undefined;
  readonly hedging: Hedging;
  /** Which deployments hold which prefixes of prompts. */
  readonly holders: PrefixHolders;
  /** What the chains of prompts begin with: secret, and the same on all instances. */
  readonly prefixSeed: string;
  /** Deployments whose budget, or whose provider's, is used up. */
  readonly overBudget: ReadonlySet<string>;
}

/** What planning reads of a request: the part of an exchange that is known once its body was peeked at. */
interface Asked {
  readonly outline: RequestOutline;
  readonly client: { readonly headers: Readonly<Record<string, string | string[] | undefined>> };
  readonly identity: Identity | undefined;
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly regions: readonly string[];
}

/** The breakers' settings in a configuration. */
export function breakerSettings({ routing }: GatewayConfig): BreakerSettings {
  const { allowedFails, allowedFailsByClass, cooldownMs, disableCooldowns } = routing;
  return {
    cooldownMs,
    disableCooldowns,
    ...defined({ allowedFails }),
    ...(Object.keys(allowedFailsByClass).length > 0 && { allowedFailsByClass }),
  };
}

/** `response_headers_timeout` if nothing is set. */
const HEADERS_LIMIT_MS = 30_000;
const AFFINITY_CHECKS: ReadonlySet<string> = new Set(['deployment_affinity', 'session_affinity']);
/** How long a provider's prompt cache keeps what no request reads, if the table of models does not say. */
const USUAL_LIFE_MINUTES = 5;
const MINUTE_MS = 60_000;
const NO_FALLBACKS: readonly string[] = [];

/** The rules of one model group. */
interface GroupRules {
  readonly context: GroupContext<Deployment>;
  readonly needs: NeedsOptions;
  readonly prefixes: PrefixUse;
  readonly retriesByClass: Readonly<Record<string, number>>;
  readonly continuesStreams: boolean;
  readonly hedge: HedgeRules | undefined;
}

/** What else a configuration says of requests that are planned. */
interface RouterOptions {
  /** Headers whose values become tags. */
  readonly tagHeaders?: readonly string[] | undefined;
  /** Whether some deployment is reserved for teams at some hours. */
  readonly hasReservations?: boolean;
}

/** Which checks a group's planning makes. */
interface ContextChecks {
  readonly hasAffinity: boolean;
  readonly hasPrefixes: boolean;
  readonly holdsRates: boolean;
}

/** Plans requests under one configuration. A reload makes a new one. */
export class Router {
  readonly #routing: RoutingConfig;
  readonly #tagHeaders: readonly string[] | undefined;
  readonly #hasReservations: boolean;
  readonly #state: RoutingState;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #affinity: AffinityMemory;
  readonly #groups = new Map<string, GroupRules>();
  readonly #contexts = new Map<string, GroupContext<Deployment>>();
  readonly #keyControls = new WeakMap<Identity, KeyControls>();
  readonly #ownSettings = new WeakMap<Identity, OwnSettings | null>();

  constructor(
    routing: RoutingConfig,
    state: RoutingState,
    clock: Clock,
    random: () => number,
    { tagHeaders, hasReservations = false }: RouterOptions = {},
  ) {
    this.#routing = routing;
    this.#tagHeaders = tagHeaders;
    this.#hasReservations = hasReservations;
    this.#state = state;
    this.#clock = clock;
    this.#random = random;
    this.#affinity = new AffinityMemory(clock, { ttlSeconds: routing.affinityTtlMs / 1000 });
  }

  /** What the request itself says about its routing, as far as its key permits. */
  controls({ outline, client, identity, model }: Asked): RequestControls {
    const key = identity === undefined ? FREE_KEY : this.#controlsOfKey(identity);
    const { headers } = client;
    const asked = mayHaveControls(outline.envelope.members, headers)
      ? readRequestControls((name) => outline.value(name), headers, model)
      : NO_CONTROLS;
    const controls = controlsUnderKey(asked, key);
    return this.#tagHeaders === undefined ? controls : withHeaderTags(controls, headerTags(headers, this.#tagHeaders));
  }

  /** The controls of a request, completed by what its key and team say of routing. */
  underOwnSettings(controls: RequestControls, identity: Identity, group: string): RequestControls {
    let own = this.#ownSettings.get(identity);
    if (own === undefined) {
      const { key, team } = identity.objects;
      own = readOwnSettings(key?.further.router_settings, team?.further.router_settings) ?? null;
      this.#ownSettings.set(identity, own);
    }
    return own === null ? controls : withOwnSettings(controls, own, group);
  }

  needs(group: ResolvedGroup<Deployment>, asked: Omit<Asked, 'model'>, controls: RequestControls): ReadNeeds {
    const { outline, stream, regions, client, identity } = asked;
    const rules = this.#rulesOf(group);
    const source = { outline, stream, regions, keyTags: controls.tags, prefixSeed: this.#prefixSeed(rules, identity) };
    const needs = readNeeds(source, client.headers, rules.needs);
    const teamId = this.#hasReservations ? identity?.teamId : undefined;
    return teamId === undefined ? needs : { ...needs, teamId };
  }

  plan(group: ResolvedGroup<Deployment>, needs: ReadNeeds): GroupPlan<Deployment> {
    return planGroup(group, needs, this.#rulesOf(group).context);
  }

  /** Remembers which deployment answered a conversation, if its next request should go there too. */
  remember(group: string, needs: ReadNeeds, deployment: Deployment): void {
    const { affinityKey, prompt } = needs;
    if (affinityKey !== undefined) this.#affinity.remember(group, affinityKey, deployment.id);
    if (prompt === undefined) return;
    const lifeMinutes = deployment.abilities.promptCache?.lifeMinutes ?? USUAL_LIFE_MINUTES;
    this.#state.holders.keep(prompt, deployment.id, lifeMinutes * MINUTE_MS);
  }

  /** How a request for a group may be retried. `mayUse` says which fallback groups its key may use. */
  policy(
    group: ResolvedGroup<Deployment>,
    controls: RequestControls,
    startedMs: number,
    numRetries: number | undefined,
    mayUse: (group: string) => boolean,
  ): WalkPolicy {
    const routing = this.#routing;
    const rules = this.#rulesOf(group);
    const chain = (own: readonly string[] | undefined, map: RoutingConfig['fallbacks']): readonly string[] => {
      if (controls.disableFallbacks === true) return NO_FALLBACKS;
      const names = own ?? (map.size === 0 ? NO_FALLBACKS : flattenFallbacks(group.name, map));
      return names.length === 0 ? names : names.filter(mayUse);
    };
    return {
      maxAttempts: routing.maxAttempts,
      numRetries: controls.numRetries ?? numRetries ?? routing.numRetries,
      retriesByClass: controls.numRetries === undefined ? rules.retriesByClass : {},
      retriesPerFallback: routing.maxRetriesPerFallback,
      maxFallbacks: routing.maxFallbacks,
      deadlineMs:
        startedMs +
        Math.min(controls.totalTimeoutMs ?? Number.POSITIVE_INFINITY, controls.timeoutMs ?? deadlineOf(routing)),
      leastWaitMs: routing.retryAfterMs,
      retryAfterWaitMaxMs: routing.retryAfterWaitMaxMs,
      fallbacks: chain(controls.fallbacks ?? fallbacksOf(group), routing.fallbacks),
      contextWindowFallbacks: chain(controls.contextWindowFallbacks, routing.contextWindowFallbacks),
      contentPolicyFallbacks: chain(controls.contentPolicyFallbacks, routing.contentPolicyFallbacks),
      fallbackOn: routing.fallbackCodes,
    };
  }

  /** The groups that a request may fall back to, however it fails. */
  fallbackNames(group: ResolvedGroup<Deployment>, controls: RequestControls): readonly string[] {
    const { fallbacks, contextWindowFallbacks, contentPolicyFallbacks } = this.#routing;
    if (controls.disableFallbacks === true) return NO_FALLBACKS;
    const own = fallbacksOf(group);
    const sets = fallbacks.size + contextWindowFallbacks.size + contentPolicyFallbacks.size;
    if (controls === NO_CONTROLS && sets === 0 && own === undefined) return NO_FALLBACKS;
    const names = [
      ...(controls.fallbacks ?? own ?? flattenFallbacks(group.name, fallbacks)),
      ...(controls.contextWindowFallbacks ?? flattenFallbacks(group.name, contextWindowFallbacks)),
      ...(controls.contentPolicyFallbacks ?? flattenFallbacks(group.name, contentPolicyFallbacks)),
    ];
    return names.length === 0 ? NO_FALLBACKS : [...new Set(names)];
  }

  /** Whether a stream that breaks is continued elsewhere. */
  continuesStreams(group: ResolvedGroup<Deployment>): boolean {
    return this.#rulesOf(group).continuesStreams;
  }

  /**
   * The limit until the headers of a stream's answer, where it holds; undefined if none holds. Providers send them at
   * once, so a model that does not think and sends none for half a minute is stuck.
   */
  headersLimitMs(deployment: Deployment, hasLimitOfContent: boolean): number | undefined {
    const { responseHeadersTimeoutMs, streamTimeoutMs, firstTokenTimeoutMs } = this.#routing;
    if (responseHeadersTimeoutMs !== undefined) return responseHeadersTimeoutMs;
    const { config, mayReason } = deployment;
    if (hasLimitOfContent || mayReason || streamTimeoutMs !== undefined || firstTokenTimeoutMs !== undefined)
      return undefined;
    return config.streamTimeoutMs === undefined && config.firstTokenTimeoutMs === undefined
      ? HEADERS_LIMIT_MS
      : undefined;
  }

  /** After how long without content a stream is asked of another deployment as well; 0 for never. */
  get lateFirstTokenMs(): number {
    return this.#routing.lateFirstTokenMs;
  }

  /** How a group's requests are hedged; undefined if they are not, or if there is only one deployment. */
  hedge(group: ResolvedGroup<Deployment>): HedgeRules | undefined {
    return group.deployments.length < 2 ? undefined : this.#rulesOf(group).hedge;
  }

  #prefixSeed({ prefixes }: GroupRules, identity: Identity | undefined): string | undefined {
    if (prefixes === 'off') return undefined;
    const { prefixSeed } = this.#state;
    if (prefixes === 'shared') return prefixSeed;
    // Without an owner nothing is remembered: it could be another's.
    return identity === undefined ? undefined : JSON.stringify([prefixSeed, cacheOwnerOf(identity)]);
  }

  #controlsOfKey(identity: Identity): KeyControls {
    let controls = this.#keyControls.get(identity);
    if (controls === undefined) {
      controls = readKeyControls(identity.metadata);
      this.#keyControls.set(identity, controls);
    }
    return controls;
  }

  /** The rules of a group, made at its first request. Wildcards are kept by their pattern, so this is bounded. */
  #rulesOf({ name, pattern, deployments }: ResolvedGroup<Deployment>): GroupRules {
    const known = this.#groups.get(pattern ?? name);
    if (known !== undefined) return known;
    const routing = routingOfGroup(this.#routing, pattern === undefined ? [name] : [name, pattern]);
    const { checks } = routing;
    const affinity = checks.some((check) => AFFINITY_CHECKS.has(check));
    const prefixes = prefixUse(checks.includes('prompt_caching'), this.#routing.prefixAffinity, deployments);
    const { enablePreCallChecks, enableTagFiltering } = this.#routing;
    const rules: GroupRules = {
      context: this.#contextOf(routing, {
        hasAffinity: affinity,
        hasPrefixes: prefixes !== 'off',
        holdsRates: checks.includes('enforce_model_rate_limits'),
      }),
      needs: { checks: enablePreCallChecks, tags: enableTagFiltering, affinity },
      prefixes,
      retriesByClass: routing.retriesByClass,
      continuesStreams: routing.midStream === 'continue',
      hedge: routing.hedge.enabled ? { group: pattern ?? name, ...routing.hedge } : undefined,
    };
    this.#groups.set(pattern ?? name, rules);
    return rules;
  }

  #contextOf({ strategy, strategyArgs }: GroupRouting, checks: ContextChecks): GroupContext<Deployment> {
    const key = JSON.stringify([strategy, strategyArgs, checks]);
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = this.#makeContext(strategyNamed(strategy, strategyArgs) ?? simpleShuffle(), checks);
      this.#contexts.set(key, context);
    }
    return context;
  }

  #makeContext(strategy: Strategy, { hasAffinity, hasPrefixes, holdsRates }: ContextChecks): GroupContext<Deployment> {
    const { breakers, stats, health, holders } = this.#state;
    const routing = this.#routing;
    return {
      strategy,
      stats,
      random: this.#random,
      factsOf: (deployment) => factsOf(deployment, routing.defaultMaxParallelRequests, this.#clock),
      priceOf: (deployment) => pricesAt(deployment, this.#clock.nowMs()),
      breakerOf: (id) => {
        const retryAfterMs = breakers.retryAfterMs(id);
        return retryAfterMs > 0 ? { isOpen: true, retryAfterMs } : health.reading(id);
      },
      shareOf: (id) => breakers.shareOf(id),
      preCallChecks: routing.enablePreCallChecks,
      ...(holdsRates && { holdsRates }),
      ...(routing.enableTagFiltering && { tagMatch: routing.tagFilteringMatchAny ? 'any' : 'all' }),
      ...(hasAffinity && { affinity: this.#affinity }),
      ...(hasPrefixes && { holders, prefixRole: prefixRoleUnder(strategy) }),
      overBudget: this.#state.overBudget,
    };
  }
}

function simpleShuffle(): Strategy {
  const strategy = strategyNamed('simple-shuffle');
  if (strategy === undefined) throw new RangeError('no strategy simple-shuffle');
  return strategy;
}

function pricesAt({ priced }: Deployment, nowMs: number): TokenPrices | undefined {
  const card = priced.ratesAt(nowMs);
  if (card === undefined) return undefined;
  const inputPerToken = Number(card.input.base);
  return {
    inputPerToken,
    cachedPerToken: card.cachedInput === undefined ? inputPerToken : Number(card.cachedInput.base),
    outputPerToken: Number(card.output.base),
  };
}

/**
 * A deployment's own cooldown settings. A deployment behind a wildcard serves every model of its provider, so it cools
 * down only if that is configured: one model that fails must not take the others with it (LiteLLM does the same).
 */
export function cooldownOf({ config }: Deployment): CooldownSettings {
  const { allowedFails, allowedFailsByClass } = config;
  const cooldownMs = config.cooldownMs ?? (config.group.includes('*') ? 0 : undefined);
  return {
    ...defined({ cooldownMs, allowedFails, allowedFailsByClass }),
  };
}
