/** Objects of every kind: read, searched and written. */
import type { AuditEntry, AuditOfFollower, Directory, Key, Kinds, Search } from '../../contracts/directory.ts';
import { decodeObject } from '../../contracts/object-text.ts';
import type { SqlConnection } from '../connection.ts';
import { moveResponses } from '../responses/response-table.ts';
import { deleteObjects } from './delete-objects.ts';
import { fieldOf, KINDS, type KindOfObject, rowOf } from './kinds.ts';
import { conditionsOf, isOneOf, orderOf } from './search.ts';
import { isStorable } from './storable.ts';
import type { AnyObjectRow, AnyObjectTables, DirectoryTables, ObjectRow } from './tables.ts';
import { addAudit, type DirectoryTransaction, type DirectoryWriter, refusingTaken } from './writing.ts';

type Objects = Pick<
  Directory,
  'get' | 'getMany' | 'findKey' | 'list' | 'count' | 'create' | 'update' | 'rotateKey' | 'delete' | 'keysToRotate'
>;

/** An object of a kind that is known at run time only. */
type AnyObject = Kinds[keyof Kinds];

const readRow = <Kind extends keyof Kinds>({ data }: Pick<ObjectRow, 'data'>): Kinds[Kind] =>
  decodeObject<Kinds[Kind]>(data);

/** A kind, for code that does not depend on which kind it is. */
const anyKind = (kind: keyof Kinds): KindOfObject<AnyObject> => KINDS[kind] as KindOfObject<AnyObject>;

/** Runs a write of an object; a value that is taken becomes a ConflictError that names the object's field. */
const refusingTakenIn = (kind: keyof Kinds, statement: () => Promise<unknown>): Promise<unknown> =>
  refusingTaken(kind, (column) => fieldOf(anyKind(kind), column), statement);

/** The directory's methods on objects. */
export function objectsOf(connection: SqlConnection, writer: DirectoryWriter): Objects {
  const read = connection.read.withTables<AnyObjectTables>();
  const keys = connection.read.withTables<DirectoryTables>();
  const database = connection.kind;

  const matching = (kind: keyof Kinds, search: Search) => {
    let query = read.selectFrom(anyKind(kind).table);
    for (const condition of conditionsOf(database, anyKind(kind), search)) query = query.where(condition);
    return query;
  };

  /** Reads an object so that no other transaction changes it before this one ends. */
  const lock = async (
    transaction: DirectoryTransaction,
    kind: keyof Kinds,
    id: string,
  ): Promise<AnyObject | undefined> => {
    if (!isStorable(id)) return undefined;
    const query = transaction
      .withTables<AnyObjectTables>()
      .selectFrom(anyKind(kind).table)
      .select('data')
      .where('id', '=', id);
    const row = await (database === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
    return row === undefined ? undefined : readRow(row);
  };

  const replace = async (
    transaction: DirectoryTransaction,
    kind: keyof Kinds,
    id: string,
    value: AnyObject,
  ): Promise<void> => {
    const how = anyKind(kind);
    const tables = transaction.withTables<AnyObjectTables>();
    await refusingTakenIn(kind, () =>
      tables.updateTable(how.table).set(rowOf(how, value)).where('id', '=', id).execute(),
    );
  };

  return {
    async get(kind, id) {
      if (!isStorable(id)) return undefined;
      const row = await read.selectFrom(anyKind(kind).table).select('data').where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : readRow(row);
    },

    async getMany(kind, ids) {
      if (ids.length === 0) return [];
      const rows = await read
        .selectFrom(anyKind(kind).table)
        .select('data')
        .where(isOneOf(database, 'id', ids))
        .execute();
      return rows.map((row) => readRow(row));
    },

    async findKey(hash, nowMs) {
      if (!isStorable(hash)) return undefined;
      const row = await keys.selectFrom('keys').select('data').where('id', '=', hash).executeTakeFirst();
      if (row !== undefined) return readRow<'key'>(row);
      const rotated = await keys
        .selectFrom('keys')
        .select('data')
        .where('previous_hash', '=', hash)
        .where('previous_until', '>', nowMs)
        .executeTakeFirst();
      return rotated === undefined ? undefined : readRow<'key'>(rotated);
    },

    async list(kind, search, options) {
      const rows = await matching(kind, search)
        .select('data')
        .orderBy(orderOf(database, anyKind(kind), options))
        .limit(options.limit)
        .offset(options.offset)
        .execute();
      return rows.map((row) => readRow(row));
    },

    async count(kind, search) {
      const row = await matching(kind, search)
        .select((build) => build.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return row.count;
    },

    async create(kind, value, audit) {
      const how = anyKind(kind);
      const row = rowOf(how, value as AnyObject);
      await writer.write(async (transaction) => {
        const tables = transaction.withTables<AnyObjectTables>();
        await refusingTakenIn(kind, () =>
          tables
            .insertInto(how.table)
            .values(row as AnyObjectRow)
            .execute(),
        );
        await addAudit(transaction, [audit]);
        return { result: undefined, changed: [{ kind, id: row.id }] };
      });
    },

    async update<Kind extends keyof Kinds>(
      kind: Kind,
      id: string,
      change: (value: Kinds[Kind]) => Kinds[Kind],
      audit: (before: Kinds[Kind], after: Kinds[Kind]) => AuditEntry,
    ) {
      return writer.write<Kinds[Kind] | undefined>(async (transaction) => {
        const before = (await lock(transaction, kind, id)) as Kinds[Kind] | undefined;
        if (before === undefined) return { result: undefined, changed: [] };
        const after = change(before);
        if (anyKind(kind).id(after as AnyObject) !== id) throw new Error(`The id of a ${kind} cannot be changed`);
        await replace(transaction, kind, id, after as AnyObject);
        await addAudit(transaction, [audit(before, after)]);
        return { result: after, changed: [{ kind, id }] };
      });
    },

    async rotateKey(hash, change, audit) {
      return writer.write<Key | undefined>(async (transaction) => {
        const before = (await lock(transaction, 'key', hash)) as Key | undefined;
        if (before === undefined) return { result: undefined, changed: [] };
        const after = change(before);
        await replace(transaction, 'key', hash, after);
        if (after.hash !== hash) await moveResponses(transaction, hash, after.hash);
        await addAudit(transaction, [audit(before, after)]);
        const hashes = [...new Set([hash, after.hash])];
        return { result: after, changed: hashes.map((id) => ({ kind: 'key', id })) };
      });
    },

    async delete<Kind extends keyof Kinds>(
      kind: Kind,
      ids: readonly string[],
      audit: (value: Kinds[Kind]) => AuditEntry,
      auditOfFollower?: AuditOfFollower,
    ) {
      return writer.write<Kinds[Kind][]>((transaction) =>
        deleteObjects(database, transaction, kind, ids, audit, auditOfFollower),
      );
    },

    async keysToRotate(nowMs, limit) {
      const rows = await keys
        .selectFrom('keys')
        .select('data')
        .where('rotate_at', '<=', nowMs)
        .orderBy('rotate_at')
        .limit(limit)
        .execute();
      return rows.map((row) => readRow<'key'>(row));
    },
  };
}
