/** Directions: embeddings of length one. */

/** More numbers than any embedding model gives. */
const MOST_NUMBERS = 8_192;

/** The direction of a vector; undefined if it has no direction, or is not a vector that a model gives. */
export function directionOf(vector: readonly number[]): Float32Array | undefined {
  if (vector.length === 0 || vector.length > MOST_NUMBERS) return undefined;
  let squares = 0;
  for (const value of vector) {
    if (typeof value !== 'number') return undefined;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length) || length === 0) return undefined;
  const direction = new Float32Array(vector.length);
  for (let at = 0; at < direction.length; at += 1) direction[at] = (vector[at] ?? 0) / length;
  return direction;
}
