import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestLedger, testLedger } from '../contracts/ledger.contract.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { SqlLedger } from '../sql/ledger/sql-ledger.ts';
import { migrate } from '../sql/migrate.ts';
import { openSqlite } from './open-sqlite.ts';

testLedger('sqlite', async (): Promise<TestLedger> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ledger-'));
  const connections: SqlConnection[] = [];
  return {
    async join(options) {
      const connection = await openSqlite({ path: join(folder, 'sluice.db') });
      connections.push(connection);
      await migrate(connection);
      return new SqlLedger(connection, options);
    },
    async close() {
      for (const connection of connections) await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
