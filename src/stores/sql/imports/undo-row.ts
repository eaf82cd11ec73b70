/** Takes back what an import did with one row that is not an object. */
import { sql } from 'kysely';
import { MOVED_KINDS, type MovedRow } from '../../contracts/moved.ts';
import type { SqlConnection } from '../connection.ts';
import { type DirectoryTransaction, withoutTables } from '../directory/writing.ts';
import { rowOf, type StoredRow } from '../ledger/columns.ts';
import { deleteTags } from '../ledger/write-rows.ts';
import { addToSums, resetOf, restoreReset } from './moved-sums.ts';
import type { RecordedRow } from './recorded-entry.ts';

/** Whether a recorded kind is one of rows, and not of objects. */
export function isRowKind(kind: string): kind is MovedRow['kind'] {
  return (MOVED_KINDS as readonly string[]).includes(kind);
}

/**
 * Takes it back; of a total only if no reset since has taken it off already. Whether it counted until then is the answer.
 */
export async function undoRow(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  { kind, id, data }: { readonly kind: MovedRow['kind']; readonly id: string; readonly data: RecordedRow },
  begunAtMs: number,
): Promise<boolean> {
  if (kind === 'change') await sql`delete from audit where id = ${id}`.execute(transaction);
  if (kind === 'attempt') await sql`delete from ledger_ids where attempt_id = ${id}`.execute(transaction);
  if (kind === 'ledger') await deleteRow(database, transaction, id);
  const { account = '', reset, costs, total, sums } = data;
  if (reset !== undefined) await restoreReset(transaction, account, reset);
  const isReset = account !== '' && ((await resetOf(transaction, account))?.at ?? 0) >= begunAtMs;
  const { total: _, ...rest } = data;
  await addToSums(database, transaction, [
    {
      ...(isReset || total === undefined ? rest : { ...rest, total: (-BigInt(total)).toString() }),
      ...(costs !== undefined && {
        costs: costs.map(([bucket, cost]) => [bucket, (-BigInt(cost)).toString()] as const),
      }),
      ...(sums !== undefined && { sums: sums.map((sum) => (-BigInt(sum)).toString()) }),
    },
  ]);
  return !isReset;
}

async function deleteRow(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  id: string,
): Promise<void> {
  const { rows } = await sql<StoredRow>`delete from ledger where attempt_id = ${id} returning *`.execute(transaction);
  const tags = rows.map(rowOf).flatMap(({ tags, startedAtMs }) => tags.map((tag) => [tag, startedAtMs, id]));
  if (tags.length > 0) await deleteTags(database, withoutTables(transaction), tags);
}
