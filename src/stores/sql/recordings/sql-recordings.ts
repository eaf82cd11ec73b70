import { sql } from 'kysely';
import type { Recording, RecordingOwner, RecordingStore } from '../../contracts/recordings.ts';
import type { SqlConnection } from '../connection.ts';
import { retryConflicts } from '../sql-error.ts';
import { OWNERS, type RecordingTable } from './recording-table.ts';

/** How many are deleted in one step; between two steps others write. */
const AT_ONCE = 500;

/** Recordings in a migrated SQL database. */
export class SqlRecordings implements RecordingStore {
  readonly #connection: SqlConnection;

  constructor(connection: SqlConnection) {
    this.#connection = connection;
  }

  async add(recordings: readonly Recording[]): Promise<void> {
    if (recordings.length === 0) return;
    const rows = recordings.map(({ callId, startedAtMs, keyHash, userId, teamId, organizationId, sealed }) => ({
      ...{ call_id: callId, started_at: startedAtMs, key_hash: keyHash, user_id: userId ?? null },
      ...{ team_id: teamId ?? null, organization_id: organizationId ?? null, bytes: sealed.length, sealed },
    }));
    const tables = this.#connection.write.withTables<RecordingTable>();
    await retryConflicts(() =>
      tables
        .insertInto('recordings')
        .values(rows)
        .onConflict((conflict) => conflict.column('call_id').doNothing())
        .execute(),
    );
  }

  async isEmpty(): Promise<boolean> {
    const tables = this.#connection.read.withTables<RecordingTable>();
    return (await tables.selectFrom('recordings').select('call_id').limit(1).executeTakeFirst()) === undefined;
  }

  async get(callId: string): Promise<Recording | undefined> {
    const tables = this.#connection.read.withTables<RecordingTable>();
    const row = await tables.selectFrom('recordings').selectAll().where('call_id', '=', callId).executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      ...{ callId: row.call_id, startedAtMs: row.started_at, keyHash: row.key_hash, sealed: row.sealed },
      ...{ userId: row.user_id ?? undefined, teamId: row.team_id ?? undefined },
      organizationId: row.organization_id ?? undefined,
    };
  }

  async erase(owner: RecordingOwner, id: string): Promise<void> {
    const tables = this.#connection.write.withTables<RecordingTable>();
    await retryConflicts(() => tables.deleteFrom('recordings').where(OWNERS[owner], '=', id).execute());
  }

  async prune(beforeMs: number, mostBytes: number): Promise<number> {
    let pruned = 0;
    for (;;) {
      const step = await this.#step(beforeMs);
      pruned += step;
      if (step < AT_ONCE) break;
    }
    for (let over = (await this.#bytes()) - mostBytes; over > 0; over = (await this.#bytes()) - mostBytes) {
      const step = await this.#dropOldest(over);
      pruned += step;
      if (step === 0) break;
    }
    return pruned;
  }

  async #bytes(): Promise<number> {
    const { rows } = await sql<{ bytes: number | null }>`
      select cast(sum(bytes) as bigint) as bytes from recordings`.execute(this.#connection.read);
    return rows[0]?.bytes ?? 0;
  }

  async #step(beforeMs: number): Promise<number> {
    const { rows } = await sql`
      delete from recordings where call_id in (
        select call_id from recordings where started_at < ${beforeMs} order by started_at limit ${AT_ONCE})
      returning call_id`.execute(this.#connection.write);
    return rows.length;
  }

  /** The oldest ones, not many more than what is over. */
  async #dropOldest(over: number): Promise<number> {
    const { rows } = await sql<{ call_id: string; bytes: number }>`
      select call_id, bytes from recordings order by started_at, call_id limit ${AT_ONCE}`.execute(
      this.#connection.read,
    );
    const ids: string[] = [];
    let left = over;
    for (const { call_id, bytes } of rows) {
      if (left <= 0) break;
      ids.push(call_id);
      left -= bytes;
    }
    if (ids.length === 0) return 0;
    const tables = this.#connection.write.withTables<RecordingTable>();
    await tables.deleteFrom('recordings').where('call_id', 'in', ids).execute();
    return ids.length;
  }
}
