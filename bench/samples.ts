/** The numbers of a run: for each quantity, row and target one value a round. */

/** What is measured, with its unit. */
const QUANTITIES = {
  cpuMicroseconds: 'CPU microseconds of the gateway per request',
  requestsPerSecond: 'requests per second over 32 connections',
  addedP50: 'milliseconds added to the median, one connection',
  addedP99: 'milliseconds added to the 99th percentile, one connection',
  addedFirstByte: 'milliseconds added to the first byte of a stream, median, one connection',
  chunkMicroseconds: 'CPU microseconds of the gateway per streamed chunk',
  stalls: 'share of requests that cluster around 40 ms, one connection',
  residentMegabytes: 'resident memory in MB after the run',
} as const;

/** The name of a quantity. */
export type Quantity = keyof typeof QUANTITIES;

/** Middle, least and most of the rounds, and their lower quartile. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly quiet: number;
}

/** Collects values and compares them. */
export class Samples {
  readonly #values = new Map<string, number[]>();

  /** Notes the value of a round. Rounds without a value (a slice that failed) are noted as NaN, so that rounds stay paired. */
  add(quantity: Quantity, row: string, target: string, value: number): void {
    const key = JSON.stringify([quantity, row, target]);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  summary(quantity: Quantity, row: string, target: string): Summary | undefined {
    return summarise(this.#of(quantity, row, target));
  }

  /** How many times a target's value another's is, round by round: what disturbs the machine disturbs both. */
  ratio(quantity: Quantity, row: string, target: string, to: string): Summary | undefined {
    const base = this.#of(quantity, row, to);
    return summarise(this.#of(quantity, row, target).map((value, round) => value / (base[round] ?? Number.NaN)));
  }

  /** The ratio of the lower quartiles: what it comes to in the quieter rounds, the better estimate on a machine that is busy. */
  quietRatio(quantity: Quantity, row: string, target: string, to: string): number | undefined {
    const [quiet, base] = [this.summary(quantity, row, target)?.quiet, this.summary(quantity, row, to)?.quiet];
    return quiet === undefined || base === undefined ? undefined : quiet / base;
  }

  toJSON(): object[] {
    return [...this.#values].map(([key, values]) => {
      const [quantity, row, target] = JSON.parse(key) as [Quantity, string, string];
      return { quantity, unit: QUANTITIES[quantity], row, target, values, ...summarise(values) };
    });
  }

  #of(quantity: Quantity, row: string, target: string): readonly number[] {
    return this.#values.get(JSON.stringify([quantity, row, target])) ?? [];
  }
}

function summarise(values: readonly number[]): Summary | undefined {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [least, upper, lower] = [sorted[0], sorted[middle], sorted[sorted.length % 2 === 1 ? middle : middle - 1]];
  if (least === undefined || upper === undefined || lower === undefined) return undefined;
  const quiet = sorted[Math.floor((sorted.length - 1) / 4)] ?? least;
  return { median: (lower + upper) / 2, least, most: sorted.at(-1) ?? least, quiet };
}
