import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fillLedger, timeReports } from '../../../test/support/filled-ledger.ts';
import { ledgerRow } from '../../../test/support/ledger-rows.ts';
import { SqlLedger } from '../sql/ledger/sql-ledger.ts';
import { migrate } from '../sql/migrate.ts';
import { openSqlite } from './open-sqlite.ts';

const ROWS = 200_000;
/** Far above what they take; far below what a report takes that reads every row and sorts it, on a slow machine. */
const MOST_MS = 1_500;
/** What is found by an index takes the same time in a ledger of any size. */
const MOST_BY_INDEX_MS = 250;

test('Reports over 200,000 rows are there at once, and hold up no write', { timeout: 180_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-size-'));
  const connection = await openSqlite({ path: join(folder, 'sluice.db') });
  context.after(async () => {
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await migrate(connection);
  await fillLedger(connection, ROWS);
  const ledger = new SqlLedger(connection);
  assert.equal(await ledger.count({}), ROWS);
  let writes = 0;
  let slowestWriteMs = 0;
  let isDone = false;
  const writing = (async () => {
    while (!isDone) {
      const startedMs = performance.now();
      await ledger.write([ledgerRow(`new-${writes}`)]);
      slowestWriteMs = Math.max(slowestWriteMs, performance.now() - startedMs);
      writes += 1;
    }
  })();
  const reports = await timeReports(ledger);
  isDone = true;
  await writing;
  for (const { name, ms, found } of reports) context.diagnostic(`${ms.toFixed(1)} ms  ${name} (${found})`);
  context.diagnostic(`${writes} writes beside them, the slowest ${slowestWriteMs.toFixed(1)} ms`);
  for (const { name, ms, found } of reports) {
    assert.ok(found > 0, `${name} finds something`);
    const most = name.startsWith('newest') || name.startsWith('one ') ? MOST_BY_INDEX_MS : MOST_MS;
    assert.ok(ms < most, `${name} took ${ms.toFixed(0)} ms`);
  }
});
