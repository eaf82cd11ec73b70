import { after, before } from 'node:test';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { type TestLedger, testLedger } from '../contracts/ledger.contract.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { SqlLedger } from '../sql/ledger/sql-ledger.ts';
import { migrate } from '../sql/migrate.ts';
import { openPostgres } from './open-postgres.ts';

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.close());

testLedger('postgres', async (): Promise<TestLedger> => {
  const url = await postgres.makeDatabase();
  const connections: SqlConnection[] = [];
  return {
    async join(options) {
      const connection = openPostgres({ url, poolSize: 4 });
      connections.push(connection);
      await migrate(connection);
      return new SqlLedger(connection, options);
    },
    async close() {
      for (const connection of connections) await connection.close();
    },
  };
});
