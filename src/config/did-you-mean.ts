/** Finds the word that was probably intended. */

/** The Damerau–Levenshtein distance (insert, delete, replace, swap neighbours), or `limit + 1` as soon as it must exceed `limit`. */
export function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      let distance = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        distance = Math.min(distance, (beforePrevious[column - 2] ?? 0) + 1);
      }
      current.push(distance);
      smallest = Math.min(smallest, distance);
    }
    if (smallest > limit) return limit + 1;
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? limit + 1;
}

/** A candidate and how far it is from what was written. */
export interface Suggestion {
  readonly word: string;
  readonly distance: number;
}

/** The nearest of the candidates within a distance that grows with the length of the word, or undefined. */
export function didYouMean(written: string, candidates: Iterable<string>): Suggestion | undefined {
  const limit = written.length <= 3 ? 1 : written.length <= 7 ? 2 : 3;
  const folded = written.toLowerCase().replaceAll('-', '_').slice(0, 80);
  let best: Suggestion | undefined;
  for (const word of candidates) {
    if (word === written) continue;
    const distance = editDistance(folded, word.toLowerCase().replaceAll('-', '_'), (best?.distance ?? limit + 1) - 1);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { word, distance };
    if (best?.distance === 0) break;
  }
  return best;
}
