/**
 * Counts settled requests. The hot path: a request finds its record through maps keyed by strings that exist anyway, then adds
 * plain numbers (`bench/telemetry.ts` measures it). Names, labels and text are made only when somebody scrapes.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { type BudgetReadings, leastLeft } from './budget-gauges.ts';
import { Branch, type CallerBranch, Callers } from './callers.ts';
import { DeploymentStates, type LabelledDeployment } from './deployment-states.ts';
import {
  type DeploymentState,
  type HedgeCounts,
  type LaneCount,
  type MetricsSnapshot,
  writeSnapshot,
} from './exposition.ts';
import { fallbacksOf } from './fallbacks.ts';
import { type GroupReading, worstGroups } from './group-gauges.ts';
import { boundedLabel } from './label.ts';
import { READINGS, type ReadingMetric, type ReadingName } from './metrics.ts';
import { RemainingLimits } from './remaining.ts';
import { SavingsCounts } from './savings-counts.ts';
import { addSeries, countCached, emptySeries, type Labels, observe, type Series, sharedPart } from './series.ts';
import { labelsOf, NO_CALLER, NONE, OTHER, otherLabels, requestedLabel } from './series-labels.ts';
import type { AttemptFacts, SettledExchange, SettledSink } from './settled.ts';
import { hedgeOutcome, lastAttempt } from './settled.ts';

/** How a recorder is set up. */
export interface RecorderOptions {
  /** The gateway's version, for `sluice_build_info`. */
  readonly version: string;
  /** Leaves the `user` and `end_user` labels at `None`. */
  readonly hidePersonalData: boolean;
  /** Fills the `end_user` label, which clients choose (`enable_end_user_cost_tracking_prometheus_only`); off by default. */
  readonly endUserLabel?: boolean;
  /** Most sets of labels held; 1,000 by default. Beyond it requests are counted under `other`. */
  readonly maxSeries?: number;
  /** So many keys have labels of their own, the busiest; 300 by default. */
  readonly topKeys?: number;
  /** Tells keys, users and teams apart in histograms too; off by default, because each takes some forty lines a metric. */
  readonly histogramsPerKey?: boolean;
  /** Node.js process metrics (memory, CPU, event loop, garbage collection); on by default. */
  readonly processMetrics?: boolean;
}

/** The share of all sets of labels that one caller may take. */
const CALLER_SHARE = 0.25;
/** Lane reasons are constants in the code; the bound guards against one that is built from a request. */
const MAX_LANES = 100;

/** The sink that counts, and answers scrapes. */
export class MetricsRecorder implements SettledSink {
  /** Counted when a row is booked, because calls of the gateway's own are no requests. */
  readonly savings = new SavingsCounts();
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  readonly #version: string;
  #hidePersonalData: boolean;
  #endUserLabel: boolean;
  readonly #maxSeries: number;
  readonly #callers: Callers;
  readonly #topKeys: number;
  readonly #histogramsPerKey: boolean;
  readonly #overflow = new Branch();
  #series: Series[] = [];
  /** What keys that lost their labels had counted in metrics without those labels: these must never fall. */
  readonly #kept = new Map<string, Series>();
  readonly #lanes = new Map<string, Map<string, LaneCount>>();
  #laneCount = 0;
  readonly #deployments = new DeploymentStates();
  readonly #remaining = new RemainingLimits();
  readonly #hedges: HedgeCounts = { won: 0, lost: 0 };
  readonly #readings = new Map<string, () => number>();
  readonly #further: ReadingMetric[] = [];
  #groups: () => readonly GroupReading[] = () => [];
  #budgets: () => BudgetReadings = () => ({ budgets: [], rates: [] });
  readonly #registry = new Registry();
  #overflowed = 0;

  constructor(options: RecorderOptions) {
    this.#version = options.version;
    this.#hidePersonalData = options.hidePersonalData;
    this.#endUserLabel = options.endUserLabel === true;
    this.#maxSeries = options.maxSeries ?? 1_000;
    this.#topKeys = options.topKeys ?? 300;
    this.#callers = new Callers(this.#topKeys);
    this.#histogramsPerKey = options.histogramsPerKey === true;
    if (options.processMetrics !== false) {
      collectDefaultMetrics({ register: this.#registry });
      // Gauges that end in `_total` break Prometheus' naming rules; the same facts remain under their plain names.
      for (const kind of ['handles', 'requests', 'resources']) {
        this.#registry.removeSingleMetric(`nodejs_active_${kind}_total`);
      }
    }
    this.read('sluice_metric_series', () => this.#series.length);
    this.read('sluice_metric_series_overflow_total', () => this.#overflowed);
  }

  /** Counts one settled request. */
  take(settled: SettledExchange): void {
    const { attempts, usage, outcome } = settled;
    const last = lastAttempt(attempts);
    const series = this.#find(settled, settled.path, settled.status, settled.error, last);

    series.requests++;
    series.droppedFields += settled.dropped;
    if (settled.unpriced) series.unpriced++;
    if (settled.cost !== undefined) series.spendPico += Number(settled.cost);
    if (usage !== undefined) {
      series.totalTokens += usage.inputTokens + usage.outputTokens;
      series.inputTokens += usage.inputTokens;
      series.outputTokens += usage.outputTokens;
      if (usage.cachedInputTokens !== undefined) series.cachedTokens += usage.cachedInputTokens;
      if (usage.cacheWriteTokens !== undefined) series.cacheWriteTokens += usage.cacheWriteTokens;
      if (usage.audioInputTokens !== undefined) series.audioInputTokens += usage.audioInputTokens;
      if (usage.reasoningTokens !== undefined) series.reasoningTokens += usage.reasoningTokens;
      if (usage.audioOutputTokens !== undefined) series.audioOutputTokens += usage.audioOutputTokens;
      if (usage.isEstimated === true) series.estimated++;
    }

    countCached(series, settled);
    if (outcome === 'failure') series.failures++;
    else if (outcome === 'client-gone') series.clientsGone++;
    else this.#countSuccess(series, settled, last);

    for (let index = 0; index < attempts.length; index++) {
      const attempt = attempts[index];
      if (attempt === undefined) continue;
      this.#countAttempt(series, settled, attempt);
      this.#remaining.note(attempt, settled.startedAtMs);
    }
    if (attempts.length > 0) this.#countFallbacks(settled);
    const hedge = hedgeOutcome(attempts);
    if (hedge !== undefined) this.#hedges[hedge]++;
    if (settled.lane !== undefined) this.#countLane(settled.lane, settled.laneReason ?? NONE);
  }

  #countSuccess(series: Series, settled: SettledExchange, last: AttemptFacts | undefined): void {
    series.answers++;
    series.totalLatency = observe(series.totalLatency, settled.durationMs / 1000);
    series.overhead = observe(series.overhead, settled.overheadMs / 1000);
    if (last === undefined || last.mockedBy === 'request') return;
    const seconds = last.durationMs / 1000;
    series.apiLatency = observe(series.apiLatency, seconds);
    if (settled.stream && last.firstByteMs !== undefined) {
      series.firstToken = observe(series.firstToken, last.firstByteMs / 1000);
    }
    const tokens = settled.usage?.outputTokens ?? 0;
    if (tokens > 0) series.perOutputToken = observe(series.perOutputToken, seconds / tokens);
  }

  #countAttempt(series: Series, settled: SettledExchange, attempt: AttemptFacts): void {
    if (attempt.mockedBy === 'request') return;
    if (attempt.failure === undefined) {
      // No client waited for the answer (it left, another attempt was faster): that says nothing about the deployment.
      if (attempt.status === undefined || attempt.lost === true) return;
      series.deploymentAnswers++;
      this.#deployments.note(attempt, 0);
      return;
    }
    const error = ERRORS[attempt.failure];
    this.#find(settled, NONE, attempt.status ?? error.status, attempt.failure, attempt).deploymentFailures++;
    if (error.source === 'upstream') this.#deployments.note(attempt, 1);
  }

  #countFallbacks(settled: SettledExchange): void {
    for (const { attempt, reason, status, counter } of fallbacksOf(settled))
      this.#find(settled, NONE, status, reason, attempt)[counter]++;
  }

  #countLane(lane: string, reason: string): void {
    let reasons = this.#lanes.get(lane);
    if (reasons === undefined) {
      reasons = new Map();
      this.#lanes.set(lane, reasons);
    }
    let known = reasons.get(reason);
    if (known === undefined) {
      const name = this.#laneCount < MAX_LANES ? reason : OTHER;
      known = reasons.get(name) ?? { lane, reason: name, count: 0 };
      if (!reasons.has(name)) {
        reasons.set(name, known);
        this.#laneCount++;
      }
    }
    known.count++;
  }

  /** The record of a request, or of a failed attempt within one (whose route is `None`). */
  #find(
    settled: SettledExchange,
    route: string,
    status: number,
    error: ErrorCode | undefined,
    attempt: AttemptFacts | undefined,
  ): Series {
    const { group } = settled;
    // A name that is not a model group is any text that a client typed: it must not become a series.
    // One that a wildcard matched is as well, and counts under the pattern.
    const requested = group === undefined ? settled.requestedModel && OTHER : requestedLabel(settled, group);
    const endUser = this.#endUserLabel && settled.endUser !== undefined ? boundedLabel(settled.endUser) : undefined;
    const model = attempt === undefined ? NONE : (attempt.modelLabel ?? attempt.model);
    const branch = this.#callers.branchOf(settled.caller, settled.startedAtMs);
    const found = branch.next
      .get(requested ?? NONE)
      ?.next.get(group ?? NONE)
      ?.next.get(route)
      ?.next.get(status)
      ?.next.get(error ?? NONE)
      ?.next.get(attempt === undefined ? NONE : attempt.deploymentId)
      ?.next.get(model)
      ?.next.get(endUser ?? NONE)?.series;
    if (found !== undefined) return found;

    if (this.#series.length >= this.#maxSeries || branch.records.length >= this.#maxSeries * CALLER_SHARE) {
      this.#overflowed++;
      const overflow = this.#overflow.step(status).step(error ?? NONE);
      overflow.series ??= this.#add(otherLabels(status, error));
      return overflow.series;
    }
    const leaf = branch
      .step(requested ?? NONE)
      .step(group ?? NONE)
      .step(route)
      .step(status)
      .step(error ?? NONE)
      .step(attempt?.deploymentId ?? NONE)
      .step(model)
      .step(endUser ?? NONE);
    const personal = !this.#hidePersonalData;
    const { caller } = branch;
    leaf.series = this.#add({
      ...labelsOf(route, status, error, attempt),
      end_user: (personal ? endUser : undefined) ?? NONE,
      hashed_api_key: caller?.keyHash ?? NONE,
      api_key_alias: caller?.keyAlias ?? NONE,
      requested_model: requested ?? NONE,
      team: caller?.teamId ?? NONE,
      team_alias: caller?.teamAlias ?? NONE,
      user: (personal ? caller?.userId : undefined) ?? NONE,
      model_group: group ?? NONE,
    });
    branch.records.push(leaf.series);
    return leaf.series;
  }

  /** Forgets what was counted under labels of keys that have none any more. */
  #retire(branches: readonly CallerBranch[]): void {
    if (branches.length === 0) return;
    const retired = new Set(branches.flatMap(({ records }) => records));
    this.#series = this.#series.filter((series) => !retired.has(series));
    for (const series of retired) {
      const labels = {
        ...series.labels,
        ...NO_CALLER,
        status_code: OTHER,
        exception_status: OTHER,
        exception_class: OTHER,
      };
      const key = JSON.stringify(labels);
      const into = this.#kept.get(key) ?? emptySeries(labels);
      this.#kept.set(key, into);
      addSeries(into, sharedPart(series, this.#histogramsPerKey));
    }
  }

  #add(labels: Labels): Series {
    const series = emptySeries(labels);
    this.#series.push(series);
    return series;
  }

  /** Sets what `litellm_deployment_state` says of a deployment: for the breaker, which alone knows of state 2. */
  setDeploymentState(deployment: LabelledDeployment, state: DeploymentState): void {
    this.#deployments.set(deployment, state);
  }

  /** Counts that a breaker opened, by the failure that opened it. */
  countCooldown(deployment: LabelledDeployment, failure: ErrorCode): void {
    this.#deployments.countCooldown(deployment, failure);
  }

  /** Forgets the state of every deployment that is not named: for a reload that removed some. */
  keepDeployments(deploymentIds: ReadonlySet<string>): void {
    this.#deployments.keep(deploymentIds);
    this.#remaining.keep(deploymentIds);
  }

  /** Takes over a reloaded configuration. Personal data that is to be hidden from now on is also taken out of what was counted. */
  configure(options: Pick<RecorderOptions, 'hidePersonalData' | 'endUserLabel'>): void {
    this.#hidePersonalData = options.hidePersonalData;
    this.#endUserLabel = options.endUserLabel === true;
    if (!options.hidePersonalData) return;
    for (const series of this.#series) series.labels = { ...series.labels, user: NONE, end_user: NONE };
  }

  /** Says where a metric that is one number is read from at each scrape. */
  read(name: ReadingName, value: () => number): void {
    this.#readings.set(name, value);
  }

  /** The same for a row that a feature brings. */
  readFurther(row: ReadingMetric, value: () => number): void {
    this.#further.push(row);
    this.#readings.set(row.name, value);
  }

  /** Says where the gauges of budgets are read from at each scrape. */
  readBudgets(read: () => BudgetReadings): void {
    this.#budgets = read;
  }

  /** Says where the gauges of model groups are read from at each scrape. */
  readGroups(read: () => readonly GroupReading[]): void {
    this.#groups = read;
  }

  /** The text Prometheus reads, in parts. */
  async *write(): AsyncGenerator<string> {
    const processText = await this.#registry.metrics();
    yield* writeSnapshot(this.#current([]), processText);
  }

  /** Everything counted so far, as plain JSON, for the process that answers scrapes for several workers. */
  async snapshot(): Promise<MetricsSnapshot> {
    return structuredClone(this.#current([await this.#registry.getMetricsAsJSON()]));
  }

  #current(processMetrics: MetricsSnapshot['process']): MetricsSnapshot {
    this.#retire(this.#callers.rank());
    const readings: Record<string, number> = {};
    for (const { name, isOptional = false } of [...READINGS, ...this.#further] as readonly ReadingMetric[]) {
      const value = this.#readings.get(name)?.();
      if (value !== undefined || !isOptional) readings[name] = value ?? 0;
    }
    return {
      series: [...this.#series, ...this.#kept.values()],
      histogramsPerKey: this.#histogramsPerKey,
      lanes: [...this.#lanes.values()].flatMap((reasons) => [...reasons.values()]),
      deployments: this.#deployments.readings,
      cooldowns: this.#deployments.cooldowns,
      remaining: this.#remaining.readings,
      hedges: this.#hedges,
      savings: this.savings.read(),
      groups: worstGroups(this.#groups()),
      readings,
      further: this.#further,
      budgets: leastLeft(this.#budgets(), this.#topKeys),
      build: { version: this.#version, node_version: process.version },
      process: processMetrics,
    };
  }
}
