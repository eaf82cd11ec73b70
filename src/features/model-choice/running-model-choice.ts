import type { ChoiceGroup } from '../../config/choice-groups.ts';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { usdNumber } from '../../core/money.ts';
import { costOf } from '../../costs/price-of.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { FeedbackResult, QualityFeedback } from '../../exchange/quality-feedback.ts';
import { noteModel, noteQuality } from '../../exchange/savings.ts';
import { type Task, taskOf } from '../../routing/quality/task-of.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { type Contender, choose, type Wish } from './choose.ts';
import { Evidence } from './evidence.ts';
import { LearntQuality } from './learnt-quality.ts';
import { nearestRoute } from './nearest-route.ts';
import { WarmPrefixes } from './warm-prefixes.ts';

/** Set by a request that is not to be routed. Of one that names a candidate, planning has left no other. */
const ROUTE_HEADER = 'x-sluice-route';
const MOST_DECISIONS = 10_000;
const BYTES_PER_TOKEN = 4;
const USUAL_OUTPUT_TOKENS = 300;
const NEWEST_SHARE = 0.05;
/** Shorter prompts are kept by no provider. */
const LEAST_CACHED_BYTES = 4_096;
const STRONGEST_TIER = 3;

interface Prepared {
  readonly config: ChoiceGroup;
  readonly learnt: LearntQuality | undefined;
}

interface Decision {
  readonly tenant: string;
  readonly keyHash: string;
  readonly group: string;
  readonly candidate: string;
  readonly baseline: string;
  readonly floor: number;
}

interface State {
  keys: readonly string[];
}

/** Chooses the candidate of groups that choose, and learns from what callers say of its answers. */
export class RunningModelChoice implements RunningFeature, QualityFeedback {
  readonly #world: World;
  readonly #state;
  readonly #warm: WarmPrefixes;
  readonly #evidence = new Evidence();
  readonly #decisions = new Map<string, Decision>();
  /** How many tokens the answers of a candidate have, on average of late. */
  readonly #outputs = new Map<string, number>();
  #choices: ReadonlyMap<string, Prepared> = new Map();
  #chosen = 0;
  #notBaseline = 0;

  readonly readings = {
    sluice_model_choice_requests_total: () => this.#chosen,
    sluice_model_choice_cheaper_requests_total: () => this.#notBaseline,
    sluice_model_choice_scores_total: () => this.#evidence.scores,
    sluice_model_choice_suspensions_total: () => this.#evidence.suspensions,
  };
  readonly feedback: QualityFeedback = this;

  constructor(world: World) {
    this.#world = world;
    this.#state = world.stateSlot<State>(() => ({ keys: [] }));
    this.#warm = new WarmPrefixes(world.seal.derive('model choice').toString('hex'));
  }

  hooks(_: unknown, { choices }: GatewayConfig): Hooks | undefined {
    if (choices.length === 0) return undefined;
    this.#choices = new Map(
      choices.map((config) => [config.group, { config, learnt: LearntQuality.of(config, this.#world.log) }]),
    );
    return {
      rank: (exchange, deployments) => this.#rank(exchange, deployments),
      settled: (exchange) => this.#settled(exchange),
    };
  }

  /** Takes a score of an answer by who asked for it, once. */
  score(callId: string, score: number, identity: Identity): FeedbackResult {
    const decision = this.#decisions.get(callId);
    const isTheirs = decision !== undefined && (decision.keyHash === identity.keyHash || identity.isAdmin);
    if (!isTheirs) return { kind: 'unknown' };
    this.#decisions.delete(callId);
    const { tenant, candidate, baseline, floor, group } = decision;
    const nowMs = this.#world.clock.nowMs();
    const { isSuspended, scores } = this.#evidence.weigh(tenant, candidate, baseline, score, floor, nowMs);
    if (isSuspended) this.#announce(group, candidate, baseline, nowMs);
    return { kind: 'taken', group: candidate, scores, isSuspended };
  }

  #announce(group: string, candidate: string, baseline: string, nowMs: number): void {
    const message = `Answers of ${candidate} were rated below the quality floor of ${group}: for an hour ${baseline} answers in its place where these ratings came from.`;
    this.#world.notify({
      ...{ id: `model-choice:${group}:${candidate}:${Math.floor(nowMs / 3_600_000)}`, event: 'model_choice_suspended' },
      ...{ message, facts: { group, candidate, baseline }, untilMs: nowMs + 7_200_000 },
    });
  }

  #rank(exchange: Exchange, deployments: readonly Deployment[]): readonly Deployment[] {
    const { group } = exchange;
    const candidates = group?.candidates;
    const prepared = group === undefined ? undefined : this.#choices.get(group.name);
    if (candidates === undefined || prepared === undefined) return deployments;
    const able = new Set(deployments);
    const byCandidate = new Map(
      candidates.map(({ name, deployments: own }) => [
        name,
        deployments.filter((each) => own.includes(each) && able.has(each)),
      ]),
    );
    // The plan of a fallback group has none of them.
    if ([...byCandidate.values()].every((own) => own.length === 0)) return deployments;
    return this.#ranked(exchange, prepared, byCandidate);
  }

  #ranked(
    exchange: Exchange,
    { config, learnt }: Prepared,
    byCandidate: ReadonlyMap<string, readonly Deployment[]>,
  ): readonly Deployment[] {
    const { outline, needs } = exchange;
    const inputTokens = needs?.inputTokens ?? Math.ceil(outline.promptBytes / BYTES_PER_TOKEN);
    const text = outline.promptText();
    const task = taskOf(text, { hasTools: outline.hasTools, asksForReasoning: outline.asksForReasoning, inputTokens });
    const contenders = this.#contenders(exchange, config, byCandidate, inputTokens, learnt?.qualities(text, task));
    const wish = wishOf(config, task, text, learnt);
    const asked = exchange.client.headers[ROUTE_HEADER];
    const { order, why } = asked === undefined ? choose(contenders, wish) : asAsked(contenders, config.baseline);
    const [first] = order;
    if (first === undefined) return [];
    this.#note(exchange, { config, learnt }, first, order, byCandidate);
    exchange.choice = {
      ...{ chosen: first.group, baseline: config.baseline, task: task.name, why },
      candidates: order.map(({ group, quality, costUsd, isWarm, isSuspended }) => ({
        ...{ group, quality, costUsd, isWarm, isSuspended },
      })),
    };
    return order.flatMap(({ group }) => byCandidate.get(group) ?? []);
  }

  #contenders(
    exchange: Exchange,
    { candidates }: ChoiceGroup,
    byCandidate: ReadonlyMap<string, readonly Deployment[]>,
    inputTokens: number,
    qualities: ReadonlyMap<string, number> | undefined,
  ): Contender[] {
    const { outline } = exchange;
    const tenant = tenantOf(exchange.identity);
    const nowMs = this.#world.clock.nowMs();
    let warm: ReadonlyMap<string, number> = new Map();
    if (outline.promptBytes >= LEAST_CACHED_BYTES) {
      const { keys, tokens } = this.#warm.keysOf(outline.promptInOrder(), tenant);
      exchange.of(this.#state).keys = keys;
      warm = this.#warm.warmTokens(keys, tokens, nowMs);
    }
    const limit = typeof outline.limit === 'number' ? outline.limit : Number.POSITIVE_INFINITY;
    return candidates.flatMap((group, strength) => {
      const [first] = byCandidate.get(group) ?? [];
      if (first === undefined) return [];
      const cachedInputTokens = Math.min(inputTokens, warm.get(group) ?? 0);
      const outputTokens = Math.min(limit, this.#outputs.get(group) ?? USUAL_OUTPUT_TOKENS);
      const card = first.priced.ratesAt(exchange.startedAtMs);
      const cost = costOf({ inputTokens, cachedInputTokens, outputTokens: Math.round(outputTokens) }, card)?.total;
      const predicted = qualities?.get(group);
      return {
        ...{ group, strength, isWarm: cachedInputTokens > 0 },
        costUsd: cost === undefined ? undefined : usdNumber(cost),
        quality: predicted === undefined ? undefined : this.#evidence.moved(tenant, group, predicted),
        isSuspended: this.#evidence.isSuspended(tenant, group, nowMs),
      };
    });
  }

  /** What the ledger and feedback have to know. */
  #note(
    exchange: Exchange,
    { config, learnt }: Prepared,
    first: Contender,
    order: readonly Contender[],
    byCandidate: ReadonlyMap<string, readonly Deployment[]>,
  ): void {
    const strongest = order.toSorted((left, right) => right.strength - left.strength)[0]?.group ?? first.group;
    const named = byCandidate.has(config.baseline) ? config.baseline : strongest;
    const [baseline] = byCandidate.get(named) ?? [];
    if (baseline !== undefined) noteModel(exchange, baseline, 'model', lengthsAgainst(learnt, named, byCandidate));
    const best = Math.max(...order.map(({ quality }) => quality ?? 0));
    if (first.quality !== undefined && best > 0) noteQuality(exchange, first.quality / best);
  }

  #settled(exchange: Exchange): void {
    const { choice, deployment, group, error, identity, usage } = exchange;
    if (choice === undefined || group === undefined || deployment === undefined || error !== undefined) return;
    const prepared = this.#choices.get(group.name);
    const answered = group.candidates?.find(({ deployments }) => deployments.includes(deployment))?.name;
    if (prepared === undefined || answered === undefined) return;
    this.#chosen += 1;
    if (answered !== choice.baseline) this.#notBaseline += 1;
    this.#warm.note(exchange.of(this.#state).keys, answered, this.#world.clock.nowMs());
    if (usage !== undefined) {
      const before = this.#outputs.get(answered) ?? USUAL_OUTPUT_TOKENS;
      this.#outputs.set(answered, before + NEWEST_SHARE * (usage.outputTokens - before));
    }
    if (identity === undefined) return;
    const { baseline, qualityFloor: floor } = prepared.config;
    this.#decisions.set(exchange.callId, {
      ...{ tenant: tenantOf(identity), keyHash: identity.keyHash, group: group.name },
      ...{ candidate: answered, baseline, floor },
    });
    const [oldest] = this.#decisions.keys();
    if (this.#decisions.size > MOST_DECISIONS && oldest !== undefined) this.#decisions.delete(oldest);
  }
}

/** How long the baseline's answers are against those of whichever deployment answers. */
function lengthsAgainst(
  learnt: LearntQuality | undefined,
  baseline: string,
  byCandidate: ReadonlyMap<string, readonly Deployment[]>,
): ((answeredBy: string) => number) | undefined {
  const length = learnt?.lengthOf(baseline);
  if (length === undefined) return undefined;
  return (answeredBy) => {
    for (const [candidate, own] of byCandidate)
      if (own.some(({ id }) => id === answeredBy)) return length / (learnt?.lengthOf(candidate) ?? length);
    return 1;
  };
}

/** Whose feedback counts together: that of a team, or of a key without one. */
const tenantOf = (identity: Identity | undefined): string => identity?.teamId ?? identity?.keyHash ?? '';

function wishOf(config: ChoiceGroup, task: Task, text: string, learnt: LearntQuality | undefined): Wish {
  const { baseline, candidates, tiers, kind } = config;
  const leastStrength = Math.ceil((task.tier * (candidates.length - 1)) / STRONGEST_TIER);
  const plain = { baseline, leastStrength, only: undefined, worth: undefined, unit: undefined };
  if (kind === 'routes') {
    const found = nearestRoute(config.routes, text) ?? config.otherwise;
    return { ...plain, only: found === undefined ? undefined : [found] };
  }
  if (kind === 'complexity') {
    const own = tiers.slice(task.tier).find((names) => names.length > 0) ?? [];
    const only = tiers[task.tier]?.length || config.otherwise === undefined ? own : [config.otherwise];
    return { ...plain, only };
  }
  if (learnt?.knows(task) !== true) return plain;
  return { ...plain, worth: learnt.worth(text, config.qualityFloor), unit: learnt.best };
}

/** The baseline first, then the strongest. */
function asAsked(contenders: readonly Contender[], baseline: string) {
  const first = contenders.filter(({ group }) => group === baseline);
  const others = contenders
    .filter(({ group }) => group !== baseline)
    .toSorted((left, right) => right.strength - left.strength);
  return { order: [...first, ...others], why: 'as the request asked' };
}
