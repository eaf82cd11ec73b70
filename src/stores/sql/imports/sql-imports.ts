import { sql } from 'kysely';
import type { ImportedKinds } from '../../contracts/imported-kinds.ts';
import type { ImportedSpend, ImportItem, ImportRun, Imports, TakenNames, UndoneStep } from '../../contracts/imports.ts';
import type { MovedChange, MovedRow, MovedSums } from '../../contracts/moved.ts';
import type { SqlConnection } from '../connection.ts';
import { KINDS } from '../directory/kinds.ts';
import { isOneOf } from '../directory/search.ts';
import { isStorable } from '../directory/storable.ts';
import type { AnyObjectTables, DirectoryTables } from '../directory/tables.ts';
import { DirectoryWriter, type OnChanged } from '../directory/writing.ts';
import { sumsOfAll } from '../exports/sums-of-all.ts';
import { addItems } from './add-items.ts';
import { addRows } from './add-rows.ts';
import { endsOf, type ImportTables, memberId } from './import-tables.ts';
import { changesAmong } from './moved-changes.ts';
import { entriesToUndo, spentBy, undoStep } from './undo-step.ts';

/** Imports in a migrated SQL database. */
export class SqlImports implements Imports {
  readonly #connection: SqlConnection;
  readonly #writer: DirectoryWriter;

  constructor(connection: SqlConnection, onChanged: OnChanged = () => undefined) {
    this.#connection = connection;
    this.#writer = new DirectoryWriter(connection, onChanged);
  }

  async begin({ id, source, begunAtMs }: ImportRun): Promise<void> {
    const row = { id, source, begun_at: Math.round(begunAtMs), ended_at: null };
    await this.#connection.write.withTables<ImportTables>().insertInto('import_runs').values(row).execute();
  }

  async end(runId: string, atMs: number): Promise<void> {
    const tables = this.#connection.write.withTables<ImportTables>();
    await tables
      .updateTable('import_runs')
      .set({ ended_at: Math.round(atMs) })
      .where('id', '=', runId)
      .execute();
  }

  async runs(): Promise<ImportRun[]> {
    const tables = this.#connection.read.withTables<ImportTables>();
    const rows = await tables.selectFrom('import_runs').selectAll().orderBy('begun_at', 'desc').orderBy('id').execute();
    return rows.map(({ id, source, begun_at, ended_at }) => ({
      ...{ id, source, begunAtMs: begun_at },
      ...(ended_at !== null && { endedAtMs: ended_at }),
    }));
  }

  async seen(source: string, kind: keyof ImportedKinds, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#connection.read
      .withTables<ImportTables>()
      .selectFrom('imported')
      .select(['id', 'seen'])
      .where('source', '=', source)
      .where('kind', '=', kind)
      .where(isOneOf(this.#connection.kind, 'id', ids.filter(isStorable)))
      .execute();
    return new Map(rows.map(({ id, seen }) => [id, seen]));
  }

  async taken(kind: keyof ImportedKinds, ids: readonly string[], names: readonly string[]): Promise<TakenNames> {
    const storable = ids.filter(isStorable);
    if (kind === 'team_member' || kind === 'organization_member') return this.#takenMembers(kind, storable);
    const { kind: database, read } = this.#connection;
    const objects = read.withTables<AnyObjectTables>();
    const found = await objects
      .selectFrom(KINDS[kind].table)
      .select('id')
      .where(isOneOf(database, 'id', storable))
      .execute();
    const column = kind === 'key' ? 'alias' : 'email';
    if (names.length === 0 || (kind !== 'key' && kind !== 'user'))
      return { ids: new Set(found.map(({ id }) => id)), names: new Map() };
    const named = await objects
      .selectFrom(KINDS[kind].table)
      .select(['id', column])
      .where(isOneOf(database, column, names.filter(isStorable)))
      .execute();
    return {
      ids: new Set(found.map(({ id }) => id)),
      names: new Map(named.map((row) => [String(Reflect.get(row, column)), row.id])),
    };
  }

  async #takenMembers(kind: 'team_member' | 'organization_member', ids: readonly string[]): Promise<TakenNames> {
    const { kind: database, read } = this.#connection;
    const tables = read.withTables<DirectoryTables>();
    const users = [...new Set(ids.map((id) => endsOf(id).userId))];
    const rows =
      kind === 'team_member'
        ? await tables
            .selectFrom('team_members')
            .select(['team_id as group_id', 'user_id'])
            .where(isOneOf(database, 'user_id', users))
            .execute()
        : await tables
            .selectFrom('organization_members')
            .select(['organization_id as group_id', 'user_id'])
            .where(isOneOf(database, 'user_id', users))
            .execute();
    return { ids: new Set(rows.map(({ group_id, user_id }) => memberId(group_id, user_id))), names: new Map() };
  }

  async add(run: Pick<ImportRun, 'id' | 'source'>, items: readonly ImportItem[]): Promise<void> {
    if (items.length === 0) return;
    await this.#writer.write(async (transaction) => {
      // What the run recorded must not be lost with a server that is set to commit asynchronously.
      if (this.#connection.kind === 'postgres') await sql`set local synchronous_commit = on`.execute(transaction);
      return { result: undefined, changed: await addItems(this.#connection.kind, transaction, run, items) };
    });
  }

  changesOf(source: string, rows: readonly MovedRow[]): Promise<readonly MovedChange[]> {
    return changesAmong(this.#connection, source, rows);
  }

  async addRows(run: Pick<ImportRun, 'id' | 'source'>, changes: readonly MovedChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#writer.write(async (transaction) => {
      if (this.#connection.kind === 'postgres') await sql`set local synchronous_commit = on`.execute(transaction);
      await addRows(this.#connection.kind, transaction, run, changes);
      return { result: undefined, changed: [] };
    });
  }

  sums(): Promise<MovedSums> {
    return sumsOfAll(this.#connection.read);
  }

  async nextToUndo(runId: string): Promise<readonly ImportedSpend[]> {
    return await this.#writer.write(async (transaction) => {
      const entries = await entriesToUndo(transaction, runId);
      return { result: entries.flatMap(spentBy), changed: [] };
    });
  }

  async undo(run: Pick<ImportRun, 'id' | 'source'>, nowMs: number): Promise<UndoneStep> {
    return await this.#writer.write((transaction) => undoStep(this.#connection.kind, transaction, run, nowMs));
  }
}
