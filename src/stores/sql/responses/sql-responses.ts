import { sql, type Transaction } from 'kysely';
import { defined } from '../../../core/defined.ts';
import type {
  EventRange,
  EventsPage,
  ResponseOwner,
  ResponseStore,
  StoredEvents,
  StoredResponse,
  WithResponse,
} from '../../contracts/responses.ts';
import type { SqlConnection } from '../connection.ts';
import { isStorable } from '../directory/storable.ts';
import { retryConflicts } from '../sql-error.ts';
import { addItems, holdKey } from './add-items.ts';
import type { ConversationTables } from './conversation-table.ts';
import type { ResponseTable } from './response-table.ts';
import { ScopeLimit } from './scope-limit.ts';

/** How many responses are deleted at once, so that no write waits long. */
const PRUNE_STEP = 500;
/** Ids in one statement. */
const IDS_AT_ONCE = 500;

type Tables = ResponseTable & ConversationTables;

/** Stored responses in either database. */
export class SqlResponses implements ResponseStore {
  readonly #kind: SqlConnection['kind'];
  readonly #read;
  readonly #write;
  readonly #limit: ScopeLimit;

  constructor({ kind, read, write }: SqlConnection) {
    this.#kind = kind;
    this.#read = read.withTables<Tables>();
    this.#write = write.withTables<Tables>();
    this.#limit = new ScopeLimit((scope, most) => this.#deleteOldest(scope, most));
  }

  async put(
    owner: ResponseOwner,
    response: StoredResponse,
    mostBytesOfScope: number,
    more: WithResponse = NOTHING_MORE,
  ): Promise<void> {
    const { scope } = owner;
    if (!isStorable(response.id) || !isStorable(scope)) return;
    const bytes = Buffer.byteLength(response.data);
    await retryConflicts(() =>
      this.#write.transaction().execute(async (transaction) => {
        if (!(await holdKey(this.#kind, transaction, owner))) return;
        await insert(transaction, owner, response, bytes + bytesOf(more));
        await this.#putMore(transaction, owner, response.id, more);
      }),
    );
    await this.#limit.written(scope, bytes, mostBytesOfScope);
  }

  async get(scope: string, id: string, nowMs: number): Promise<StoredResponse | undefined> {
    if (!isStorable(id)) return undefined;
    const row = await this.#read
      .selectFrom('responses')
      .select(['created_at', 'expires_at', 'running_until', 'data'])
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('expires_at', '>', nowMs)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const runningUntilMs = row.running_until === null ? undefined : Number(row.running_until);
    return {
      id,
      createdAtMs: Number(row.created_at),
      expiresAtMs: Number(row.expires_at),
      ...defined({ runningUntilMs }),
      data: row.data,
    };
  }

  async end(owner: ResponseOwner, id: string, data: string, more: WithResponse = NOTHING_MORE): Promise<boolean> {
    return await retryConflicts(() =>
      this.#write.transaction().execute(async (transaction) => {
        // Its events stay counted, the data before do not.
        const length = this.#kind === 'postgres' ? sql`octet_length(data)` : sql`length(cast(data as blob))`;
        const { numUpdatedRows } = await transaction
          .updateTable('responses')
          .set({
            data,
            bytes: sql<number>`bytes - ${length} + cast(${Buffer.byteLength(data) + bytesOf(more)} as bigint)`,
            running_until: null,
          })
          .where('scope', '=', owner.scope)
          .where('id', '=', id)
          .where('running_until', 'is not', null)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await this.#putMore(transaction, owner, id, more);
        return true;
      }),
    );
  }

  async renew(scope: string, id: string, untilMs: number): Promise<boolean> {
    const update = this.#write
      .updateTable('responses')
      .set({ running_until: untilMs })
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('running_until', 'is not', null);
    return (await retryConflicts(() => update.executeTakeFirst())).numUpdatedRows > 0n;
  }

  async delete(scope: string, id: string, nowMs: number): Promise<boolean> {
    if (!isStorable(id)) return false;
    const deletion = this.#write
      .deleteFrom('responses')
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('expires_at', '>', nowMs);
    return (await retryConflicts(() => deletion.executeTakeFirst())).numDeletedRows > 0n;
  }

  async prune(nowMs: number): Promise<number> {
    for (let deleted = 0; ; ) {
      const { numAffectedRows = 0n } = await sql`delete from responses where (scope, id) in
        (select scope, id from responses where expires_at <= ${nowMs} limit ${PRUNE_STEP})`.execute(this.#write);
      deleted += Number(numAffectedRows);
      if (numAffectedRows < BigInt(PRUNE_STEP)) return deleted;
    }
  }

  async putEvents(scope: string, id: string, events: StoredEvents, mostBytesOfScope: number): Promise<boolean> {
    const bytes = Buffer.byteLength(events.data);
    const isRunning = await retryConflicts(() =>
      this.#write.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('responses')
          .set(({ eb }) => ({ bytes: eb('bytes', '+', bytes) }))
          .where('scope', '=', scope)
          .where('id', '=', id)
          .where('running_until', 'is not', null)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await insertEvents(transaction, scope, id, events);
        return true;
      }),
    );
    if (isRunning) await this.#limit.written(scope, bytes, mostBytesOfScope);
    return isRunning;
  }

  async events(scope: string, id: string, { from, mostBatches, nowMs }: EventRange): Promise<EventsPage | undefined> {
    if (!isStorable(id)) return undefined;
    // Whether more may come is read before what has come: what ended meanwhile is then read to its end by the next page.
    const response = await this.#read
      .selectFrom('responses')
      .select('running_until')
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('expires_at', '>', nowMs)
      .executeTakeFirst();
    if (response === undefined) return undefined;
    const runningUntilMs = response.running_until === null ? undefined : Number(response.running_until);
    const batches = () =>
      this.#read.selectFrom('response_events').where('scope', '=', scope).where('response_id', '=', id);
    const { start = 0 } =
      (await batches()
        .where('first', '<=', from)
        .select(({ fn }) => fn.max<number | null>('first').as('start'))
        .executeTakeFirst()) ?? {};
    const rows = await batches()
      .where('first', '>=', Number(start ?? 0))
      .select(['first', 'data'])
      .orderBy('first')
      .limit(mostBatches)
      .execute();
    return {
      batches: rows.map(({ first, data }) => ({ first: Number(first), data })),
      ...defined({ runningUntilMs }),
    };
  }

  async holdersOf(scope: string, itemIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, string>> {
    const known = itemIds.filter(isStorable);
    const found = new Map<string, string>();
    for (let start = 0; start < known.length; start += IDS_AT_ONCE) {
      const rows = await this.#read
        .selectFrom('response_items as item')
        .innerJoin('responses as response', (join) =>
          join.onRef('response.scope', '=', 'item.scope').onRef('response.id', '=', 'item.response_id'),
        )
        .select(['item.id', 'item.response_id'])
        .where('item.scope', '=', scope)
        .where('item.id', 'in', known.slice(start, start + IDS_AT_ONCE))
        .where('response.expires_at', '>', nowMs)
        .orderBy('response.created_at')
        .execute();
      for (const { id, response_id } of rows) found.set(id, response_id);
    }
    return found;
  }

  async #putMore(
    transaction: Transaction<Tables>,
    owner: ResponseOwner,
    id: string,
    { itemIds = [], addition, events }: WithResponse,
  ): Promise<void> {
    const { scope } = owner;
    if (events !== undefined) await insertEvents(transaction, scope, id, events);
    const ids = [...new Set(itemIds.filter(isStorable))];
    for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
      const rows = ids.slice(start, start + IDS_AT_ONCE).map((item) => ({ scope, id: item, response_id: id }));
      await transaction
        .insertInto('response_items')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    if (addition !== undefined)
      await addItems(transaction as unknown as Transaction<ConversationTables>, owner, addition);
  }

  /** Deletes the oldest responses of a scope if it has more bytes. */
  async #deleteOldest(scope: string, most: number): Promise<void> {
    await sql`delete from responses where scope = ${scope} and running_until is null and id in
      (select id from (select id, sum(bytes) over (order by created_at desc, id) as newer
        from responses where scope = ${scope}) as sizes where newer > ${most})`.execute(this.#write);
  }
}

const NOTHING_MORE: WithResponse = {};

function bytesOf({ events }: WithResponse): number {
  return events === undefined ? 0 : Buffer.byteLength(events.data);
}

async function insertEvents(
  transaction: Transaction<Tables>,
  scope: string,
  id: string,
  { first, data }: StoredEvents,
): Promise<void> {
  await transaction.insertInto('response_events').values({ scope, response_id: id, first, data }).execute();
}

async function insert(
  transaction: Transaction<Tables>,
  { scope, keyHash, userId, teamId }: ResponseOwner,
  { id, createdAtMs, expiresAtMs, runningUntilMs, data }: StoredResponse,
  bytes: number,
): Promise<void> {
  const changing = {
    created_at: createdAtMs,
    expires_at: expiresAtMs,
    running_until: runningUntilMs ?? null,
    bytes,
    data,
  };
  await transaction
    .insertInto('responses')
    .values({ scope, id, key_hash: keyHash, user_id: userId ?? null, team_id: teamId ?? null, ...changing })
    .onConflict((conflict) => conflict.columns(['scope', 'id']).doUpdateSet(changing))
    .execute();
}
