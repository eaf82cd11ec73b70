/**
 * How long the journal holds up a request: opening, growing its hold, closing. By hand: `node
 * src/stores/journal/journal.bench.ts`. Prints the median and the best of several rounds in microseconds a call.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerRow } from '../../../test/support/ledger-rows.ts';
import { systemClock } from '../../core/clock.ts';
import { takeFileLock } from '../sqlite/file-lock.ts';
import { FileJournal } from './file-journal.ts';

const PER_ROUND = 5_000;
const ROUNDS = 9;
const folder = mkdtempSync(join(tmpdir(), 'sluice-journal-bench-'));
const journal = new FileJournal({
  folder,
  instanceId: 'bench',
  ledger: { write: async () => undefined },
  takeLock: takeFileLock,
  clock: systemClock,
  fsync: false,
  onTrouble: ({ kind, reason }) => process.stderr.write(`${kind}: ${String(reason)}\n`),
});

const times = { open: [] as number[], sent: [] as number[], hold: [] as number[], close: [] as number[] };
const measure = (name: keyof typeof times, run: (index: number) => void): void => {
  const startedMs = performance.now();
  for (let index = 0; index < PER_ROUND; index += 1) run(index);
  times[name].push(((performance.now() - startedMs) * 1_000) / PER_ROUND);
};
for (let round = 0; round < ROUNDS; round += 1) {
  const ids = Array.from({ length: PER_ROUND }, (_, index) => `3f1c1b1e-1111-4111-8111-${round}-${index}`);
  const rows = ids.map((callId) => ledgerRow(callId));
  const rowAt = (index: number) => rows[index] ?? ledgerRow('');
  const idAt = (index: number) => ids[index] ?? '';
  measure('open', (index) => journal.open({ callId: idAt(index), hold: 5n, row: rowAt(index) }));
  measure('sent', (index) => journal.sent(idAt(index)));
  measure('hold', (index) => journal.hold(idAt(index), 6n));
  measure('close', (index) => {
    const callId = idAt(index);
    const settlement = { id: callId, nowMs: 1, cost: 5n, inputTokens: 1, outputTokens: 2, charges: [] };
    journal.close({ callId, rows: [rowAt(index)], settlement });
  });
  await journal.flush();
}
for (const [name, values] of Object.entries(times)) {
  const [best = 0] = values.sort((left, right) => left - right);
  const median = values[Math.floor(ROUNDS / 2)] ?? 0;
  process.stdout.write(`journal ${name}: ${median.toFixed(1)} µs, best round ${best.toFixed(1)} µs\n`);
}
await journal.end();
rmSync(folder, { recursive: true, force: true });
