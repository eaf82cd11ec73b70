/**
 * Finds cascades that are worth their cost where prompts are as hard as this. How often each is right is learnt from what models
 * answered to the same prompts, so that how they agree and fail together counts. Levels of difficulty learn from their neighbours.
 */
import { type Cascade, type Outcomes, type Result, resultOf } from './outcomes.ts';

/** A cascade, and what it is expected to do at each level of difficulty. */
export interface Measured extends Cascade {
  /** The share of right answers. */
  readonly quality: Float64Array;
  readonly cost: Float64Array;
  readonly calls: Float64Array;
}

/** How cascades are looked for. */
export interface SearchShape {
  readonly levels: number;
  /** How far a level learns from others, in standard deviations of where prompts stand on the axis. */
  readonly breadth: number;
  /** How many models may be asked before `otherwise`; 0: one call only. */
  readonly longest: number;
}

/** Where rows stand between hard and easy. */
interface Levels {
  /** The level of each row. */
  readonly levelOfRow: Int32Array;
  /** The middle of each level on the axis. */
  readonly centres: Float64Array;
  /** The standard deviation of all rows on it. */
  readonly spread: number;
}

const LEAST_GAIN = 1e-9;

/** All cascades that were looked at, each measured once. */
export class CascadeSearch {
  readonly #known = new Map<string, Measured>();
  readonly #outcomes: Outcomes;
  readonly #rows: Int32Array;
  readonly #levelOf: Int32Array;
  readonly #shape: SearchShape;
  readonly #shares: Float64Array;

  constructor(outcomes: Outcomes, rows: Int32Array, { levelOfRow, centres, spread }: Levels, shape: SearchShape) {
    this.#outcomes = outcomes;
    this.#rows = rows;
    this.#levelOf = levelOfRow;
    this.#shape = shape;
    this.#shares = sharesOf(levelOfRow, centres, spread * shape.breadth);
    for (let model = 0; model < outcomes.models; model += 1) this.#measure({ sequence: [], otherwise: model });
  }

  /** The models alone. */
  singles(): Measured[] {
    return [...this.#known.values()].filter(({ sequence }) => sequence.length === 0);
  }

  /** The best cascade of a level if a right answer is worth so much. */
  best(level: number, worth: number): Measured {
    const lossOf = ({ cost, quality }: Measured): number =>
      (cost[level] as number) - worth * (quality[level] as number);
    let best = [...this.#known.values()].reduce((least, known) => (lossOf(known) < lossOf(least) ? known : least));
    if (this.#shape.longest < 2) return best;
    for (;;) {
      let next: Measured = best;
      for (const near of this.#neighbours(best)) {
        const measured = this.#measure(near);
        if (lossOf(measured) < lossOf(next) - LEAST_GAIN) next = measured;
      }
      if (next === best) return best;
      best = next;
    }
  }

  *#neighbours({ sequence, otherwise }: Cascade): Generator<Cascade> {
    const { models } = this.#outcomes;
    for (let model = 0; model < models; model += 1) {
      if (model !== otherwise) yield { sequence, otherwise: model };
      if (sequence.includes(model)) continue;
      yield* this.#withModel(sequence, otherwise, model);
    }
    if (sequence.length === 2) yield { sequence: [], otherwise };
    else yield* sequence.map((_, out) => ({ sequence: sequence.toSpliced(out, 1), otherwise }));
    for (let at = 1; at < sequence.length; at += 1) {
      for (let before = 0; before < at; before += 1) {
        const turned = [...sequence];
        turned[at] = sequence[before] as number;
        turned[before] = sequence[at] as number;
        yield { sequence: turned, otherwise };
      }
    }
  }

  *#withModel(sequence: readonly number[], otherwise: number, model: number): Generator<Cascade> {
    const { longest } = this.#shape;
    if (sequence.length === 0) {
      for (let second = 0; second < this.#outcomes.models; second += 1)
        if (second !== model) yield { sequence: [model, second], otherwise };
      return;
    }
    yield* sequence.map((_, old) => ({ sequence: sequence.with(old, model), otherwise }));
    if (sequence.length >= longest) return;
    for (let at = 0; at <= sequence.length; at += 1) yield { sequence: sequence.toSpliced(at, 0, model), otherwise };
  }

  #measure(cascade: Cascade): Measured {
    const key = `${cascade.sequence.join(',')}>${cascade.otherwise}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { levels } = this.#shape;
    const sums = [new Float64Array(levels), new Float64Array(levels), new Float64Array(levels)] as const;
    const result: Result = { score: 0, cost: 0, calls: 0 };
    for (let each = 0; each < this.#rows.length; each += 1) {
      resultOf(cascade, this.#rows[each] as number, this.#outcomes, result);
      const level = this.#levelOf[each] as number;
      sums[0][level] = (sums[0][level] as number) + result.score;
      sums[1][level] = (sums[1][level] as number) + result.cost;
      sums[2][level] = (sums[2][level] as number) + result.calls;
    }
    const [quality, cost, calls] = sums.map((sum) => this.#smooth(sum)) as [Float64Array, Float64Array, Float64Array];
    const measured = { ...cascade, quality, cost, calls };
    this.#known.set(key, measured);
    return measured;
  }

  #smooth(sums: Float64Array): Float64Array {
    const { levels } = this.#shape;
    return Float64Array.from({ length: levels }, (_, level) => {
      let sum = 0;
      for (let other = 0; other < levels; other += 1)
        sum += (this.#shares[level * levels + other] as number) * (sums[other] as number);
      return sum;
    });
  }
}

/** How much a row of one level counts at another: levels whose prompts are alike learn from each other. */
function sharesOf(levelOf: Int32Array, centres: Float64Array, breadth: number): Float64Array {
  const levels = centres.length;
  const sizes = new Float64Array(levels);
  for (const each of levelOf) sizes[each] = (sizes[each] as number) + 1;
  const shares = new Float64Array(levels * levels);
  for (let level = 0; level < levels; level += 1) {
    let total = 0;
    for (let other = 0; other < levels; other += 1) {
      const weight = Math.exp(-0.5 * (((centres[level] as number) - (centres[other] as number)) / breadth) ** 2);
      shares[level * levels + other] = weight;
      total += weight * (sizes[other] as number);
    }
    const row = shares.subarray(level * levels, (level + 1) * levels);
    row.set(row.map((weight) => weight / Math.max(total, 1e-12)));
  }
  return shares;
}
