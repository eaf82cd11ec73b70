/**
 * A process that writes a journal as fast as it can until it is killed, and notes in a file of its own what the journal has taken:
 * `node test/support/journal-writer.ts FOLDER ID NOTES none|file|PATH`. The last word says what its ledger is: one that takes nothing,
 * a text file, or a database of SQLite.
 */
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/core/clock.ts';
import type { Ledger } from '../../src/stores/contracts/ledger.ts';
import { FileJournal } from '../../src/stores/journal/file-journal.ts';
import { SqlLedger } from '../../src/stores/sql/ledger/sql-ledger.ts';
import { takeFileLock } from '../../src/stores/sqlite/file-lock.ts';
import { openSqlite } from '../../src/stores/sqlite/open-sqlite.ts';
import { ledgerRow } from './ledger-rows.ts';

const [folder = '', instanceId = '', notesPath = '', ledgerKind = 'none'] = process.argv.slice(2);
const notes = openSync(notesPath, 'a');
const orphan = (callId: string) => ledgerRow(callId, { status: 'orphan', cost: 5n, hold: 5n, accounts: ['platform'] });
const note = (what: string, callId: string): void => void writeSync(notes, `${what} ${callId}\n`);

const journal = new FileJournal({
  folder,
  instanceId,
  takeLock: takeFileLock,
  clock: systemClock,
  fsync: false,
  everyMs: 5,
  segmentBytes: 50_000,
  mostHeld: 100,
  ledger: await openLedger(),
  onTrouble: () => undefined,
});

async function openLedger(): Promise<Pick<Ledger, 'write'>> {
  if (!['none', 'file'].includes(ledgerKind)) return new SqlLedger(await openSqlite({ path: ledgerKind }));
  return {
    async write(rows) {
      if (ledgerKind === 'none') throw new Error('away');
      appendFileSync(`${notesPath}.ledger`, rows.map(({ callId }) => `${callId}\n`).join(''));
    },
  };
}

const underWay: string[] = [];
const ended: (readonly [what: string, callId: string])[] = [];
process.stdout.write('started');
for (let number = 0; ; number += 1) {
  const callId = `${instanceId}-${number}`;
  note('opening', callId);
  journal.open({ callId, hold: 5n, row: orphan(callId) });
  journal.sent(callId);
  note('opened', callId);
  underWay.push(callId);
  if (number % 3 === 0) journal.hold(callId, 6n);
  if (underWay.length > 8) {
    const oldest = underWay.splice(number % 5, 1)[0] ?? '';
    const ends = number % 7 === 0 ? 'drop' : 'close';
    note(ends === 'drop' ? 'dropping' : 'closing', oldest);
    if (ends === 'drop') journal.drop(oldest);
    else journal.close({ callId: oldest, rows: [ledgerRow(oldest, { cost: 3n, accounts: ['platform'] })] });
    ended.push([ends === 'drop' ? 'dropped' : 'closed', oldest]);
  }
  if (number % 20 !== 0) continue;
  // The journal has them when the turn is over.
  await nextTurn();
  for (const [what, callId] of ended.splice(0)) note(what, callId);
}
