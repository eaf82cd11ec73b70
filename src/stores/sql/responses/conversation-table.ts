/** The tables of conversations, and what the directory does to them when owners change. */
import type { DirectoryTransaction } from '../directory/writing.ts';

/** The tables of conversations and their items. */
export type ConversationTables = {
  conversations: {
    scope: string;
    id: string;
    created_at: number;
    used_at: number;
    expires_at: number;
    next_position: number;
    key_hash: string;
    user_id: string | null;
    team_id: string | null;
    bytes: number;
    data: string;
  };
  conversation_items: {
    scope: string;
    conversation_id: string;
    position: number;
    id: string;
    key_hash: string;
    user_id: string | null;
    team_id: string | null;
    bytes: number;
    data: string;
  };
};

const COLUMNS = { key: 'key_hash', user: 'user_id', team: 'team_id' } as const;

/** Erases the conversations of a key, a user or a team, and what it added to those of others. */
export async function eraseConversations(
  transaction: DirectoryTransaction,
  owner: keyof typeof COLUMNS,
  id: string,
): Promise<void> {
  const tables = transaction.withTables<ConversationTables>();
  const column = COLUMNS[owner];
  await tables.deleteFrom('conversations').where(column, '=', id).execute();
  await tables.deleteFrom('conversation_items').where(column, '=', id).execute();
}

/** Gives the conversations of a key to the key that takes its place. */
export async function moveConversations(transaction: DirectoryTransaction, from: string, to: string): Promise<void> {
  const tables = transaction.withTables<ConversationTables>();
  await tables
    .updateTable('conversations')
    .set({ scope: `key:${to}` })
    .where('scope', '=', `key:${from}`)
    .execute();
  await tables.updateTable('conversations').set({ key_hash: to }).where('key_hash', '=', from).execute();
  await tables.updateTable('conversation_items').set({ key_hash: to }).where('key_hash', '=', from).execute();
}
