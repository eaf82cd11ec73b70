/** Reads how long an answer a request asks for, as lenient providers would. */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { AskedLimit } from './outline.ts';

/** A number, also in quotes; undefined: there is something else. */
export function countOf(value: JsonValue | undefined): number | undefined {
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) ? count : undefined;
}

/** The largest of several limits; one that is odd may mean no limit at all. */
export function largestLimit(counts: readonly (number | 'absent' | undefined)[]): AskedLimit {
  let largest: AskedLimit = 'absent';
  for (const count of counts) {
    if (count === 'absent') continue;
    if (count === undefined || count <= 0) return 'unclear';
    if (largest === 'absent' || count > largest) largest = count;
  }
  return typeof largest === 'number' ? Math.ceil(largest) : largest;
}

/** A limit lowered to a cap. One that is absent or odd becomes the cap. */
export function loweredLimit(count: number | 'absent' | undefined, cap: number): number {
  return typeof count === 'number' && count > 0 ? Math.min(count, cap) : cap;
}

const LIMITS_OF_DEPLOYMENTS = ['max_completion_tokens', 'max_tokens'] as const;

/** The limit that a deployment adds to requests without one, from its configured parameters. */
export function limitInParameters(parameters: JsonObject): number | undefined {
  return LIMITS_OF_DEPLOYMENTS.map((name) => parameters[name]).find((value) => typeof value === 'number');
}
