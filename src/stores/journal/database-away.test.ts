import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ledgerRow } from '../../../test/support/ledger-rows.ts';
import { startTestPostgres } from '../../../test/support/postgres.ts';
import { systemClock } from '../../core/clock.ts';
import { openPostgres } from '../postgres/open-postgres.ts';
import { SqlLedger } from '../sql/ledger/sql-ledger.ts';
import { migrate } from '../sql/migrate.ts';
import { takeFileLock } from '../sqlite/file-lock.ts';
import { FileJournal } from './file-journal.ts';

test('A Postgres that crashes and comes back under load has every attempt once, and sums that equal its rows', {
  timeout: 120_000,
}, async (context) => {
  const postgres = await startTestPostgres();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-away-'));
  const connection = openPostgres({ url: postgres.url, poolSize: 4 });
  context.after(async () => {
    await connection.close();
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await migrate(connection);
  const ledger = new SqlLedger(connection);
  const journals = ['one', 'two'].map(
    (instanceId) =>
      new FileJournal({
        folder,
        instanceId,
        ledger,
        takeLock: takeFileLock,
        clock: systemClock,
        fsync: false,
        onTrouble: () => undefined,
        everyMs: 10,
        segmentBytes: 200_000,
        mostHeld: 200,
      }),
  );
  let calls = 0;
  const serve = async (forMs: number): Promise<void> => {
    for (const deadline = performance.now() + forMs; performance.now() < deadline; await wait(5)) {
      for (const journal of journals) {
        for (let index = 0; index < 5; index += 1) {
          calls += 1;
          const row = ledgerRow(`call-${calls}`, { cost: 2n, accounts: ['platform', `team:${calls % 5}`] });
          journal.open({ callId: row.callId, hold: 9n, row: { ...row, status: 'orphan', cost: 9n } });
          journal.close({ callId: row.callId, rows: [row] });
        }
      }
    }
  };
  for (let round = 0; round < 3; round += 1) {
    await serve(300 + Math.random() * 100);
    await postgres.kill();
    await serve(400);
    await postgres.start();
  }
  await serve(200);
  for (const journal of journals) {
    // A connection that broke with the server may be noticed only now.
    for (let tries = 0; journal.waiting > 0; tries += 1) {
      await journal.flush().catch((error: unknown) => {
        if (tries === 50) throw error;
      });
      await wait(100);
    }
    await journal.end();
  }
  assert.ok(calls > 500);
  assert.equal(await ledger.count({}), calls);
  assert.equal(await ledger.spent('platform', 0), BigInt(calls) * 2n);
  assert.equal((await ledger.activity({}, []))[0]?.attempts, calls);
});
