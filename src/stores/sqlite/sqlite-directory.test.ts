import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestDirectory, testDirectory } from '../contracts/directory.contract.ts';
import type { Changed } from '../contracts/directory.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { testManyKeys } from '../sql/directory/many-keys.contract.ts';
import { sqlDirectory } from '../sql/directory/sql-directory.ts';
import { migrate } from '../sql/migrate.ts';
import { openSqlite } from './open-sqlite.ts';

testDirectory('sqlite', async (): Promise<TestDirectory> => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'));
  const connections: SqlConnection[] = [];
  return {
    async join() {
      const connection = await openSqlite({ path: join(folder, 'sluice.db') });
      connections.push(connection);
      await migrate(connection);
      const told: Changed[] = [];
      return { directory: sqlDirectory(connection, (changed) => void told.push(...changed)), told };
    },
    async close() {
      for (const connection of connections) await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

testManyKeys('sqlite', () => openSqlite({ path: ':memory:' }));
