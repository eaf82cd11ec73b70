/** Values of answers as LiteLLM writes them. */
import { type PicoUsd, usdNumber } from '../core/money.ts';

/** A moment in ISO 8601; null if there is none. */
export function isoTime(ms: number): string;
export function isoTime(ms: number | undefined): string | null;
export function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** An amount in USD; null if there is none. */
export function usdOrNull(amount: PicoUsd | undefined): number | null {
  return amount === undefined ? null : usdNumber(amount);
}

/** A copy of a list; null if there is none. */
export function listOrNull(values: readonly string[] | undefined): string[] | null {
  return values === undefined ? null : [...values];
}
