import { after, before } from 'node:test';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { testConversations } from '../contracts/conversations.contract.ts';
import { testRecordings } from '../contracts/recordings.contract.ts';
import { testResponses } from '../contracts/responses.contract.ts';
import { openPostgres } from './open-postgres.ts';

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres();
});
after(() => postgres.close());

const open = async () => openPostgres({ url: await postgres.makeDatabase(), poolSize: 2 });
testResponses('postgres', open);
testConversations('postgres', open);
testRecordings('postgres', open);
