import { after, before } from 'node:test';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { testMigrations } from '../sql/migrations/migrations.contract.ts';
import { openPostgres } from './open-postgres.ts';

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.close());

testMigrations('postgres', async () => {
  const url = await postgres.makeDatabase();
  const connections: SqlConnection[] = [];
  return {
    async open() {
      const connection = openPostgres({ url, poolSize: 2 });
      connections.push(connection);
      return connection;
    },
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
});
