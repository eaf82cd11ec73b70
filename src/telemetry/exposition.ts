/** Writes metrics in Prometheus' text format, and adds the metrics of several processes together. */
import { AggregatorRegistry } from 'prom-client';
import { type BudgetReadings, gaugeSamples, latestReadings } from './budget-gauges.ts';
import { GROUP_GAUGES, type GroupReading, mergeGroups } from './group-gauges.ts';
import { boundedLabel } from './label.ts';
import type { ReadingMetric, SeriesMetric } from './metrics.ts';
import {
  BUILD_METRIC,
  COOLDOWN_METRIC,
  DEPLOYMENT_STATE_METRIC,
  HEDGE_METRIC,
  LANE_METRIC,
  READINGS,
  REMAINING_METRICS,
  SAVINGS_COST_METRIC,
  SAVINGS_METRIC,
  SERIES_METRICS,
} from './metrics.ts';
import { latestRemaining, type RemainingReading } from './remaining.ts';
import { SavingsCounts, type SavingsReading } from './savings-counts.ts';
import {
  addHistogram,
  addSeries,
  emptyHistogram,
  emptySeries,
  type HistogramState,
  LATENCY_BUCKETS,
  type LabelName,
  type Series,
} from './series.ts';
import { breathe, inSlices, RECORDS_AT_A_TIME } from './slices.ts';

/** How a deployment fares: 0 healthy, 1 failed lately, 2 taken out of rotation. */
export type DeploymentState = 0 | 1 | 2;

/** The state of one deployment under LiteLLM's labels. */
export interface DeploymentReading {
  readonly labels: {
    readonly litellm_model_name: string;
    readonly model_id: string;
    readonly api_base: string;
    readonly api_provider: string;
  };
  state: DeploymentState;
}

/** How often a deployment's breaker opened for a kind of failure. */
export interface CooldownCount {
  readonly labels: DeploymentReading['labels'] & { readonly exception_status: string };
  count: number;
}

/** How many second attempts answered, and how many were in vain. */
export interface HedgeCounts {
  won: number;
  lost: number;
}

/** How many requests took a lane for a reason. */
export interface LaneCount {
  readonly lane: string;
  readonly reason: string;
  count: number;
}

/** Everything one process has counted; plain JSON, to be sent to the process that answers the scrape. */
export interface MetricsSnapshot {
  readonly series: readonly Series[];
  readonly histogramsPerKey: boolean;
  readonly lanes: readonly LaneCount[];
  readonly deployments: readonly DeploymentReading[];
  readonly cooldowns: readonly CooldownCount[];
  readonly remaining: readonly RemainingReading[];
  readonly hedges: HedgeCounts;
  readonly savings: SavingsReading;
  readonly groups: readonly GroupReading[];
  readonly readings: Readonly<Record<string, number>>;
  /** The rows that features added to the readings. */
  readonly further: readonly ReadingMetric[];
  readonly budgets: BudgetReadings;
  readonly build: { readonly version: string; readonly node_version: string };
  /** prom-client's own metrics of each process, as `getMetricsAsJSON()` gives them. */
  readonly process: readonly (readonly object[])[];
}

/** A part of the text has about so many lines: some 60 kB. */
const LINES_AT_A_TIME = 200;

/** Labels that histograms have only on request, because each of their values takes some forty lines a metric. */
const CALLER_LABELS: ReadonlySet<string> = new Set<LabelName>([
  'end_user',
  'hashed_api_key',
  'api_key_alias',
  'team',
  'team_alias',
  'user',
]);
const NOTHING: ReadonlySet<string> = new Set();

/** The text form of the bucket bounds: Python's, where whole numbers end in `.0`. */
const BOUNDS = [...LATENCY_BUCKETS.map((bound) => (Number.isInteger(bound) ? `${bound}.0` : String(bound))), '+Inf'];

/**
 * Adds the snapshots of several processes, in slices: counts and gauges add up, a deployment is as bad as the worst process finds it.
 */
export async function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const series = new Map<string, Series>();
  const lanes = new Map<string, LaneCount>();
  const deployments = new Map<string, DeploymentReading>();
  const cooldowns = new Map<string, CooldownCount>();
  const hedges: HedgeCounts = { won: 0, lost: 0 };
  const savings = new SavingsCounts();
  const readings: Record<string, number> = {};
  const further = snapshots[0]?.further ?? [];
  for (const snapshot of snapshots) {
    for await (const one of inSlices(snapshot.series)) {
      const key = JSON.stringify(one.labels);
      let into = series.get(key);
      if (into === undefined) {
        into = emptySeries(one.labels);
        series.set(key, into);
      }
      addSeries(into, one);
    }
    for await (const { lane, reason, count } of inSlices(snapshot.lanes)) {
      const key = `${lane}\n${reason}`;
      const into = lanes.get(key);
      if (into === undefined) lanes.set(key, { lane, reason, count });
      else into.count += count;
    }
    for await (const one of inSlices(snapshot.deployments)) {
      const into = deployments.get(one.labels.model_id);
      if (into === undefined) deployments.set(one.labels.model_id, { ...one });
      else if (one.state > into.state) into.state = one.state;
    }
    for await (const { labels, count } of inSlices(snapshot.cooldowns)) {
      const key = `${labels.exception_status} ${labels.model_id}`;
      const into = cooldowns.get(key);
      if (into === undefined) cooldowns.set(key, { labels, count });
      else into.count += count;
    }
    hedges.won += snapshot.hedges.won;
    hedges.lost += snapshot.hedges.lost;
    savings.add(snapshot.savings);
    for (const { name, isLeast = false } of [...READINGS, ...further]) {
      const value = snapshot.readings[name];
      if (value === undefined) continue;
      const before = readings[name];
      readings[name] = before === undefined ? value : isLeast ? Math.min(before, value) : before + value;
    }
  }
  return {
    series: [...series.values()],
    histogramsPerKey: snapshots[0]?.histogramsPerKey ?? false,
    lanes: [...lanes.values()],
    deployments: [...deployments.values()],
    cooldowns: [...cooldowns.values()],
    remaining: latestRemaining(snapshots.map(({ remaining }) => remaining)),
    hedges,
    savings: savings.read(),
    groups: mergeGroups(snapshots.map(({ groups }) => groups)),
    readings,
    further,
    budgets: await latestReadings(snapshots.map(({ budgets }) => budgets)),
    build: snapshots[0]?.build ?? { version: 'None', node_version: process.version },
    process: snapshots.flatMap((snapshot) => snapshot.process),
  };
}

/** Writes a snapshot as the text Prometheus reads, in parts. The process metrics may be handed in ready-made. */
export async function* writeSnapshot(snapshot: MetricsSnapshot, processText?: string): AsyncGenerator<string> {
  yield* writeSeriesMetrics(snapshot);
  const lines: string[] = [];
  writeHead(lines, LANE_METRIC);
  for (const { lane, reason, count } of snapshot.lanes) {
    lines.push(sample(LANE_METRIC.name, labelText(LANE_METRIC.labels, { lane, reason }), count));
  }
  writeHead(lines, DEPLOYMENT_STATE_METRIC);
  for (const { labels, state } of snapshot.deployments) {
    lines.push(sample(DEPLOYMENT_STATE_METRIC.name, labelText(DEPLOYMENT_STATE_METRIC.labels, labels), state));
  }
  writeHead(lines, COOLDOWN_METRIC);
  for (const { labels, count } of snapshot.cooldowns) {
    lines.push(sample(COOLDOWN_METRIC.name, labelText(COOLDOWN_METRIC.labels, labels), count));
  }
  for (const metric of REMAINING_METRICS) {
    writeHead(lines, metric);
    for (const reading of snapshot.remaining) {
      const value = metric.read(reading);
      if (value !== undefined) lines.push(sample(metric.name, labelText(metric.labels, reading.labels), value));
    }
  }
  writeHead(lines, HEDGE_METRIC);
  for (const outcome of ['won', 'lost'] as const) {
    lines.push(sample(HEDGE_METRIC.name, labelText(HEDGE_METRIC.labels, { outcome }), snapshot.hedges[outcome]));
  }
  for (const [metric, counts] of [
    [SAVINGS_METRIC, snapshot.savings.saved],
    [SAVINGS_COST_METRIC, snapshot.savings.cost],
  ] as const) {
    writeHead(lines, metric);
    for (const [mechanism, usd] of counts)
      lines.push(sample(metric.name, labelText(metric.labels, { mechanism }), usd));
  }
  for (const gauge of GROUP_GAUGES) {
    writeHead(lines, gauge);
    for (const reading of snapshot.groups)
      lines.push(sample(gauge.name, labelText(gauge.labels, { model_group: reading.group }), gauge.read(reading)));
  }
  yield* taken(lines);
  for (const { gauge, samples } of gaugeSamples(snapshot.budgets)) {
    writeHead(lines, gauge);
    for (const { labels, value } of samples) lines.push(sample(gauge.name, labelText(gauge.labels, labels), value));
    yield* taken(lines);
    await breathe();
  }
  writeHead(lines, BUILD_METRIC);
  lines.push(sample(BUILD_METRIC.name, labelText(BUILD_METRIC.labels, snapshot.build), 1));
  for (const metric of [...READINGS, ...snapshot.further]) {
    const value = snapshot.readings[metric.name];
    if (value === undefined && metric.isOptional === true) continue;
    writeHead(lines, metric);
    lines.push(sample(metric.name, '', value ?? 0));
  }
  yield* taken(lines);
  yield processText ?? (await renderProcesses(snapshot.process));
}

async function renderProcesses(processes: MetricsSnapshot['process']): Promise<string> {
  if (processes.length === 0) return '';
  return AggregatorRegistry.aggregate(processes.map((one) => [...one])).metrics();
}

/** The lines as one part of the text; they are gone afterwards. */
function* taken(lines: string[]): Generator<string> {
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
  lines.length = 0;
}

async function* writeSeriesMetrics({ series, histogramsPerKey }: MetricsSnapshot): AsyncGenerator<string> {
  const lines: string[] = [];
  let sharedBy: readonly string[] | undefined;
  let texts: string[] = [];
  let recordsSinceBreath = 0;
  for (const metric of SERIES_METRICS) {
    writeHead(lines, metric);
    // Neighbours in the table often have the same labels: their texts are made once.
    if (metric.labels !== sharedBy) {
      sharedBy = metric.labels;
      texts = [];
    }
    const hidden = metric.type === 'histogram' && !histogramsPerKey ? CALLER_LABELS : NOTHING;
    const values = new Map<string, number | HistogramState>();
    for (let index = 0; index < series.length; index++) {
      const one = series[index];
      const value = one && metric.read(one);
      if (one === undefined || value === undefined || value === 0) continue;
      const text = texts[index] ?? labelText(metric.labels, one.labels, hidden);
      texts[index] = text;
      values.set(text, plus(values.get(text), value));
      if (++recordsSinceBreath % RECORDS_AT_A_TIME === 0) await breathe();
    }
    for (const [text, value] of values) {
      if (typeof value === 'number') lines.push(sample(metric.name, text, value));
      else writeHistogram(lines, metric, text, value);
      if (lines.length < LINES_AT_A_TIME) continue;
      yield* taken(lines);
      await breathe();
    }
  }
  yield* taken(lines);
}

/** Several records may share a metric's labels, because a record tells more apart than any one metric does. */
function plus(sum: number | HistogramState | undefined, value: number | HistogramState): number | HistogramState {
  if (typeof value === 'number') return (typeof sum === 'number' ? sum : 0) + value;
  const into = typeof sum === 'object' ? sum : emptyHistogram();
  addHistogram(into, value);
  return into;
}

function writeHistogram(lines: string[], metric: SeriesMetric, text: string, histogram: HistogramState): void {
  const before = text === '' ? '' : `${text},`;
  let count = 0;
  for (let index = 0; index < BOUNDS.length; index++) {
    count += histogram.counts[index] ?? 0;
    lines.push(`${metric.name}_bucket{${before}le="${BOUNDS[index]}"} ${count}`);
  }
  lines.push(sample(`${metric.name}_sum`, text, histogram.sum), sample(`${metric.name}_count`, text, count));
}

function writeHead(lines: string[], metric: { readonly name: string; readonly type: string; readonly help: string }) {
  lines.push(`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} ${metric.type}`);
}

function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`;
}

function labelText<Name extends string>(
  names: readonly Name[],
  labels: Readonly<Record<Name, string>>,
  hidden: ReadonlySet<string> = NOTHING,
): string {
  let text = '';
  for (const name of names) {
    const value = hidden.has(name) ? 'None' : escapeLabel(labels[name] ?? 'None');
    text += `${text === '' ? '' : ','}${name}="${value}"`;
  }
  return text;
}

/** Names that clients chose are labels: what a terminal would obey is written out before the format's own escapes. */
function escapeLabel(label: string): string {
  if (label.length <= 64 && !/[^ !#-[\]-~]/.test(label)) return label;
  return boundedLabel(label).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
