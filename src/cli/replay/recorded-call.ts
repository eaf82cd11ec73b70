/** Requests as the ledger has them: all attempts of one together. */
import type { LedgerRow } from '../../stores/contracts/ledger.ts';

/** A request that was made, and what became of it. */
export interface RecordedCall {
  readonly callId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Its attempts in their order; one row without a deployment if it was refused. */
  readonly attempts: readonly LedgerRow[];
  /** What the platform was billed more or less for it. */
  readonly corrections: readonly LedgerRow[];
  /** The row that says how it ended. */
  readonly last: LedgerRow;
}

const CORRECTION = '/prompt-cache';

/** Joins rows that come in the order of their requests. A request begins once, so its rows stand together. */
export async function* callsIn(rows: AsyncIterable<LedgerRow>): AsyncGenerator<RecordedCall> {
  let pending: LedgerRow[] = [];
  for await (const row of rows) {
    if (pending[0] !== undefined && pending[0].callId !== row.callId) {
      yield callOf(pending);
      pending = [];
    }
    pending.push(row);
  }
  if (pending.length > 0) yield callOf(pending);
}

function callOf(rows: readonly LedgerRow[]): RecordedCall {
  const corrections = rows.filter(({ attemptId }) => attemptId.endsWith(CORRECTION));
  const attempts = rows
    .filter(({ attemptId }) => !attemptId.endsWith(CORRECTION))
    .toSorted((one, other) => one.attempt - other.attempt);
  const last = attempts.findLast(({ status }) => status !== 'lost') ?? attempts[0] ?? rows[0];
  if (last === undefined) throw new RangeError('a request without rows');
  return {
    ...{ callId: last.callId, startedAtMs: last.startedAtMs, attempts, corrections, last },
    endedAtMs: Math.max(...rows.map(({ endedAtMs }) => endedAtMs)),
  };
}

/** What a request cost in all. */
export function costOfCall({ attempts, corrections }: RecordedCall): bigint {
  let cost = 0n;
  for (const row of attempts) cost += row.cost ?? 0n;
  for (const row of corrections) cost += row.cost ?? 0n;
  return cost;
}

/** Whether it was refused before a provider was asked. */
export const wasRefused = ({ last }: RecordedCall): boolean =>
  last.deploymentId === undefined && last.status !== 'cache-hit' && last.status !== 'success';
