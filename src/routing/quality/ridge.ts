/** Ridge regression over sparse rows, for several targets at once, by conjugate gradients. */

/** Rows of a sparse matrix, one after the other. */
export interface SparseRows {
  /** Where each row begins; one more than there are rows. */
  readonly starts: Int32Array;
  readonly places: Int32Array;
  readonly values: Float32Array;
  readonly columns: number;
}

/** Weights by column and target: `weights[column * targets + target]`; what is predicted of nothing in `means`. */
export interface Fitted {
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly targets: number;
}

const MOST_ROUNDS = 60;
/** Below this share of the first residual a target is done. */
const ENOUGH = 1e-7;

/** Fits `wanted[row * targets + target]` for the rows of `chosen`. `penalty`: of the squares of the weights. */
export function fitRidge(
  rows: SparseRows,
  chosen: Int32Array,
  wanted: Float64Array,
  targets: number,
  penalty: number,
): Fitted {
  const size = rows.columns * targets;
  const means = meansOf(chosen, wanted, targets);
  const weights = new Float64Array(size);
  const residual = new Float64Array(size);
  const product = new Float64Array(size);
  const errors = new Float64Array(targets);
  for (const row of chosen) {
    for (let target = 0; target < targets; target += 1)
      errors[target] = (wanted[row * targets + target] as number) - (means[target] as number);
    addRow(rows, row, errors, residual, targets);
  }
  const direction = residual.slice();
  let norms = squares(residual, targets);
  const first = norms.slice();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    if (norms.every((norm, target) => norm <= ENOUGH * (first[target] as number))) break;
    product.set(direction.map((value) => penalty * value));
    for (const row of chosen) {
      errors.fill(0);
      dotRow(rows, row, direction, errors, targets);
      addRow(rows, row, errors, product, targets);
    }
    const steps = ratios(norms, dots(direction, product, targets));
    for (let each = 0, target = 0; each < size; each += 1, target = target + 1 === targets ? 0 : target + 1) {
      const step = steps[target] as number;
      weights[each] = (weights[each] as number) + step * (direction[each] as number);
      residual[each] = (residual[each] as number) - step * (product[each] as number);
    }
    const next = squares(residual, targets);
    const turns = ratios(next, norms);
    for (let at = 0, of = 0; at < size; at += 1, of = of + 1 === targets ? 0 : of + 1)
      direction[at] = (residual[at] as number) + (turns[of] as number) * (direction[at] as number);
    norms = next;
  }
  return { weights, means, targets };
}

/** What is predicted of a row for a target. */
export function predictRow(rows: SparseRows, row: number, { weights, means, targets }: Fitted, target: number): number {
  let sum = means[target] as number;
  const end = rows.starts[row + 1] as number;
  for (let at = rows.starts[row] as number; at < end; at += 1)
    sum += (rows.values[at] as number) * (weights[(rows.places[at] as number) * targets + target] as number);
  return sum;
}

function meansOf(chosen: Int32Array, wanted: Float64Array, targets: number): Float64Array {
  const means = new Float64Array(targets);
  for (const row of chosen)
    for (let target = 0; target < targets; target += 1)
      means[target] = (means[target] as number) + (wanted[row * targets + target] as number) / chosen.length;
  return means;
}

function addRow(rows: SparseRows, row: number, by: Float64Array, to: Float64Array, targets: number): void {
  const end = rows.starts[row + 1] as number;
  for (let at = rows.starts[row] as number; at < end; at += 1) {
    const value = rows.values[at] as number;
    const base = (rows.places[at] as number) * targets;
    for (let target = 0; target < targets; target += 1)
      to[base + target] = (to[base + target] as number) + value * (by[target] as number);
  }
}

function dotRow(rows: SparseRows, row: number, of: Float64Array, to: Float64Array, targets: number): void {
  const end = rows.starts[row + 1] as number;
  for (let at = rows.starts[row] as number; at < end; at += 1) {
    const value = rows.values[at] as number;
    const base = (rows.places[at] as number) * targets;
    for (let target = 0; target < targets; target += 1)
      to[target] = (to[target] as number) + value * (of[base + target] as number);
  }
}

const squares = (vector: Float64Array, targets: number): Float64Array => dots(vector, vector, targets);

function dots(left: Float64Array, right: Float64Array, targets: number): Float64Array {
  const sums = new Float64Array(targets);
  for (let each = 0, target = 0; each < left.length; each += 1, target = target + 1 === targets ? 0 : target + 1)
    sums[target] = (sums[target] as number) + (left[each] as number) * (right[each] as number);
  return sums;
}

const ratios = (above: Float64Array, below: Float64Array): Float64Array =>
  above.map((value, target) => ((below[target] as number) > 0 ? value / (below[target] as number) : 0));
