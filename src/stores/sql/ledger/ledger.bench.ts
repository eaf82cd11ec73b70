/**
 * How fast the ledger is written, what a write costs the event loop, and how long reports take when it is large. By
 * hand:
 * `node src/stores/sql/ledger/ledger.bench.ts --rows=1000000` fills an SQLite file of that many rows first;
 * `--url=postgresql://…` takes an empty Postgres instead.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillLedger, timeReports } from '../../../../test/support/filled-ledger.ts';
import { ledgerRow } from '../../../../test/support/ledger-rows.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import { openSqlite } from '../../sqlite/open-sqlite.ts';
import { migrate } from '../migrate.ts';
import { SqlLedger } from './sql-ledger.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, url: { type: 'string' } },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'sluice-ledger-bench-'));
const path = join(folder, 'sluice.db');
const connection =
  values.url === undefined
    ? await openSqlite({ path })
    : openPostgres({ url: values.url, poolSize: 4, statementTimeoutMs: 0 });
try {
  await migrate(connection);
  const rows = Number(values.rows);
  const startedMs = performance.now();
  await fillLedger(connection, rows, (done) => {
    if (done % 1_000_000 === 0) say(`${done} rows after ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
  });
  say(`${rows} rows made in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
  if (values.url === undefined) say(`file: ${(statSync(path).size / 1_048_576).toFixed(0)} MiB`);
  const ledger = new SqlLedger(connection);
  for (const { name, ms, found } of await timeReports(ledger))
    say(`${ms.toFixed(1).padStart(9)} ms  ${name} (${found})`);
  await benchWrites(ledger);
} finally {
  await connection.close();
  rmSync(folder, { recursive: true, force: true });
}

async function benchWrites(ledger: SqlLedger): Promise<void> {
  const batches = Array.from({ length: 20 }, (_, batch) =>
    Array.from({ length: 500 }, (__, index) => {
      const key = (batch * 500 + index) % 200;
      const keyHash = String(key).padStart(64, '0');
      return ledgerRow(crypto.randomUUID(), {
        startedAtMs: Date.UTC(2026, 0, 1) + batch * 60_000 + index,
        keyHash,
        teamId: `team-${key % 20}`,
        accounts: [`key:${keyHash}`, `team:team-${key % 20}`, 'platform', 'provider:maker', `deployment:${key % 3}`],
      });
    }),
  );
  const startedMs = performance.now();
  let heldMs = 0;
  for (const batch of batches) {
    const calledMs = performance.now();
    const written = ledger.write(batch);
    heldMs += performance.now() - calledMs;
    await written;
  }
  const ms = performance.now() - startedMs;
  const processor = performance.eventLoopUtilization();
  say(
    `${((10_000 / ms) * 1_000).toFixed(0)} rows written a second in batches of 500; ${(ms / 20).toFixed(1)} ms a batch, of which the first ${(heldMs / 20).toFixed(1)} ms hold the event loop (busy ${(processor.utilization * 100).toFixed(0)} % over the run)`,
  );
}
