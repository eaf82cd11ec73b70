import { testResponses } from '../contracts/responses.contract.ts';
import { openSqlite } from './open-sqlite.ts';

testResponses('sqlite', () => openSqlite({ path: ':memory:' }));
