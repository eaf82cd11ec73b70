/** Small values that outlive a restart. */
import { sql } from 'kysely';
import type { Directory } from '../../contracts/directory.ts';
import type { SqlConnection } from '../connection.ts';
import { retryConflicts } from '../sql-error.ts';
import { isStorable, refuseUnstorable } from './storable.ts';
import type { DirectoryTables } from './tables.ts';

type Notes = Pick<Directory, 'note' | 'noteOnce' | 'setNote' | 'pruneNotes'>;

/** How many notes are deleted at once, so that no write waits long. */
const PRUNE_STEP = 1_000;

/** The directory's methods on notes. Values are stored as JSON, which can hold any text in either database. */
export function notesOf(connection: SqlConnection): Notes {
  const read = connection.read.withTables<DirectoryTables>();
  const write = connection.write.withTables<DirectoryTables>();
  return {
    async note(name) {
      if (!isStorable(name)) return undefined;
      const row = await read.selectFrom('notes').select('value').where('name', '=', name).executeTakeFirst();
      return row === undefined ? undefined : (JSON.parse(row.value) as string);
    },

    async noteOnce(name, value) {
      refuseUnstorable('name', name);
      const insert = write
        .insertInto('notes')
        .values({ name, value: JSON.stringify(value) })
        .onConflict((conflict) => conflict.column('name').doNothing());
      const { numInsertedOrUpdatedRows } = await retryConflicts(() => insert.executeTakeFirst());
      return numInsertedOrUpdatedRows === 1n;
    },

    async setNote(name, value) {
      refuseUnstorable('name', name);
      const written = JSON.stringify(value);
      const upsert = write
        .insertInto('notes')
        .values({ name, value: written })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: written }));
      await retryConflicts(() => upsert.execute());
    },

    async pruneNotes(prefix, before) {
      const old = write
        .selectFrom('notes')
        .select('name')
        .where(sql`substr(name, 1, ${[...prefix].length})`, '=', prefix)
        .where('value', '<', JSON.stringify(before))
        .limit(PRUNE_STEP);
      for (let deleted = 0; ; ) {
        const { numDeletedRows } = await write.deleteFrom('notes').where('name', 'in', old).executeTakeFirst();
        deleted += Number(numDeletedRows);
        if (numDeletedRows < BigInt(PRUNE_STEP)) return deleted;
      }
    },
  };
}
