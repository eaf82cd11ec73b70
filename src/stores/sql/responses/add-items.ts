/** Puts items behind those of a conversation, within a transaction. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Addition, ResponseOwner, StoredItem } from '../../contracts/responses.ts';
import type { SqlConnection } from '../connection.ts';
import type { ConversationTables } from './conversation-table.ts';

/** Rows in one statement: a database takes some ten thousand parameters. */
const ROWS_AT_ONCE = 200;
/** What a row takes beside its data, so that many small ones are bounded too. */
const ROW_BYTES = 256;

/** What a row of this data counts as. */
export function countedBytes(data: string): number {
  return Buffer.byteLength(data) + ROW_BYTES;
}

/** Holds the key of an owner until the transaction ends, so that its deletion comes before or after. False if there is no such key. */
export async function holdKey(
  kind: SqlConnection['kind'],
  transaction: Transaction<ConversationTables>,
  { keyHash, isStoredKey }: ResponseOwner,
): Promise<boolean> {
  if (!isStoredKey) return true;
  const lock: RawBuilder<unknown> = kind === 'postgres' ? sql`for key share` : sql``;
  const { rows } = await sql`select 1 from keys where id = ${keyHash} ${lock}`.execute(transaction);
  return rows.length > 0;
}

/** Adds items. False if there is no such conversation. Another transaction that adds to it waits for this one. */
export async function addItems(
  transaction: Transaction<ConversationTables>,
  owner: ResponseOwner,
  { conversationId: id, items, nowMs, expiresAtMs }: Addition,
): Promise<boolean> {
  const row = await transaction
    .updateTable('conversations')
    .set(({ eb }) => ({
      used_at: nowMs,
      expires_at: expiresAtMs,
      next_position: eb('next_position', '+', items.length),
    }))
    .where('scope', '=', owner.scope)
    .where('id', '=', id)
    .where('expires_at', '>', nowMs)
    .returning('next_position')
    .executeTakeFirst();
  if (row === undefined) return false;
  await insertItems(transaction, owner, id, items, Number(row.next_position) - items.length);
  return true;
}

/** Inserts the rows of items, the first at a position. */
export async function insertItems(
  transaction: Transaction<ConversationTables>,
  { scope, keyHash, userId, teamId }: ResponseOwner,
  conversationId: string,
  items: readonly StoredItem[],
  first: number,
): Promise<void> {
  for (let start = 0; start < items.length; start += ROWS_AT_ONCE) {
    const rows = items.slice(start, start + ROWS_AT_ONCE).map(({ id, data }, index) => ({
      ...{ scope, conversation_id: conversationId, position: first + start + index, id },
      ...{ key_hash: keyHash, user_id: userId ?? null, team_id: teamId ?? null, bytes: countedBytes(data), data },
    }));
    await transaction.insertInto('conversation_items').values(rows).execute();
  }
}
