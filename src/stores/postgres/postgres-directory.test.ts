import { after, before } from 'node:test';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { type TestDirectory, testDirectory } from '../contracts/directory.contract.ts';
import type { Changed } from '../contracts/directory.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { testManyKeys } from '../sql/directory/many-keys.contract.ts';
import { sqlDirectory } from '../sql/directory/sql-directory.ts';
import { migrate } from '../sql/migrate.ts';
import { openPostgres } from './open-postgres.ts';

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.close());

testDirectory('postgres', async (): Promise<TestDirectory> => {
  const url = await postgres.makeDatabase();
  const connections: SqlConnection[] = [];
  return {
    async join() {
      const connection = openPostgres({ url, poolSize: 4 });
      connections.push(connection);
      await migrate(connection);
      const told: Changed[] = [];
      return { directory: sqlDirectory(connection, (changed) => void told.push(...changed)), told };
    },
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
});

testManyKeys('postgres', async () => openPostgres({ url: await postgres.makeDatabase(), poolSize: 2 }));
