/** The rounds: in each, every row is measured at every target in turn, so that what disturbs the machine disturbs all alike. */
import type { LoadGenerator } from './load-generator.ts';
import type { LoadJob, LoadResult } from './load-job.ts';
import type { BenchOptions } from './options.ts';
import { cpuNanoseconds, residentBytes } from './process-cost.ts';
import type { Quantity, Samples } from './samples.ts';
import {
  chatRequest,
  type Lane,
  LONG_STREAM_TOKENS,
  modelName,
  PACE_MS,
  SCENARIOS,
  type Scenario,
  SHORT_STREAM_TOKENS,
} from './scenarios.ts';
import type { Target } from './targets/target.ts';

const CONNECTIONS = 32;
const CHUNK_CONNECTIONS = 40;
const NO_LIMIT = 1_000_000;
/** JavaScript runs several times slower until its engine has seen a few thousand requests. */
const WARM_UP_MS = 1500;
/** Rows that `--quick` keeps: those that targets are set for. */
const QUICK_ROWS = ['relay, whole, 0.3 kB', 'relay, stream, 0.3 kB', 'translate, stream, 0.3 kB'];
/** A stream slice must end by itself; this only guards against one that does not. */
const STREAM_LIMIT_MS = 30_000;

/** The row of a lane in the table of chunk prices. */
export const chunkRow = (lane: Lane): string => `${lane}, chunk`;

/** The rows a run measures. */
export function selectedRows(options: BenchOptions): { scenarios: readonly Scenario[]; chunkLanes: readonly Lane[] } {
  const isWanted = (name: string) => options.only.length === 0 || options.only.some((part) => name.includes(part));
  return {
    scenarios: SCENARIOS.filter(({ name }) => isWanted(name) && (!options.isQuick || QUICK_ROWS.includes(name))),
    chunkLanes: (['relay', 'translate'] as const).filter((lane) => isWanted(chunkRow(lane))),
  };
}

/** One run over all rounds. */
export class Measurement {
  readonly #options: BenchOptions;
  readonly #load: LoadGenerator;
  readonly #direct: Target;
  readonly #targets: readonly Target[];
  readonly #samples: Samples;
  /** What went wrong, once for each row and target. */
  readonly failures = new Map<string, string>();

  constructor(
    options: BenchOptions,
    load: LoadGenerator,
    direct: Target,
    targets: readonly Target[],
    samples: Samples,
  ) {
    this.#options = options;
    this.#load = load;
    this.#direct = direct;
    this.#targets = targets;
    this.#samples = samples;
  }

  async run(progress: (text: string) => void): Promise<void> {
    const { scenarios, chunkLanes } = selectedRows(this.#options);
    for (let round = 0; round <= this.#options.rounds; round++) {
      progress(round === 0 ? 'warming up' : `round ${round} of ${this.#options.rounds}`);
      const isMeasured = round > 0;
      for (const scenario of scenarios) {
        const all = this.#options.isQuick ? this.#turn(round) : [this.#direct, ...this.#turn(round)];
        for (const target of all) await this.#throughput(scenario, target, isMeasured);
        await this.#latency(scenario, round, isMeasured);
      }
      for (const lane of chunkLanes) {
        if (!isMeasured) await this.#warmStreams(lane, scenarios);
        for (const target of this.#turn(round)) {
          if (this.#options.isQuick && target.name === 'portkey') continue;
          await this.#chunks(lane, target, isMeasured);
        }
      }
    }
    for (const target of this.#targets) {
      if (target.pid === undefined) continue;
      this.#samples.add('residentMegabytes', 'memory', target.name, residentBytes(target.pid) / 1024 / 1024);
    }
  }

  /** Paced streams are too few to warm an engine up; where no other row has done it, unpaced ones do. */
  async #warmStreams(lane: Lane, scenarios: readonly Scenario[]): Promise<void> {
    if (scenarios.some((scenario) => scenario.lane === lane && scenario.stream)) return;
    const scenario = SCENARIOS.find((one) => one.lane === lane && one.stream);
    if (scenario === undefined) return;
    for (const target of this.#targets) await this.#throughput(scenario, target, false);
  }

  /** The order changes from round to round. */
  #turn(round: number): readonly Target[] {
    const shift = round % this.#targets.length;
    return [...this.#targets.slice(shift), ...this.#targets.slice(0, shift)];
  }

  async #throughput(scenario: Scenario, target: Target, isMeasured: boolean): Promise<void> {
    const maxMs = isMeasured ? this.#options.sliceMs : WARM_UP_MS;
    const job = this.#job(scenario, target, { connections: CONNECTIONS, maxMs });
    const { result, cpuNs } = await this.#costOf(target, job);
    this.#check(scenario.name, target, result, scenario.stream ? scenario.tokens : 0);
    if (!isMeasured) return;
    this.#samples.add('requestsPerSecond', scenario.name, target.name, result.requests / result.seconds);
    if (target.pid === undefined) return;
    this.#samples.add('cpuMicroseconds', scenario.name, target.name, cpuNs / 1000 / result.requests);
  }

  /** Direct comes first, in absolute numbers; the others as what they add to it. */
  async #latency(scenario: Scenario, round: number, isMeasured: boolean): Promise<void> {
    const bounds = { connections: 1, maxMs: this.#options.latencyMs };
    let base: LoadResult | undefined;
    for (const target of [this.#direct, ...this.#turn(round)]) {
      const result = await this.#load.perform(this.#job(scenario, target, bounds));
      this.#check(scenario.name, target, result, 0);
      if (isMeasured) {
        const add = (quantity: Quantity, value: number) =>
          this.#samples.add(quantity, scenario.name, target.name, value);
        add('addedP50', result.latency.p50 - (base?.latency.p50 ?? 0));
        add('addedP99', result.latency.p99 - (base?.latency.p99 ?? 0));
        if (scenario.stream) add('addedFirstByte', result.firstByte.p50 - (base?.firstByte.p50 ?? 0));
        add('stalls', result.stalls / result.requests);
      }
      base ??= result;
    }
  }

  /** Long streams less as many short ones: what remains is the chunks. */
  async #chunks(lane: Lane, target: Target, isMeasured: boolean): Promise<void> {
    const costs: number[] = [];
    let streams = this.#options.streams;
    for (const tokens of [LONG_STREAM_TOKENS, SHORT_STREAM_TOKENS]) {
      const route = target.route(lane, true);
      const { result, cpuNs } = await this.#costOf(target, {
        port: route.port,
        path: route.path,
        headers: route.headers,
        body: chatRequest(route.model(modelName(tokens, PACE_MS)), true, 300),
        connections: CHUNK_CONNECTIONS,
        maxRequests: this.#options.streams,
        maxMs: STREAM_LIMIT_MS,
      });
      this.#check(chunkRow(lane), target, result, tokens);
      costs.push(cpuNs);
      streams = Math.min(streams, result.requests);
    }
    if (!isMeasured) return;
    const [long = Number.NaN, short = Number.NaN] = costs;
    const isWhole = streams === this.#options.streams;
    const perChunk = (long - short) / 1000 / (streams * (LONG_STREAM_TOKENS - SHORT_STREAM_TOKENS));
    this.#samples.add('chunkMicroseconds', chunkRow(lane), target.name, isWhole ? perChunk : Number.NaN);
  }

  async #costOf(target: Target, job: LoadJob): Promise<{ result: LoadResult; cpuNs: number }> {
    const before = target.pid === undefined ? 0 : cpuNanoseconds(target.pid);
    const result = await this.#load.perform(job);
    const after = target.pid === undefined ? 0 : cpuNanoseconds(target.pid);
    return { result, cpuNs: after - before };
  }

  #job(scenario: Scenario, target: Target, bounds: Pick<LoadJob, 'connections' | 'maxMs'>): LoadJob {
    const route = target.route(scenario.lane, scenario.stream);
    return {
      port: route.port,
      path: route.path,
      headers: route.headers,
      body: chatRequest(route.model(modelName(scenario.tokens)), scenario.stream, scenario.promptBytes),
      maxRequests: NO_LIMIT,
      ...bounds,
    };
  }

  #check(row: string, target: Target, result: LoadResult, leastEvents: number): void {
    const key = `${target.name}: ${row}`;
    if (this.failures.has(key)) return;
    if (result.failures > 0) this.failures.set(key, `${result.failures} failed, the first with ${result.failure}`);
    else if (result.requests === 0) this.failures.set(key, 'no request was answered');
    else if (result.events < leastEvents * result.requests) {
      this.failures.set(key, `${result.events} events in ${result.requests} streams of ${leastEvents} tokens or more`);
    }
  }
}
