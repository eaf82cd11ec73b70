/** Undoes what an import did, a part at a time, the last first. */
import { randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Changed, Kinds, StoredModel } from '../../contracts/directory.ts';
import type { ImportedKinds } from '../../contracts/imported-kinds.ts';
import type { ImportedSpend, ImportRun, KeptObject, UndoneStep } from '../../contracts/imports.ts';
import { decodeObject } from '../../contracts/object-text.ts';
import type { SqlConnection } from '../connection.ts';
import { deleteObjects } from '../directory/delete-objects.ts';
import { KINDS } from '../directory/kinds.ts';
import { isOneOf } from '../directory/search.ts';
import type { AnyObjectTables } from '../directory/tables.ts';
import type { DirectoryTransaction, Written } from '../directory/writing.ts';
import { addSpend, changesOf } from './add-items.ts';
import { endsOf, type ImportTables, importsOf } from './import-tables.ts';
import type { RecordedEntry, RecordedRow } from './recorded-entry.ts';
import { isRowKind, undoRow } from './undo-row.ts';

const AT_ONCE = 200;

/** Tables whose rows name an object of a kind, and by which column. */
const USES: Readonly<Partial<Record<keyof ImportedKinds, readonly (readonly [table: string, column: string])[]>>> = {
  organization: [
    ['teams', 'organization_id'],
    ['keys', 'organization_id'],
    ['organization_members', 'organization_id'],
  ],
  team: [
    ['keys', 'team_id'],
    ['team_members', 'team_id'],
  ],
  user: [
    ['keys', 'user_id'],
    ['team_members', 'user_id'],
    ['organization_members', 'user_id'],
  ],
  budget: (
    ['keys', 'teams', 'users', 'organizations', 'customers', 'tags', 'team_members', 'organization_members'] as const
  ).map((table) => [table, 'budget_id'] as const),
};

/** What a run recorded and the next step undoes, the last first. */
export async function entriesToUndo(
  transaction: DirectoryTransaction,
  runId: string,
): Promise<readonly Selectable<ImportTables['import_entries']>[]> {
  return await importsOf(transaction)
    .selectFrom('import_entries')
    .selectAll()
    .where('run_id', '=', runId)
    .orderBy('position', 'desc')
    .limit(AT_ONCE)
    .execute();
}

/** What a recorded entry counted as spent. */
export function spentBy({ kind, data }: { readonly kind: string; readonly data: string }): readonly ImportedSpend[] {
  if (isRowKind(kind)) {
    const { account = '', costs = [] } = JSON.parse(data) as RecordedRow;
    return costs.map(([atMs, cost]) => ({ account, atMs, cost: BigInt(cost) }));
  }
  const { spent = [] } = JSON.parse(data) as RecordedEntry;
  return spent.map(([account, atMs, cost]) => ({ account, atMs, cost: BigInt(cost) }));
}

/** One part; what is left is begun again by the next call, after an interruption too. */
export async function undoStep(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  run: Pick<ImportRun, 'id' | 'source'>,
  nowMs: number,
): Promise<Written<UndoneStep>> {
  const tables = importsOf(transaction);
  const rows = await entriesToUndo(transaction, run.id);
  if (rows.length === 0) {
    await tables.deleteFrom('import_runs').where('id', '=', run.id).execute();
    return { result: { removed: [], kept: [], takenBack: [], isMore: false }, changed: [] };
  }
  const begun = await tables
    .selectFrom('import_runs')
    .select('begun_at')
    .where('id', '=', run.id)
    .executeTakeFirstOrThrow();
  const step = { removed: [] as KeptObject[], kept: [] as KeptObject[], changed: [] as Changed[] };
  const takenBack: ImportedSpend[] = [];
  for (const row of rows) {
    if (isRowKind(row.kind)) {
      const data = JSON.parse(row.data) as RecordedRow;
      const counted = await undoRow(database, transaction, { kind: row.kind, id: row.id, data }, begun.begun_at);
      if (counted) takenBack.push(...spentBy(row));
      await restoreSeen(transaction, run.source, row.kind, row.id, data);
      continue;
    }
    const kind = row.kind as keyof ImportedKinds;
    const entry = JSON.parse(row.data) as RecordedEntry;
    const why = entry.made === undefined ? undefined : await remove(database, transaction, kind, row.id, entry, nowMs);
    if (why !== undefined && why !== 'removed') step.kept.push({ kind, id: row.id, why });
    else if (why === 'removed') step.removed.push({ kind, id: row.id, why: 'changed' });
    // What stays here goes on with the spend that it came with.
    if (why === undefined || why === 'removed') {
      takenBack.push(...(await takeBack(database, transaction, entry, begun.begun_at)));
    }
    await restoreSeen(transaction, run.source, kind, row.id, entry);
    step.changed.push(...changesOf({ kind, id: row.id }));
  }
  const first = rows.at(-1)?.position ?? 0;
  await tables.deleteFrom('import_entries').where('run_id', '=', run.id).where('position', '>=', first).execute();
  const removed = step.removed.map(({ kind, id }) => ({ kind, id }));
  return { result: { removed, kept: step.kept, takenBack, isMore: true }, changed: step.changed };
}

/** Removes an object that is still as the import made it; undefined if it is gone already. */
async function remove(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  kind: keyof ImportedKinds,
  id: string,
  { made }: RecordedEntry,
  nowMs: number,
): Promise<'removed' | KeptObject['why'] | undefined> {
  if (kind === 'team_member' || kind === 'organization_member') return removeMember(transaction, kind, id, made);
  const found = await transaction
    .withTables<AnyObjectTables>()
    .selectFrom(KINDS[kind].table)
    .select('updated_at')
    .where('id', '=', id)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  if (found.updated_at !== made) return 'changed';
  for (const [table, column] of USES[kind] ?? []) {
    const { rows } = await sql`select 1 from ${sql.table(table)}
      where ${isOneOf(database, column, [id])} limit 1`.execute(transaction);
    if (rows.length > 0) return 'in use';
  }
  if (kind === 'credential' && (await isNamedByModel(transaction, id))) return 'in use';
  await deleteObjects(database, transaction, kind, [id], () => ({
    id: randomUUID(),
    atMs: nowMs,
    changedBy: 'an import that was undone',
    keyHash: '',
    action: 'deleted',
    table: KINDS[kind as keyof Kinds].table,
    objectId: id,
  }));
  return 'removed';
}

/** A model that lost its credential would not be served. Its name stands in no column of its own. */
async function isNamedByModel(transaction: DirectoryTransaction, name: string): Promise<boolean> {
  const rows = await transaction
    .withTables<AnyObjectTables>()
    .selectFrom(KINDS.model.table)
    .select('data')
    .where('data', 'like', '%litellm_credential_name%')
    .execute();
  return rows.some(({ data }) => decodeObject<StoredModel>(data).litellmParams.litellm_credential_name === name);
}

async function removeMember(
  transaction: DirectoryTransaction,
  kind: 'team_member' | 'organization_member',
  id: string,
  made: RecordedEntry['made'],
): Promise<'removed' | 'changed' | undefined> {
  const { groupId, userId } = endsOf(id);
  if (kind === 'team_member') {
    const query = transaction.selectFrom('team_members').select('data');
    const found = await query.where('team_id', '=', groupId).where('user_id', '=', userId).executeTakeFirst();
    if (found?.data !== made) return found === undefined ? undefined : 'changed';
    await transaction.deleteFrom('team_members').where('team_id', '=', groupId).where('user_id', '=', userId).execute();
    return 'removed';
  }
  const query = transaction.selectFrom('organization_members').select('data');
  const found = await query.where('organization_id', '=', groupId).where('user_id', '=', userId).executeTakeFirst();
  if (found?.data !== made) return found === undefined ? undefined : 'changed';
  await transaction
    .deleteFrom('organization_members')
    .where('organization_id', '=', groupId)
    .where('user_id', '=', userId)
    .execute();
  return 'removed';
}

/** Takes imported spend off again. A reset since then has already taken it off what counts in all: what counted until now is the answer. */
async function takeBack(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  { spent = [] }: RecordedEntry,
  begunAtMs: number,
): Promise<readonly ImportedSpend[]> {
  const counted: ImportedSpend[] = [];
  for (const [account, atMs, cost] of spent) {
    const reset = await importsOf(transaction)
      .selectFrom('account_resets')
      .select('at')
      .where('account', '=', account)
      .executeTakeFirst();
    const inTotal = reset === undefined || reset.at < begunAtMs;
    await addSpend(database, transaction, [{ account, atMs, cost: -BigInt(cost) }], { inTotal });
    if (inTotal) counted.push({ account, atMs, cost: BigInt(cost) });
  }
  return counted;
}

async function restoreSeen(
  transaction: DirectoryTransaction,
  source: string,
  kind: string,
  id: string,
  { seenBefore }: Pick<RecordedEntry, 'seenBefore'>,
): Promise<void> {
  const tables = importsOf(transaction);
  if (seenBefore === undefined) {
    await tables
      .deleteFrom('imported')
      .where('source', '=', source)
      .where('kind', '=', kind)
      .where('id', '=', id)
      .execute();
  } else {
    await tables
      .updateTable('imported')
      .set({ seen: seenBefore })
      .where('source', '=', source)
      .where('kind', '=', kind)
      .where('id', '=', id)
      .execute();
  }
}
