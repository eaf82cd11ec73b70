import { sql } from 'kysely';
import { defined } from '../../../core/defined.ts';
import type { ResponseOwner, ResponseStore, StoredResponse } from '../../contracts/responses.ts';
import type { SqlConnection } from '../connection.ts';
import { isStorable } from '../directory/storable.ts';
import { retryConflicts } from '../sql-error.ts';
import type { ResponseTable } from './response-table.ts';

/** How many responses are deleted at once, so that no write waits long. */
const PRUNE_STEP = 500;
/** The size of a scope is added up when this share of what it may have was written since. */
const LOOKED_AT_SHARE = 1 / 16;

/** Stored responses in either database. */
export class SqlResponses implements ResponseStore {
  readonly #read;
  readonly #write;
  /** Bytes that this process wrote since it last looked at the size of a scope. */
  readonly #written = new Map<string, number>();

  constructor(connection: SqlConnection) {
    this.#read = connection.read.withTables<ResponseTable>();
    this.#write = connection.write.withTables<ResponseTable>();
  }

  async put(owner: ResponseOwner, response: StoredResponse, mostBytesOfScope: number): Promise<void> {
    const { scope, keyHash, isStoredKey, userId = null, teamId = null } = owner;
    const { id, createdAtMs, expiresAtMs, runningUntilMs = null, data } = response;
    if (!isStorable(id) || !isStorable(scope)) return;
    const bytes = Buffer.byteLength(data);
    // One statement: a key that is deleted meanwhile leaves nothing behind.
    const isThere = isStoredKey ? sql`exists (select 1 from keys where id = ${keyHash})` : sql`1 = 1`;
    await retryConflicts(() =>
      sql`insert into responses
        (scope, id, created_at, expires_at, running_until, key_hash, user_id, team_id, bytes, data)
        select ${scope}, ${id}, cast(${createdAtMs} as bigint), cast(${expiresAtMs} as bigint),
          cast(${runningUntilMs} as bigint), ${keyHash}, cast(${userId} as text), cast(${teamId} as text),
          cast(${bytes} as bigint), ${data}
        where ${isThere}
        on conflict (scope, id) do update set created_at = excluded.created_at, expires_at = excluded.expires_at,
          running_until = excluded.running_until, bytes = excluded.bytes, data = excluded.data`.execute(this.#write),
    );
    await this.#limit(scope, bytes, mostBytesOfScope);
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

  async end(scope: string, id: string, data: string): Promise<boolean> {
    const update = this.#write
      .updateTable('responses')
      .set({ data, bytes: Buffer.byteLength(data), running_until: null })
      .where('scope', '=', scope)
      .where('id', '=', id)
      .where('running_until', 'is not', null);
    return (await retryConflicts(() => update.executeTakeFirst())).numUpdatedRows > 0n;
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

  /** Deletes the oldest responses of a scope if it has too many bytes. */
  async #limit(scope: string, bytes: number, most: number): Promise<void> {
    const written = (this.#written.get(scope) ?? most) + bytes;
    if (written < most * LOOKED_AT_SHARE) {
      this.#written.set(scope, written);
      return;
    }
    if (this.#written.size > MOST_SCOPES) this.#written.clear();
    this.#written.set(scope, 0);
    await sql`delete from responses where scope = ${scope} and running_until is null and id in
      (select id from (select id, sum(bytes) over (order by created_at desc, id) as newer
        from responses where scope = ${scope}) as sizes where newer > ${most})`.execute(this.#write);
  }
}

const MOST_SCOPES = 10_000;
