/** What is booked for the claim of an instance that died: what its provider can have done, or nothing if it never got the request. */
import type { PicoUsd } from '../core/money.ts';
import { type OrphanWorth, readNote } from '../pipeline/money/orphan-note.ts';
import { type OrphanedClaim, YOUNG_CLAIM_MS } from '../stores/contracts/claims.ts';
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import { orphanOf } from '../stores/journal/orphan-cost.ts';

/** How a claim is booked. */
interface BookedClaim {
  /** Undefined: the request was never sent, or nothing is known of it. */
  readonly row: LedgerRow | undefined;
  readonly cost: PicoUsd;
}

/** Finds out what to book. */
export function bookedClaim(orphan: OrphanedClaim): BookedClaim {
  const { id, hold, note, hasGrown, aliveAtMs } = orphan;
  if (note === '') return { row: undefined, cost: hold };
  const { row, worth } = readNote(note);
  if (worth === undefined) return { row: { ...row, cost: hold, hold }, cost: hold };
  const most = mostOf(orphan, worth);
  const held = { ...row, cost: most, hold: most };
  // A stream that reserved more, or a second attempt: the pace of the first says too little.
  if (hasGrown || aliveAtMs === undefined) return { row: held, cost: most };
  const sentAtMs = sentAt(orphan, aliveAtMs);
  if (sentAtMs === undefined) return { row: undefined, cost: 0n };
  const { pace } = worth;
  const entry = { callId: id, hold: most, row: held, ...(pace !== undefined && { pace }) };
  const { row: booked } = orphanOf(entry, sentAtMs, aliveAtMs);
  return { row: booked, cost: booked.cost ?? most };
}

/** The most that is booked: what practically no such request exceeds, and no more than it was admitted with. */
function mostOf({ hold, exposure }: OrphanedClaim, { practicallyMost, isUnclaimed }: OrphanWorth): PicoUsd {
  if (isUnclaimed) return practicallyMost;
  const granted = hold + exposure;
  if (practicallyMost > granted) return granted;
  return practicallyMost > hold ? practicallyMost : hold;
}

/** When a provider got it, at the earliest; undefined: none did. The mark of a request that was sent just before the end may be missing. */
function sentAt({ sentAtMs, claimedAtMs }: OrphanedClaim, aliveAtMs: number): number | undefined {
  if (sentAtMs !== undefined) return sentAtMs;
  return claimedAtMs > aliveAtMs - YOUNG_CLAIM_MS ? claimedAtMs : undefined;
}
