import { seededRandom } from './seeded.ts';

/** A direction that follows from a text: as many numbers as asked for, of length one. */
export function unitVector(text: string, size: number): number[] {
  const random = seededRandom(text);
  const values = Array.from({ length: size }, () => random() * 2 - 1);
  const length = Math.hypot(...values) || 1;
  return values.map((value) => Number((value / length).toFixed(8)));
}
