import { directoryTables } from './0001-directory.ts';
import { ledgerTables } from './0002-ledger.ts';
import { responseTables } from './0003-responses.ts';
import { conversationTables } from './0004-conversations.ts';
import { importTables } from './0005-imports.ts';
import { answerIds } from './0006-answer-ids.ts';
import { credentialTable } from './0007-credentials.ts';
import { savingsTable } from './0008-savings.ts';
import { recordingTable } from './0009-recordings.ts';
import type { Migration } from './migration.ts';

/** Every step of the schema, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  directoryTables,
  ledgerTables,
  responseTables,
  conversationTables,
  importTables,
  answerIds,
  credentialTable,
  savingsTable,
  recordingTable,
];
