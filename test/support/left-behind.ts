/**
 * A process that fills a journal with requests that are over and not in the ledger yet, and is killed:
 * `node test/support/left-behind.ts FOLDER COUNT [settled]`. Each costs one micro-dollar. `settled`: their claims were, and the
 * ledger was not there. Each held ten times as much: what is booked as broken off shows in the sums.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/core/clock.ts';
import { FileJournal } from '../../src/stores/journal/file-journal.ts';
import { takeFileLock } from '../../src/stores/sqlite/file-lock.ts';
import { ledgerRow } from './ledger-rows.ts';

const COST = 1_000_000n;
const HOLD = 10n * COST;
const [folder = '', count = '0', kind = 'settling'] = process.argv.slice(2);

const journal = new FileJournal({
  folder,
  instanceId: 'left-behind',
  takeLock: takeFileLock,
  clock: systemClock,
  fsync: false,
  ledger: {
    write: async () => {
      throw new Error('the database is unavailable');
    },
  },
  onTrouble: () => undefined,
});
const never = new Promise<void>(() => undefined);
const nowMs = Date.now();
for (let number = 0; number < Number(count); number += 1) {
  const callId = `left-${number}`;
  const times = { startedAtMs: nowMs, endedAtMs: nowMs, firstByteAtMs: nowMs };
  const row = ledgerRow(callId, { ...times, cost: COST, accounts: ['platform'] });
  journal.open({ callId, hold: HOLD, row: { ...row, status: 'orphan', cost: HOLD, hold: HOLD } });
  journal.sent(callId);
  const settlement = { id: callId, nowMs, cost: COST, inputTokens: 1, outputTokens: 1, charges: [] };
  // As over a shared store: the line is written at once, and the ledger waits until the claim is settled.
  journal.close({ callId, rows: [row], settlement }, kind === 'settled' ? undefined : never);
  if (number % 100 === 0) await nextTurn();
}
await nextTurn();
process.kill(process.pid, 'SIGKILL');
