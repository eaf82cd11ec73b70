import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.ts';
import { STEPS, type Step, TRAFFIC_CLASSES, type TrafficClass } from '../../exchange/degraded.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { noteModel } from '../../exchange/savings.ts';
import type { LimitListener, RecalledAnswer } from '../../exchange/slots.ts';
import { accessGroupsOf, deniedBy } from '../../tenancy/model-access.ts';
import { splice } from '../../wire/splice.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { BudgetPaces, type PacedBudget } from './budget-paces.ts';
import { climb, GROUND } from './ladder.ts';
import type { DegradationConfig } from './settings.ts';
import { trafficClassOf } from './traffic-class.ts';

const MOST_WAITING = 256;
const LOOK_AGAIN_MS = 250;
/** Critical traffic is only warned, and keeps its share. */
const NEVER = Number.POSITIVE_INFINITY;
const FOR_CRITICAL = { compress: NEVER, cheaper: NEVER, shorter: NEVER, 'cache-only': NEVER, refuse: NEVER } as const;
/** More than any pressure that is acted on. */
const MOST_PRESSURE = 1e6;
const COMPRESS = STEPS.indexOf('compress');
const CHEAPER = STEPS.indexOf('cheaper');
const CACHE_ONLY = STEPS.indexOf('cache-only');
const REFUSE = STEPS.indexOf('refuse');

/** Knows how fast budgets are used, and what is done with traffic whose budget would not last. */
export class RunningDegradation implements RunningFeature<DegradationConfig> {
  readonly limitListener: LimitListener;
  readonly readings: Readonly<Record<string, () => number>>;
  readonly #world: World;
  readonly #paces = new BudgetPaces();
  readonly #counts = new Map<Step | 'waited', number>();
  #waiting = 0;
  #isOn = false;

  constructor(world: World) {
    this.#world = world;
    const nothing = (): void => undefined;
    this.limitListener = {
      admitted: ({ accounts, remaining }, _asker, nowMs) => {
        if (!this.#isOn) return;
        accounts.forEach(({ id, money }, index) => {
          money.forEach((limit, place) => {
            const state = remaining[index]?.money[place];
            // What is held may be many times what requests will cost, and is not yet spent.
            if (state !== undefined) this.#paces.note(id, limit, state.spent, nowMs);
          });
        });
      },
      refused: ({ account, limit, used, window }, accounts, _asker, nowMs) => {
        if (!this.#isOn || limit !== 'money') return;
        const budget = accounts.find(({ id }) => id === account)?.money.find((each) => each.window === window);
        if (budget !== undefined) this.#paces.note(account, budget, used, nowMs);
      },
      settled: nothing,
      looked: nothing,
    };
    this.readings = Object.fromEntries(
      ([...STEPS, 'waited'] as const).map((name) => [
        `sluice_degradation_${name.replace('-', '_')}_total`,
        () => this.#counts.get(name) ?? 0,
      ]),
    );
  }

  hooks(settings: DegradationConfig | undefined): Hooks | undefined {
    this.#isOn = settings?.isOn === true;
    if (settings === undefined || !this.#isOn) return undefined;
    return {
      guardInput: (exchange) => this.#degrade(exchange, settings),
      prepare: (exchange) => shortened(exchange, settings.maxTokens),
      recall: (exchange) => this.#recall(exchange, settings),
      settled: (exchange) => this.#settled(exchange, settings),
    };
  }

  #count(what: Step | 'waited'): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #degrade(exchange: Exchange, settings: DegradationConfig): void {
    // Bodies of fallbacks are looked at one by one; the request is judged once.
    if (exchange.degraded !== undefined || exchange.ownIdentity !== undefined) return;
    if (exchange.identity === undefined || exchange.endpoint.operation.isFree) return;
    const trafficClass = trafficClassOf(exchange, settings.classesByTag);
    const { index, budget } = this.#stepOf(exchange, trafficClass, settings);
    const step = STEPS[index];
    if (step === undefined || budget === undefined) return;
    this.#count(step);
    if (index >= REFUSE) throw this.#refusal(exchange, trafficClass, budget);
    const { model } = exchange;
    // A cache is asked for what the client asks for.
    const isAsked = index >= CACHE_ONLY;
    const cheaper = index >= CHEAPER && !isAsked ? cheaperOf(exchange, settings.cheaperModels) : undefined;
    exchange.degraded = {
      ...{ trafficClass, step, compresses: index >= COMPRESS && !isAsked },
      askedModel: cheaper === undefined ? undefined : model,
    };
    if (cheaper === undefined) return;
    const asked = exchange.snapshot.groups.resolve(model ?? '')?.deployments[0];
    if (asked !== undefined) noteModel(exchange, asked, 'degradation');
    exchange.askedModel = model;
    exchange.model = cheaper;
  }

  /** The highest step that one of its budgets asks for. */
  #stepOf(
    { identity, snapshot, clock, model }: Exchange,
    trafficClass: TrafficClass,
    settings: DegradationConfig,
  ): { readonly index: number; readonly budget: PacedBudget | undefined } {
    let [index, highest]: [number, PacedBudget | undefined] = [-1, undefined];
    if (identity === undefined) return { index, budget: highest };
    const nowMs = clock.nowMs();
    for (const { id, money } of snapshot.accounts.of(identity).at(nowMs, { name: model ?? '' })) {
      for (const { window } of money) {
        const budget = this.#paces.find(id, window);
        if (budget === undefined) continue;
        const found = this.#climb(budget, trafficClass, settings, nowMs);
        if (found > index) [index, highest] = [found, budget];
      }
    }
    return { index, budget: highest };
  }

  #climb(
    budget: PacedBudget,
    trafficClass: TrafficClass,
    { thresholds, batchFactor }: DegradationConfig,
    nowMs: number,
  ): number {
    const { pace, rungs } = budget;
    const isCritical = trafficClass === 'critical';
    const factor = trafficClass === 'batch' ? batchFactor : 1;
    const pressure = Math.min(MOST_PRESSURE, pace.pressure(nowMs, isCritical) * factor);
    const own = isCritical ? { ...thresholds, ...FOR_CRITICAL } : thresholds;
    const before = rungs.get(trafficClass) ?? GROUND;
    const rung = climb(before, pressure, own, nowMs, pace.windowMs / 4);
    if (rung === before) return rung.index;
    rungs.set(trafficClass, rung);
    this.#tell(budget, trafficClass, rung.index, before.index, pressure);
    return rung.index;
  }

  #tell(
    { account, window, endsAtMs }: PacedBudget,
    trafficClass: TrafficClass,
    now: number,
    before: number,
    pressure: number,
  ) {
    const step = STEPS[now] ?? 'none';
    const shown = Math.round(pressure * 100) / 100;
    const facts = { account, traffic_class: trafficClass, step, pressure: shown };
    if (now < before) {
      this.#world.log.app.info(facts, 'A budget recovers: traffic is served better again');
      return;
    }
    this.#world.log.app.warn(facts, 'A budget would not last: traffic is degraded');
    const message =
      `The budget of ${account} would be gone before ${new Date(endsAtMs).toISOString()}: ` +
      `${trafficClass} traffic is now on the step “${step}”.`;
    this.#world.notify({
      id: `degradation/${account}/${window}/${trafficClass}/${step}`,
      ...{ event: 'degradation_step', message, facts, untilMs: endsAtMs },
    });
  }

  #refusal({ clock }: Exchange, trafficClass: TrafficClass, { pace }: PacedBudget): GatewayError {
    const nowMs = clock.nowMs();
    const retryAfterMs = Math.max(1_000, pace.aheadMs(nowMs));
    const resetAt = new Date(nowMs + retryAfterMs).toISOString();
    return new GatewayError(
      'rate_limited',
      `Requests of the class “${trafficClass}” are not served now, so that the budget lasts until its period ends. Try again at ${resetAt}.`,
      { retryAfterMs, limit: { type: 'budget', resetAt } },
    );
  }

  /** Called after the caches were asked: what they do not have is not asked for. Batch traffic may wait for better times. */
  #recall(exchange: Exchange, settings: DegradationConfig): undefined | Promise<RecalledAnswer | undefined> {
    const { degraded } = exchange;
    if (degraded?.step !== 'cache-only') return undefined;
    const { trafficClass = 'standard' } = degraded;
    if (trafficClass === 'batch' && settings.queueMs > 0 && this.#waiting < MOST_WAITING)
      return this.#wait(exchange, settings);
    throw this.#refused(exchange, trafficClass, settings);
  }

  #refused(exchange: Exchange, trafficClass: TrafficClass, settings: DegradationConfig): GatewayError {
    const { budget } = this.#stepOf(exchange, trafficClass, settings);
    this.#count('refuse');
    return budget === undefined
      ? new GatewayError('rate_limited', 'Only cached answers are given now. Try again soon.', { retryAfterMs: 1_000 })
      : this.#refusal(exchange, trafficClass, budget);
  }

  async #wait(exchange: Exchange, settings: DegradationConfig): Promise<undefined> {
    const { clock, client } = exchange;
    const untilMs = clock.monotonicMs() + settings.queueMs;
    this.#waiting += 1;
    try {
      while (clock.monotonicMs() < untilMs && !client.isGone) {
        await wait(Math.min(LOOK_AGAIN_MS, settings.queueMs));
        if (this.#stepOf(exchange, 'batch', settings).index < CACHE_ONLY) {
          this.#count('waited');
          return undefined;
        }
      }
    } finally {
      this.#waiting -= 1;
    }
    if (client.isGone)
      throw new GatewayError('client_gone', 'The client hung up while its request waited for a budget.');
    throw this.#refused(exchange, 'batch', settings);
  }

  #settled(exchange: Exchange, { classesByTag }: DegradationConfig): void {
    const { cost, admission, clock } = exchange;
    const accounts = admission?.claim?.accounts;
    if (accounts === undefined || cost === undefined || cost === 0n) return;
    const isCritical =
      (exchange.degraded?.trafficClass ?? trafficClassOf(exchange, classesByTag)) === TRAFFIC_CLASSES[0];
    const nowMs = clock.nowMs();
    for (const { id, money } of accounts) {
      for (const { window, max } of money)
        this.#paces.find(id, window)?.pace.spent(nowMs, isCritical, Number(cost) / Math.max(1, Number(max)));
    }
  }
}

/** The cheaper group, if there is one that the key may use. */
function cheaperOf({ identity, model, snapshot }: Exchange, cheaper: ReadonlyMap<string, string>): string | undefined {
  const name = cheaper.get(model ?? '');
  const group = name === undefined ? undefined : snapshot.groups.resolve(name);
  if (name === undefined || group === undefined || identity === undefined) return undefined;
  const names = [name, group.name, ...group.deployments.flatMap(({ config }) => accessGroupsOf(config.modelInfo))];
  return deniedBy(identity, names) === undefined ? name : undefined;
}

/** The body with a lower limit of its answer. */
function shortened({ degraded, body, envelope, outline }: Exchange, maxTokens: number): Buffer | undefined {
  if (degraded?.step !== 'shorter') return undefined;
  const edits = outline.limitEdits(maxTokens);
  return edits.length === 0 ? undefined : splice(body, envelope, edits);
}
