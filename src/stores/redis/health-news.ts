/** What a health check found, as text: in a message to the other instances, and in a key that later ones read. */
import { ERRORS, type ErrorCode } from '../../core/errors.ts';
import type { HealthNews } from '../contracts/shared-routing.ts';

/** No check takes longer, whatever a message says. */
const LONGEST_CHECK_MS = 3_600_000;
const LONGEST_ID = 512;
const LONGEST_KEPT_MS = 86_400_000;

/** One finding and its sender. */
export interface ToldHealth extends Omit<HealthNews, 'ageMs'> {
  readonly from: string;
  readonly id: string;
  /** How long the key is kept: what is left of it says how old the finding is. */
  readonly keptMs: number;
}

export function writeHealth({ from, id, error, latencyMs, keptMs }: ToldHealth): string {
  return JSON.stringify({ from, id, error: error ?? null, latencyMs: Math.round(latencyMs), keptMs });
}

/** Reads what another instance wrote; undefined for anything else. */
export function readHealth(text: string): ToldHealth | undefined {
  let read: { readonly [Name in keyof ToldHealth]?: unknown } | null;
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return undefined;
  }
  const { from, id, error, latencyMs, keptMs } = read ?? {};
  if (typeof from !== 'string' || typeof id !== 'string' || id.length > LONGEST_ID) return undefined;
  if (!isDuration(latencyMs, LONGEST_CHECK_MS) || !isDuration(keptMs, LONGEST_KEPT_MS)) return undefined;
  if (error !== null && !isErrorCode(error)) return undefined;
  return { from, id, error: error ?? undefined, latencyMs, keptMs };
}

function isDuration(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most;
}

/** An instance of another release may know errors that this one does not. */
function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
