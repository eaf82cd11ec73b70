import { after, before } from 'node:test';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { testResponses } from '../contracts/responses.contract.ts';
import { openPostgres } from './open-postgres.ts';

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.close());

testResponses('postgres', async () => openPostgres({ url: await postgres.makeDatabase(), poolSize: 2 }));
