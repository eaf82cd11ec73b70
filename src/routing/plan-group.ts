import type { AffinityMemory } from './affinity.ts';
import type { PlannedGroup, RequestNeeds, Verdict } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { checkDeployment, type DeploymentFacts, type Exclusion, isTight } from './pre-call-checks.ts';
import type { PrefixHolders } from './prefix-holders.ts';
import { movePrefixHolder, moveRemembered, type Placed, type PrefixRole } from './put-first.ts';
import type { DeploymentStats } from './stats.ts';
import type { Strategy, StrategyContext, TokenPrices } from './strategies/strategy.ts';
import { filterByTags, type TagMatch } from './tags.ts';

/** What the breaker says of a deployment now. */
export interface BreakerReading {
  readonly isOpen: boolean;
  readonly retryAfterMs?: number;
  /** Why, if it is not a cooldown. */
  readonly reason?: string;
}

/**
 * What planning a group works with: the configuration's word and what is known of deployments. Made once per
 * configuration.
 */
export interface GroupContext<D extends Routable> {
  readonly strategy: Strategy;
  readonly stats: DeploymentStats;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly factsOf: (deployment: D) => DeploymentFacts;
  readonly priceOf: (deployment: D) => TokenPrices | undefined;
  /** Undefined means closed. */
  readonly breakerOf: (id: string) => BreakerReading | undefined;
  /** The part of its usual traffic that a degraded deployment should get, 0 to 1. */
  readonly shareOf?: ((id: string) => number) | undefined;
  /** `enable_pre_call_checks`. */
  readonly preCallChecks: boolean;
  /** `optional_pre_call_checks: [enforce_model_rate_limits]`. */
  readonly holdsRates?: boolean;
  /** `enable_tag_filtering` with `tag_filtering_match_any`; undefined means off. */
  readonly tagMatch?: TagMatch | undefined;
  /** `session_affinity`, `deployment_affinity`. */
  readonly affinity?: AffinityMemory | undefined;
  /** `prompt_caching`: which deployments hold which prefixes. */
  readonly holders?: PrefixHolders | undefined;
  readonly prefixRole?: PrefixRole | undefined;
  /** Deployments whose budget, or whose provider's, is used up. */
  readonly overBudget?: ReadonlySet<string> | undefined;
}

/** A planned group with what the walk and the error need to know besides. */
export interface GroupPlan<D extends Routable> extends PlannedGroup<D> {
  /** How many of `deployments` may be tried now: the first ones. Those with an open breaker follow, soonest first. */
  readonly eligible: number;
  /**
   * Nothing is left because the prompt is too long: what remains of the group, once its tags and abilities fit, is too
   * small.
   */
  readonly isContextWindowExceeded: boolean;
  /** If nothing may be tried now: in how many milliseconds something may be; undefined if that is unknown. */
  readonly soonestRetryMs?: number;
}

/**
 * Orders the deployments of a group for one request. Those that cannot take it are left out; the others are ordered by
 * `order` tiers, inside a tier by the strategy; the deployment that answered the conversation last comes first.
 */
export function planGroup<D extends Routable>(
  group: { readonly name: string; readonly deployments: readonly D[] },
  needs: RequestNeeds,
  context: GroupContext<D>,
): GroupPlan<D> {
  const only = group.deployments.length === 1 ? group.deployments[0] : undefined;
  // Most groups have one deployment and most requests ask for nothing special: `plan-group.bench.ts`.
  if (only !== undefined && isPlain(only, needs, context)) return new SolePlan(group.name, group.deployments, only.id);

  const { left, tight, resting, excluded } = divide(group.deployments, needs, context);
  resting.sort((one, other) => one.retryAfterMs - other.retryAfterMs);
  const placed: Placed<D>[] = [];
  place(left, false, needs, context, placed);
  place(tight, true, needs, context, placed);
  if (!moveRemembered(placed, group.name, needs, context)) movePrefixHolder(placed, needs, context);
  return new WholePlan(group.name, placed, resting, excluded);
}

function isPlain<D extends Routable>(deployment: D, needs: RequestNeeds, context: GroupContext<D>): boolean {
  if (
    context.preCallChecks ||
    context.holdsRates === true ||
    context.tagMatch !== undefined ||
    needs.regions !== undefined
  )
    return false;
  if (context.overBudget?.has(deployment.id) === true) return false;
  const facts = context.factsOf(deployment);
  if (facts.isBlocked || facts.isReserved !== undefined || facts.maxParallelRequests !== undefined) return false;
  return context.breakerOf(deployment.id)?.isOpen !== true;
}

interface Resting<D> {
  readonly deployment: D;
  readonly retryAfterMs: number;
  readonly reason: string | undefined;
}

interface Excluded<D> {
  readonly deployment: D;
  readonly kind: Exclusion['kind'] | 'tags' | 'budget';
  readonly reason: string;
  readonly retryAfterMs?: number;
}

interface Divided<D> {
  readonly left: D[];
  readonly tight: D[];
  readonly resting: Resting<D>[];
  readonly excluded: Excluded<D>[];
}

/** Which deployments have a pattern that fits the client's program; undefined if none of them has any. */
function fitting<D extends Routable>(
  deployments: readonly D[],
  { agent }: RequestNeeds,
  { factsOf }: GroupContext<D>,
): readonly boolean[] | undefined {
  if (agent === undefined || !deployments.some((each) => factsOf(each).agents !== undefined)) return undefined;
  return deployments.map((each) => factsOf(each).agents?.some((pattern) => pattern.test(agent)) === true);
}

function divide<D extends Routable>(
  deployments: readonly D[],
  needs: RequestNeeds,
  context: GroupContext<D>,
): Divided<D> {
  const divided: Divided<D> = { left: [], tight: [], resting: [], excluded: [] };
  const { stats, tagMatch, preCallChecks } = context;
  const holdsRates = preCallChecks || context.holdsRates === true;
  const byTags =
    tagMatch === undefined
      ? undefined
      : filterByTags(
          deployments.map((deployment) => context.factsOf(deployment).tags),
          needs.tags,
          tagMatch,
          fitting(deployments, needs, context),
        );
  const nowMs = stats.nowMs();
  for (const [index, deployment] of deployments.entries()) {
    const { id } = deployment;
    const tagReason = byTags?.[index];
    if (tagReason !== undefined) {
      divided.excluded.push({ deployment, kind: 'tags', reason: tagReason });
      continue;
    }
    const facts = context.factsOf(deployment);
    const exclusion = checkDeployment(deployment, facts, needs, stats.of(id), nowMs, preCallChecks, holdsRates);
    if (exclusion !== undefined) {
      divided.excluded.push({ deployment, ...exclusion });
      continue;
    }
    if (context.overBudget?.has(id) === true) {
      divided.excluded.push({ deployment, kind: 'budget', reason: 'budget used up' });
      continue;
    }
    const breaker = context.breakerOf(id);
    if (breaker?.isOpen === true) {
      divided.resting.push({ deployment, retryAfterMs: breaker.retryAfterMs ?? 0, reason: breaker.reason });
    } else if (preCallChecks && isTight(facts, needs)) divided.tight.push(deployment);
    else divided.left.push(deployment);
  }
  return divided;
}

/**
 * Appends deployments tier by tier: the lowest `order` first, those without one last, as LiteLLM's escalation would.
 */
function place<D extends Routable>(
  candidates: readonly D[],
  isTight: boolean,
  needs: RequestNeeds,
  context: GroupContext<D>,
  placed: Placed<D>[],
): void {
  if (candidates.length === 0) return;
  const strategyContext: StrategyContext<D> = {
    stats: context.stats,
    stream: needs.stream,
    random: context.random,
    priceOf: context.priceOf,
    needs,
    ...heldShares(needs, context),
  };
  for (const tier of tiersOf(candidates)) {
    const ranking = tier.length > 1 ? context.strategy(tier, strategyContext) : undefined;
    const demoted: Placed<D>[] = [];
    for (const deployment of ranking?.order ?? tier) {
      const share = context.shareOf?.(deployment.id) ?? 1;
      const isDemoted = candidates.length > 1 && share < 1 && context.random() >= share;
      (isDemoted ? demoted : placed).push({ deployment, ranking, isTight, isDemoted });
    }
    placed.push(...demoted);
  }
}

/** How much of the prompt each deployment holds, where that changes its price. */
function heldShares<D extends Routable>(
  { prompt }: RequestNeeds,
  { holders, prefixRole }: GroupContext<D>,
): Pick<StrategyContext<D>, 'heldShare'> {
  const total = prompt?.tokens.at(-1);
  if (prefixRole !== 'prices' || holders === undefined || prompt === undefined || total === undefined) return {};
  return { heldShare: ({ id }) => holders.heldTokens(prompt, id) / total };
}

function tiersOf<D extends Routable>(candidates: readonly D[]): readonly (readonly D[])[] {
  const first = candidates[0]?.order;
  if (candidates.every(({ order }) => order === first)) return [candidates];
  const byOrder = new Map<number, D[]>();
  for (const deployment of candidates) {
    const order = deployment.order ?? Number.POSITIVE_INFINITY;
    const tier = byOrder.get(order);
    if (tier === undefined) byOrder.set(order, [deployment]);
    else tier.push(deployment);
  }
  return [...byOrder].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, tier]) => tier);
}

/** The only deployment of a group that nothing speaks against. */
class SolePlan<D extends Routable> implements GroupPlan<D> {
  readonly group: string;
  readonly deployments: readonly D[];
  readonly #deploymentId: string;

  constructor(group: string, deployments: readonly D[], deploymentId: string) {
    this.group = group;
    this.deployments = deployments;
    this.#deploymentId = deploymentId;
  }

  get eligible(): number {
    return 1;
  }
  get isContextWindowExceeded(): boolean {
    return false;
  }
  get verdicts(): readonly Verdict[] {
    return [{ deploymentId: this.#deploymentId, group: this.group, isEligible: true, reason: ONLY_ONE }];
  }
}

const ONLY_ONE = 'the only one that is left';

/**
 * Kinds of exclusion that end by themselves: where one of them is in play, a larger model is not what the request
 * needs.
 */
const PASSING: ReadonlySet<Excluded<unknown>['kind']> = new Set(['rate-limit', 'parallel', 'budget']);

/** A plan whose verdicts are written only when someone reads them, from what was measured when it was made. */
class WholePlan<D extends Routable> implements GroupPlan<D> {
  readonly group: string;
  readonly deployments: readonly D[];
  readonly eligible: number;
  readonly isContextWindowExceeded: boolean;
  readonly soonestRetryMs?: number;
  readonly #placed: readonly Placed<D>[];
  readonly #resting: readonly Resting<D>[];
  readonly #excluded: readonly Excluded<D>[];
  #verdicts: readonly Verdict[] | undefined;

  constructor(
    group: string,
    placed: readonly Placed<D>[],
    resting: readonly Resting<D>[],
    excluded: readonly Excluded<D>[],
  ) {
    this.group = group;
    this.eligible = placed.length;
    const deployments = placed.map(({ deployment }) => deployment);
    for (const { deployment } of resting) deployments.push(deployment);
    this.deployments = deployments;
    this.#placed = placed;
    this.#resting = resting;
    this.#excluded = excluded;
    this.isContextWindowExceeded =
      deployments.length === 0 &&
      excluded.some(({ kind }) => kind === 'context-window') &&
      !excluded.some(({ kind }) => PASSING.has(kind));
    if (placed.length === 0) {
      const waits = [...resting, ...excluded]
        .map(({ retryAfterMs }) => retryAfterMs)
        .filter((wait) => wait !== undefined);
      if (waits.length > 0) this.soonestRetryMs = Math.min(...waits);
    }
  }

  get verdicts(): readonly Verdict[] {
    this.#verdicts ??= this.#write();
    return this.#verdicts;
  }

  #write(): Verdict[] {
    const { group } = this;
    const verdicts: Verdict[] = this.#placed.map((placed) => ({
      deploymentId: placed.deployment.id,
      group,
      isEligible: true,
      reason: reasonFor(placed, this.#placed.length),
    }));
    for (const { deployment, reason, retryAfterMs } of this.#excluded) {
      const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
      verdicts.push({ deploymentId: deployment.id, group, isEligible: false, reason, ...wait });
    }
    for (const { deployment, retryAfterMs, reason: why } of this.#resting) {
      const reason = why ?? `cooling down for ${(retryAfterMs / 1_000).toFixed(1)} s`;
      verdicts.push({ deploymentId: deployment.id, group, isEligible: false, reason, retryAfterMs });
    }
    return verdicts;
  }
}

function reasonFor<D extends Routable>(
  { deployment, ranking, isTight, isDemoted }: Placed<D>,
  eligible: number,
): string {
  const parts: string[] = [];
  if (deployment.order !== undefined) parts.push(`order ${deployment.order}`);
  if (ranking !== undefined) parts.push(ranking.why(deployment));
  else if (eligible === 1) parts.push(ONLY_ONE);
  else if (parts.length === 0) parts.push('the only one of its tier');
  if (isTight) parts.push('the longest answer may not fit');
  if (isDemoted) parts.push('degraded, others go first');
  return parts.join(', ');
}
