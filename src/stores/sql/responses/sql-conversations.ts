import { sql } from 'kysely';
import type { ConversationStore, FoundItem, ItemsAsked, StoredConversation } from '../../contracts/conversations.ts';
import type { Addition, ResponseOwner, StoredItem } from '../../contracts/responses.ts';
import type { SqlConnection } from '../connection.ts';
import { isStorable } from '../directory/storable.ts';
import { retryConflicts } from '../sql-error.ts';
import { addItems, countedBytes, holdKey, insertItems } from './add-items.ts';
import type { ConversationTables } from './conversation-table.ts';
import { ScopeLimit } from './scope-limit.ts';

/** How many conversations are deleted at once, so that no write waits long. */
const PRUNE_STEP = 100;

/** Stored conversations in either database. */
export class SqlConversations implements ConversationStore {
  readonly #kind: SqlConnection['kind'];
  readonly #read;
  readonly #write;
  readonly #limit: ScopeLimit;

  constructor({ kind, read, write }: SqlConnection) {
    this.#kind = kind;
    this.#read = read.withTables<ConversationTables>();
    this.#write = write.withTables<ConversationTables>();
    this.#limit = new ScopeLimit((scope, most) => this.#deleteOldest(scope, most));
  }

  async create(
    owner: ResponseOwner,
    { id, createdAtMs, expiresAtMs, data }: StoredConversation,
    items: readonly StoredItem[],
    mostBytesOfScope: number,
  ): Promise<boolean> {
    const { scope, keyHash, userId = null, teamId = null } = owner;
    if (!isStorable(scope) || !isStorable(id)) return false;
    const isMade = await retryConflicts(() =>
      this.#write.transaction().execute(async (transaction) => {
        if (!(await holdKey(this.#kind, transaction, owner))) return false;
        await transaction
          .insertInto('conversations')
          .values({
            ...{ scope, id, created_at: createdAtMs, used_at: createdAtMs, expires_at: expiresAtMs },
            ...{ next_position: items.length, key_hash: keyHash, user_id: userId, team_id: teamId },
            ...{ bytes: countedBytes(data), data },
          })
          .execute();
        await insertItems(transaction, owner, id, items, 0);
        return true;
      }),
    );
    if (isMade) await this.#limit.written(scope, sizeOf(items) + countedBytes(data), mostBytesOfScope);
    return isMade;
  }

  async get(scope: string, id: string, nowMs: number): Promise<StoredConversation | undefined> {
    if (!isStorable(id)) return undefined;
    const row = await this.#read
      .selectFrom('conversations')
      .select(['created_at', 'expires_at', 'data'])
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('expires_at', '>', nowMs)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { id, createdAtMs: Number(row.created_at), expiresAtMs: Number(row.expires_at), data: row.data };
  }

  async setData(scope: string, id: string, data: string, nowMs: number): Promise<boolean> {
    const update = this.#write
      .updateTable('conversations')
      .set({ data, bytes: countedBytes(data) })
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('expires_at', '>', nowMs);
    return (await retryConflicts(() => update.executeTakeFirst())).numUpdatedRows > 0n;
  }

  async add(owner: ResponseOwner, addition: Addition, mostBytesOfScope: number): Promise<boolean> {
    const isAdded = await retryConflicts(() =>
      this.#write
        .transaction()
        .execute(
          async (transaction) =>
            (await holdKey(this.#kind, transaction, owner)) && (await addItems(transaction, owner, addition)),
        ),
    );
    if (isAdded) await this.#limit.written(owner.scope, sizeOf(addition.items), mostBytesOfScope);
    return isAdded;
  }

  async sizeOf(scope: string, id: string): Promise<number> {
    const { size } = await this.#read
      .selectFrom('conversation_items')
      .select(({ fn }) => fn.sum<number | null>('bytes').as('size'))
      .where('scope', '=', scope)
      .where('conversation_id', '=', id)
      .executeTakeFirstOrThrow();
    return Number(size ?? 0);
  }

  items(scope: string, id: string): Promise<readonly StoredItem[]> {
    return this.#itemsOf(scope, id).orderBy('position').execute();
  }

  async item(scope: string, id: string, itemId: string): Promise<StoredItem | undefined> {
    if (!isStorable(itemId)) return undefined;
    return await this.#itemsOf(scope, id).where('id', '=', itemId).orderBy('position', 'desc').executeTakeFirst();
  }

  async page(
    scope: string,
    id: string,
    { after, limit, isNewestFirst }: ItemsAsked,
  ): Promise<readonly StoredItem[] | undefined> {
    let query = this.#itemsOf(scope, id)
      .orderBy('position', isNewestFirst ? 'desc' : 'asc')
      .limit(limit);
    if (after !== undefined) {
      if (!isStorable(after)) return undefined;
      const row = await this.#itemsOf(scope, id)
        .select('position')
        .where('id', '=', after)
        .orderBy('position', 'desc')
        .executeTakeFirst();
      if (row === undefined) return undefined;
      query = query.where('position', isNewestFirst ? '<' : '>', Number(row.position));
    }
    return await query.execute();
  }

  async find(scope: string, ids: readonly string[], nowMs: number): Promise<readonly FoundItem[]> {
    const known = ids.filter(isStorable);
    if (known.length === 0) return [];
    const rows = await this.#read
      .selectFrom('conversation_items as item')
      .innerJoin('conversations as conversation', (join) =>
        join.onRef('conversation.scope', '=', 'item.scope').onRef('conversation.id', '=', 'item.conversation_id'),
      )
      .select(['item.id', 'item.data', 'item.conversation_id'])
      .where('item.scope', '=', scope)
      .where('item.id', 'in', known)
      .where('conversation.expires_at', '>', nowMs)
      .orderBy('conversation.used_at')
      .orderBy('item.position')
      .execute();
    const newest = new Map(
      rows.map(({ id, data, conversation_id }) => [id, { id, data, conversationId: conversation_id }]),
    );
    return [...newest.values()];
  }

  async deleteItem(scope: string, id: string, itemId: string): Promise<boolean> {
    if (!isStorable(itemId)) return false;
    const deletion = this.#write
      .deleteFrom('conversation_items')
      .where('scope', '=', scope)
      .where('conversation_id', '=', id)
      .where('id', '=', itemId);
    return (await retryConflicts(() => deletion.executeTakeFirst())).numDeletedRows > 0n;
  }

  async delete(scope: string, id: string, nowMs: number): Promise<boolean> {
    if (!isStorable(id)) return false;
    const deletion = this.#write
      .deleteFrom('conversations')
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('expires_at', '>', nowMs);
    return (await retryConflicts(() => deletion.executeTakeFirst())).numDeletedRows > 0n;
  }

  async prune(nowMs: number): Promise<number> {
    for (let deleted = 0; ; ) {
      const { numAffectedRows = 0n } = await sql`delete from conversations where (scope, id) in
        (select scope, id from conversations where expires_at <= ${nowMs} limit ${PRUNE_STEP})`.execute(this.#write);
      deleted += Number(numAffectedRows);
      if (numAffectedRows < BigInt(PRUNE_STEP)) return deleted;
    }
  }

  #itemsOf(scope: string, id: string) {
    return this.#read
      .selectFrom('conversation_items')
      .select(['id', 'data'])
      .where('scope', '=', scope)
      .where('conversation_id', '=', id);
  }

  /** Deletes what was not used for longest if a scope has more bytes. */
  async #deleteOldest(scope: string, most: number): Promise<void> {
    await sql`delete from conversations where scope = ${scope} and id in
      (select id from (select id, sum(size) over (order by used_at desc, id) as newer from
        (select id, used_at, bytes + coalesce((select sum(item.bytes) from conversation_items as item
          where item.scope = conversations.scope and item.conversation_id = conversations.id), 0) as size
        from conversations where scope = ${scope}) as measured) as sizes where newer > ${most})`.execute(this.#write);
  }
}

function sizeOf(items: readonly StoredItem[]): number {
  return items.reduce((sum, { data }) => sum + countedBytes(data), 0);
}
