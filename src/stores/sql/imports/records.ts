/** The record of an import: what each run did in its order, and what the last run of a source knew. */
import type { DirectoryTransaction } from '../directory/writing.ts';
import { importsOf } from './import-tables.ts';

/** What a run did with one object or row. */
interface Recorded {
  readonly kind: string;
  readonly id: string;
  readonly data: object;
  /** What the source said, for the next run; undefined: nothing is compared. */
  readonly seen?: string;
}

/** Adds to the record of a run. */
export async function record(
  transaction: DirectoryTransaction,
  run: { readonly id: string; readonly source: string },
  done: readonly Recorded[],
): Promise<void> {
  const tables = importsOf(transaction);
  const last = await tables
    .selectFrom('import_entries')
    .select('position')
    .where('run_id', '=', run.id)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  const first = (last?.position ?? -1) + 1;
  await tables
    .insertInto('import_entries')
    .values(
      done.map(({ kind, id, data }, index) => ({
        ...{ run_id: run.id, position: first + index, kind, id },
        data: JSON.stringify(data),
      })),
    )
    .execute();
  const compared = done.flatMap(({ kind, id, seen }) =>
    seen === undefined ? [] : [{ source: run.source, kind, id, seen }],
  );
  if (compared.length === 0) return;
  await tables
    .insertInto('imported')
    .values(compared)
    .onConflict((conflict) =>
      conflict.columns(['source', 'kind', 'id']).doUpdateSet((row) => ({ seen: row.ref('excluded.seen') })),
    )
    .execute();
}
