/**
 * A process that writes a journal as fast as it can until it is killed, and notes in a file of its own what the journal has taken:
 * `node test/support/journal-writer.ts FOLDER ID NOTES yes|no`. The last word says whether its ledger, a file, takes anything.
 */
import { appendFileSync, openSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../src/core/clock.ts';
import { FileJournal } from '../../src/stores/journal/file-journal.ts';
import { takeFileLock } from '../../src/stores/sqlite/file-lock.ts';
import { ledgerRow } from './ledger-rows.ts';

const [folder = '', instanceId = '', notesPath = '', isLedgerUp] = process.argv.slice(2);
const notes = openSync(notesPath, 'a');
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
  ledger: {
    async write(rows) {
      if (isLedgerUp !== 'yes') throw new Error('away');
      appendFileSync(`${notesPath}.ledger`, rows.map(({ callId }) => `${callId}\n`).join(''));
    },
  },
  onTrouble: () => undefined,
});

const underWay: string[] = [];
process.stdout.write('started');
for (let number = 0; ; number += 1) {
  const callId = `${instanceId}-${number}`;
  note('opening', callId);
  journal.open({ callId, hold: 5n, row: ledgerRow(callId, { status: 'orphan', cost: 5n, hold: 5n }) });
  note('opened', callId);
  underWay.push(callId);
  if (number % 3 === 0) journal.hold(callId, 6n);
  if (underWay.length > 8) {
    const oldest = underWay.splice(number % 5, 1)[0] ?? '';
    const ends = number % 7 === 0 ? 'drop' : 'close';
    note(ends === 'drop' ? 'dropping' : 'closing', oldest);
    if (ends === 'drop') journal.drop(oldest);
    else journal.close({ callId: oldest, rows: [ledgerRow(oldest)] });
    note(ends === 'drop' ? 'dropped' : 'closed', oldest);
  }
  if (number % 20 === 0) await nextTurn();
}
