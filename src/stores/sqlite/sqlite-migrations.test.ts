import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlConnection } from '../sql/connection.ts';
import { testMigrations } from '../sql/migrations/migrations.contract.ts';
import { openSqlite } from './open-sqlite.ts';

testMigrations('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'));
  const connections: SqlConnection[] = [];
  return {
    async open() {
      const connection = await openSqlite({ path: join(folder, 'sluice.db') });
      connections.push(connection);
      return connection;
    },
    async close() {
      for (const connection of connections) await connection.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
