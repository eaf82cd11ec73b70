import { testConversations } from '../contracts/conversations.contract.ts';
import { testRecordings } from '../contracts/recordings.contract.ts';
import { testResponses } from '../contracts/responses.contract.ts';
import { openSqlite } from './open-sqlite.ts';

testResponses('sqlite', () => openSqlite({ path: ':memory:' }));
testConversations('sqlite', () => openSqlite({ path: ':memory:' }));
testRecordings('sqlite', () => openSqlite({ path: ':memory:' }));
