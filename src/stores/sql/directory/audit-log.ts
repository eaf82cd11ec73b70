/** Reads and prunes the audit log. Its entries are written in the transactions of their changes. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { JsonObject } from '../../../core/json.ts';
import type { AuditEntry, AuditSearch, Directory } from '../../contracts/directory.ts';
import type { SqlConnection } from '../connection.ts';
import { isOneOf } from './search.ts';
import { isStorable } from './storable.ts';
import type { DirectoryTables } from './tables.ts';
import { addAudit, type DirectoryWriter } from './writing.ts';

type AuditLog = Pick<Directory, 'audit' | 'countAudit' | 'auditEntry' | 'record' | 'pruneAudit'>;

/** How many entries are deleted at once, so that no write waits long. */
const PRUNE_STEP = 1_000;

/** The directory's methods on the audit log. */
export function auditLogOf(connection: SqlConnection, writer: DirectoryWriter): AuditLog {
  const read = connection.read.withTables<DirectoryTables>();

  const matching = ({ objectId, table, changedBy, action, fromMs, toMs }: AuditSearch) => {
    let query = read.selectFrom('audit');
    const texts = { object_id: objectId, object_table: table, changed_by: changedBy, action };
    const conditions: RawBuilder<SqlBool>[] = Object.entries(texts).flatMap(([column, text]) =>
      text === undefined ? [] : [isOneOf(connection.kind, column, [text])],
    );
    if (fromMs !== undefined) conditions.push(sql<SqlBool>`at >= ${fromMs}`);
    if (toMs !== undefined) conditions.push(sql<SqlBool>`at < ${toMs}`);
    for (const condition of conditions) query = query.where(condition);
    return query;
  };

  return {
    async audit(search, { limit, offset, sortBy, descending }) {
      const direction = descending === true ? 'desc' : 'asc';
      let query = matching(search).selectAll();
      if (sortBy !== 'id') query = query.orderBy('at', direction);
      const rows = await query.orderBy('id', direction).limit(limit).offset(offset).execute();
      return rows.map(entryOf);
    },

    async countAudit(search) {
      const row = await matching(search)
        .select((build) => build.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return row.count;
    },

    async auditEntry(id) {
      if (!isStorable(id)) return undefined;
      const row = await read.selectFrom('audit').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : entryOf(row);
    },

    async record(entry) {
      await writer.write(async (transaction) => {
        await addAudit(transaction, [entry]);
        return { result: undefined, changed: [] };
      });
    },

    async pruneAudit(beforeMs) {
      const write = connection.write.withTables<DirectoryTables>();
      let deleted = 0;
      for (;;) {
        const oldest = write.selectFrom('audit').select('id').where('at', '<', beforeMs).limit(PRUNE_STEP);
        const { numDeletedRows } = await write.deleteFrom('audit').where('id', 'in', oldest).executeTakeFirst();
        deleted += Number(numDeletedRows);
        if (numDeletedRows < BigInt(PRUNE_STEP)) return deleted;
      }
    },
  };
}

function entryOf(row: DirectoryTables['audit']): AuditEntry {
  const values = JSON.parse(row.data) as { readonly before?: JsonObject; readonly after?: JsonObject };
  return {
    id: row.id,
    atMs: row.at,
    changedBy: row.changed_by,
    keyHash: row.key_hash,
    action: row.action as AuditEntry['action'],
    table: row.object_table,
    objectId: row.object_id,
    ...values,
  };
}
