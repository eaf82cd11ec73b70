/** What is booked for a request that was under way when its process ended. Pure. */
import type { OpenEntry } from '../contracts/journal.ts';
import { SIGN_OF_LIFE_EVERY_MS } from '../contracts/sign-of-life.ts';

/** How long a process may have lived after its last sign of life, and a provider may have worked before it saw the connection break. */
const LATEST_END_MS = SIGN_OF_LIFE_EVERY_MS + 1_500;

/**
 * The entry as it is booked: at what the provider can have done from the moment it got the request until it saw the
 * connection break, at most at what is held. The row keeps the hold beside it: up to there it may be more.
 */
export function orphanOf(entry: OpenEntry, sentAtMs: number | undefined, lastSignOfLifeMs: number): OpenEntry {
  const { hold, pace, row } = entry;
  if (hold === undefined || pace === undefined || sentAtMs === undefined) return entry;
  const workedMs = Math.max(0, Math.ceil(lastSignOfLifeMs - sentAtMs)) + LATEST_END_MS;
  const done = pace.fixed + (pace.perSecond * BigInt(workedMs)) / 1_000n;
  return done < hold ? { ...entry, row: { ...row, cost: done, hold } } : entry;
}
