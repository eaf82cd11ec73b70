/** Keeps the books of a request: in the journal before it is sent, corrected while it runs, closed when it is over. */
import { GatewayError } from '../../core/errors.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { Admission, OpenClaim } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Charge, Settlement } from '../../stores/contracts/claims.ts';
import type { OpenEntry } from '../../stores/contracts/journal.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import type { Parts } from '../parts.ts';
import { chargesOfRows } from './charges.ts';
import { amountsOf } from './claim-amounts.ts';
import { closeDay } from './day-claim.ts';
import { ledgerRows, orphanRow, refusalRow } from './ledger-rows.ts';
import { paceOf } from './orphan-note.ts';
import { errorOfRefusal } from './refusals.ts';

/** Writes a request into the journal: from here on it will be booked even if this process dies. */
export function openBooks(exchange: Exchange, parts: Parts): void {
  const { admission } = exchange;
  if (admission === undefined) return;
  const { hold, pace, amounts } = reservedBy(exchange, parts, admission);
  const row = orphanRow(exchange, hold);
  // The tokens of a day are counted from the ledger, so what was claimed of them stands there until more is known.
  const claimed = admission.hasDayClaim ? { ...row, ...wholeTokens(amounts) } : row;
  parts.journal.open({ callId: exchange.callId, hold, row: claimed, pace });
  admission.isJournalled = true;
}

/**
 * Marks a request as sent, before its first byte leaves this process: unmarked ones are not booked if this process dies. Returns
 * the error if it cannot be written and may not be sent without that.
 */
export function markSent(
  { admission, callId, snapshot }: Exchange,
  { journal, claims }: Pick<Parts, 'journal' | 'claims'>,
): GatewayError | undefined {
  if (admission === undefined) return undefined;
  if (admission.isJournalled && !journal.sent(callId)) {
    admission.isJournalled = false;
    if (!snapshot.config.stores.serveWithoutJournal) {
      return new GatewayError(
        'store_unavailable',
        'This request cannot be written to the journal (is the disk full?), and the configuration says to refuse such requests.',
      );
    }
  }
  if (admission.claim !== undefined) claims.sent(callId);
  return undefined;
}

/**
 * What is booked at most for a request if this process dies before its cost is known: an amount that such requests practically
 * never exceed, and no more than it was, or would have been, admitted with. And how fast it can come to cost that.
 */
function reservedBy(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
): { readonly hold: PicoUsd; readonly pace: OpenEntry['pace']; readonly amounts: ReservedAmounts } {
  const { claim } = admission;
  const isClaimed = claim !== undefined && claim.accounts.length > 0;
  const amounts = isClaimed ? claim.amounts : amountsOf(exchange, parts, admission).amounts;
  return {
    hold: isClaimed ? reservedFor(claim) : amounts.practicallyMost,
    pace: paceOf(amounts, exchange.snapshot.config.budgets.mode),
    amounts,
  };
}

function wholeTokens({ inputTokens, outputTokens }: ReservedAmounts): Pick<LedgerRow, 'inputTokens' | 'outputTokens'> {
  return { inputTokens: Math.ceil(inputTokens), outputTokens: Math.ceil(outputTokens) };
}

function reservedFor({ hold, exposure, cap, amounts: { practicallyMost } }: OpenClaim): PicoUsd {
  const most = hold + exposure;
  if (cap !== undefined || practicallyMost > most) return most;
  return practicallyMost > hold ? practicallyMost : hold;
}

/** What all attempts so far cost, as far as it is known. */
export function bookedSoFar({ attempts }: Exchange): PicoUsd {
  let booked = 0n;
  for (const { cost } of attempts) booked += cost ?? 0n;
  return booked;
}

/**
 * Makes sure that a further attempt is covered: if earlier ones cost something, as much is reserved again. Resolves to the error of
 * the limit that refuses, or to undefined.
 */
export async function coverAnother(exchange: Exchange, parts: Parts): Promise<GatewayError | undefined> {
  const claim = exchange.admission?.claim;
  if (claim === undefined || claim.amounts.hold === 0n) return undefined;
  // Until its usage is estimated, an attempt is assumed to cost what was held for it.
  const unknown = BigInt(exchange.pendingEstimates.length) * claim.amounts.hold;
  const spent = bookedSoFar(exchange) + unknown;
  if (spent === 0n) return undefined;
  return tryReserve(exchange, parts, spent + claim.perAttempt, claim.exposure);
}

/** Makes sure that a second attempt beside a running one is covered; resolves to whether it may begin. */
export async function coverBeside(exchange: Exchange, parts: Parts): Promise<boolean> {
  const claim = exchange.admission?.claim;
  if (claim === undefined || claim.amounts.hold === 0n) return true;
  return (await tryReserve(exchange, parts, claim.hold + claim.perAttempt, claim.exposure * 2n)) === undefined;
}

async function tryReserve(
  exchange: Exchange,
  parts: Parts,
  hold: PicoUsd,
  exposure: PicoUsd,
): Promise<GatewayError | undefined> {
  try {
    await reserve(exchange, parts, hold, exposure);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/** Reserves more for a running request; throws if a limit refuses. */
export async function reserve(exchange: Exchange, parts: Parts, hold: PicoUsd, exposure: PicoUsd): Promise<void> {
  const { admission, callId, clock } = exchange;
  const claim = admission?.claim;
  if (admission === undefined || claim === undefined || hold <= claim.hold) return;
  const outcome = await parts.claims.extend(callId, { hold, exposure, nowMs: clock.nowMs() });
  if (outcome.kind === 'refused') {
    throw errorOfRefusal(outcome.refusal, admission, exchange.snapshot.config.budgets, clock.nowMs());
  }
  claim.hold = outcome.hold;
  claim.exposure = outcome.exposure;
  if (admission.isJournalled) parts.journal.hold(callId, reservedFor(claim));
}

/** The request is over, but what it cost is still being counted: its slots are free at once, its money when that is known. */
export function freeSlots({ admission, callId }: Exchange, parts: Parts): void {
  if (admission?.claim !== undefined) forget(parts.claims.leave(callId), parts);
}

/** Closes the books of a request: rows to the journal, from there to the ledger; its claim settled. Never throws. */
export function closeBooks(exchange: Exchange, parts: Parts): readonly LedgerRow[] {
  const { admission, callId } = exchange;
  try {
    if (admission === undefined) return closeRefused(exchange, parts);
    if (exchange.attempts.length === 0 && exchange.recalled === undefined) {
      if (admission.claim !== undefined) {
        release(admission.claim, parts.claims.cancel(callId, exchange.clock.nowMs()), parts);
      }
      const undone = closeDay(exchange, parts, undefined);
      if (undone !== undefined) forget(undone, parts);
      if (admission.isJournalled) parts.journal.drop(callId);
      return NO_ROWS;
    }
    const rows = kept(exchange, ledgerRows(exchange));
    const charges = chargesOfRows(exchange.snapshot, exchange.startedAtMs, rows);
    const settlement =
      admission.claim === undefined && charges.length === 0 ? undefined : settlementOf(exchange, charges);
    const settled = settlement === undefined ? undefined : parts.claims.settle(settlement);
    const entry = { callId, rows, settlement };
    const day = admission.hasDayClaim ? closeDay(exchange, parts, usedTokens(exchange)) : undefined;
    const waits = [settled, day].filter((each) => each instanceof Promise);
    const settling = waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
    // A counter that is built from the ledger meanwhile would count this twice: the ledger gets it when it is settled.
    parts.journal.close(entry, settling);
    for (const { savings } of rows) if (savings !== undefined) parts.savings.take(savings);
    if (admission.claim !== undefined) release(admission.claim, settling, parts);
    else if (settling !== undefined) forget(settling, parts);
    if (settlement !== undefined && admission.claim !== undefined)
      parts.limitListener?.settled(admission.claim, settlement.cost);
    parts.afterCharges(charges);
    return rows;
  } catch (error) {
    parts.onFault(`the books of request ${callId} could not be closed`, error);
    return NO_ROWS;
  }
}

/** With `disable_error_logs` failures leave no rows; what cost or used something is still booked. */
function kept({ snapshot }: Exchange, rows: readonly LedgerRow[]): readonly LedgerRow[] {
  if (!snapshot.config.stores.withoutErrorRows) return rows;
  return rows.filter(
    ({ status, cost = 0n, inputTokens, outputTokens }) =>
      status !== 'failure' || cost > 0n || inputTokens + outputTokens > 0,
  );
}

function closeRefused(exchange: Exchange, parts: Parts): readonly LedgerRow[] {
  if (exchange.snapshot.config.stores.withoutErrorRows || !parts.refusalRows.take(exchange)) return NO_ROWS;
  const rows = [refusalRow(exchange)];
  parts.journal.close({ callId: exchange.callId, rows });
  return rows;
}

const NO_ROWS: readonly LedgerRow[] = [];

/** The tokens of all attempts. */
function usedTokens(exchange: Exchange): { readonly inputTokens: number; readonly outputTokens: number } {
  let inputTokens = 0;
  let outputTokens = 0;
  for (const { usage } of exchange.attempts) {
    inputTokens += usage?.inputTokens ?? 0;
    outputTokens += usage?.outputTokens ?? 0;
  }
  if (exchange.recalled !== undefined) {
    inputTokens = exchange.recalled.usage?.inputTokens ?? 0;
    outputTokens = exchange.recalled.usage?.outputTokens ?? 0;
  }
  return { inputTokens, outputTokens };
}

function settlementOf(exchange: Exchange, charges: readonly Charge[]): Settlement {
  return {
    id: exchange.callId,
    nowMs: exchange.clock.nowMs(),
    cost: bookedSoFar(exchange),
    ...usedTokens(exchange),
    charges,
  };
}

/** Tells requests that wait for a budget when a claim no longer holds on it. */
function release({ accounts }: OpenClaim, done: void | Promise<void>, parts: Parts): void {
  const { waiting } = parts;
  if (done instanceof Promise)
    forget(
      done.then(() => waiting.released(accounts)),
      parts,
    );
  else waiting.released(accounts);
}

/** A store that cannot be reached keeps what it was given and reports that itself; nothing waits for it here. */
function forget(done: void | Promise<void>, parts: Parts): void {
  if (done instanceof Promise) done.catch((error: unknown) => parts.onFault('a claim could not be settled', error));
}
