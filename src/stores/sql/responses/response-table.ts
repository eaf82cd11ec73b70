/** The table of stored responses, and what the directory does to it when owners change. */
import type { DirectoryTransaction } from '../directory/writing.ts';
import { eraseRecordings, moveRecordings } from '../recordings/recording-table.ts';
import { eraseConversations, moveConversations } from './conversation-table.ts';

/** The table of responses. */
export type ResponseTable = {
  responses: {
    scope: string;
    id: string;
    created_at: number;
    expires_at: number;
    running_until: number | null;
    key_hash: string;
    user_id: string | null;
    team_id: string | null;
    bytes: number;
    data: string;
  };
  response_items: {
    scope: string;
    id: string;
    response_id: string;
  };
  response_events: {
    scope: string;
    response_id: string;
    first: number;
    data: string;
  };
};

const COLUMNS = { key: 'key_hash', user: 'user_id', team: 'team_id' } as const;

/** Erases the responses, conversations and recordings of a key, a user or a team, in the transaction that deletes it. */
export async function eraseResponses(
  transaction: DirectoryTransaction,
  owner: keyof typeof COLUMNS,
  id: string,
): Promise<void> {
  await transaction.withTables<ResponseTable>().deleteFrom('responses').where(COLUMNS[owner], '=', id).execute();
  await eraseConversations(transaction, owner, id);
  await eraseRecordings(transaction, owner, id);
}

/** Gives the responses, conversations and recordings of a key to the key that takes its place. */
export async function moveResponses(transaction: DirectoryTransaction, from: string, to: string): Promise<void> {
  const tables = transaction.withTables<ResponseTable>();
  await tables
    .updateTable('responses')
    .set({ scope: `key:${to}` })
    .where('scope', '=', `key:${from}`)
    .execute();
  await tables.updateTable('responses').set({ key_hash: to }).where('key_hash', '=', from).execute();
  await moveConversations(transaction, from, to);
  await moveRecordings(transaction, from, to);
}
