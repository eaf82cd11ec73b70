/** What the instance that finds the claim of one that died must know to book it: an orphan's row, and what it can have come to cost. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { OpenEntry } from '../../stores/contracts/journal.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';

/** What a claim says about its cost besides what it holds. */
export interface OrphanWorth {
  /** What such requests practically never exceed. */
  readonly practicallyMost: PicoUsd;
  readonly pace: OpenEntry['pace'];
  /** No account holds anything for it. */
  readonly isUnclaimed: boolean;
}

/** The note of a claim: the row without what the claim itself knows. */
export function noteOf(row: LedgerRow, worth: OrphanWorth): string {
  const { cost: _cost, hold: _hold, ...facts } = row;
  const { practicallyMost, pace, isUnclaimed } = worth;
  const written: JsonObject = {
    most: String(practicallyMost),
    ...(pace !== undefined && { fixed: String(pace.fixed), perSecond: String(pace.perSecond) }),
    ...(isUnclaimed && { isUnclaimed }),
  };
  return JSON.stringify({ ...facts, worth: written });
}

/** Reads a note; `worth` is undefined in those of earlier versions, which did not say when a request was sent either. */
export function readNote(note: string): { readonly row: LedgerRow; readonly worth: OrphanWorth | undefined } {
  const { worth, ...row } = JSON.parse(note) as LedgerRow & { readonly worth?: JsonValue };
  return { row, worth: isJsonObject(worth) ? readWorth(worth) : undefined };
}

function readWorth({ most, fixed, perSecond, isUnclaimed }: JsonObject): OrphanWorth {
  const pace =
    typeof fixed === 'string' && typeof perSecond === 'string'
      ? { fixed: BigInt(fixed), perSecond: BigInt(perSecond) }
      : undefined;
  return { practicallyMost: BigInt(String(most)), isUnclaimed: isUnclaimed === true, pace };
}

/** How fast a request can come to cost what it reserves; undefined if that does not depend on its answer. */
export function paceOf({ cap }: ReservedAmounts, mode: 'strict' | 'learned'): OpenEntry['pace'] {
  return cap && { fixed: cap.fixed, perSecond: cap.perToken * TOKENS_PER_SECOND[mode] };
}

/** How many tokens of one choice a provider writes in a second: practically never more, and more than usual. */
const TOKENS_PER_SECOND = { strict: 2_000n, learned: 500n } as const;
