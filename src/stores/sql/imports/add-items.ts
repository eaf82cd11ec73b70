/** Writes imported objects, their spend, and the record of both. */
import type { Changed, Kinds } from '../../contracts/directory.ts';
import type { ImportedSpend, ImportItem, ImportRun } from '../../contracts/imports.ts';
import { encodeObject } from '../../contracts/object-text.ts';
import type { SqlConnection } from '../connection.ts';
import { KINDS, type KindOfObject, rowOf } from '../directory/kinds.ts';
import { isOneOf } from '../directory/search.ts';
import { refuseUnstorableId } from '../directory/storable.ts';
import type { AnyObjectRow, AnyObjectTables } from '../directory/tables.ts';
import { type DirectoryTransaction, refusingTaken } from '../directory/writing.ts';
import { addSums } from '../ledger/json-rows.ts';
import { ACCOUNT, BUCKET, BUCKET_MS, bucketOf, COST, storedMoney } from '../ledger/sums.ts';
import { endsOf, importsOf } from './import-tables.ts';
import type { RecordedEntry } from './recorded-entry.ts';
import { record } from './records.ts';

type Database = SqlConnection['kind'];

/** Writes them in one transaction; resolves to the objects that changed. */
export async function addItems(
  database: Database,
  transaction: DirectoryTransaction,
  run: Pick<ImportRun, 'id' | 'source'>,
  items: readonly ImportItem[],
): Promise<readonly Changed[]> {
  const before = await seenBefore(database, transaction, run.source, items);
  for (const [kind, some] of Map.groupBy(items, ({ kind }) => kind)) {
    const made = some.filter(({ value }) => value !== undefined);
    if (made.length === 0) continue;
    if (kind === 'team_member' || kind === 'organization_member') await addMembers(transaction, made);
    else await addObjects(transaction, kind, made);
  }
  await addSpend(
    database,
    transaction,
    items.flatMap(({ spent }) => spent),
  );
  await record(
    transaction,
    run,
    items.map((item) => {
      const { kind, id, seen } = item;
      return { kind, id, seen, data: entryOf(item, before.get(`${kind} ${id}`)) };
    }),
  );
  return items.flatMap(changesOf);
}

async function seenBefore(
  database: Database,
  transaction: DirectoryTransaction,
  source: string,
  items: readonly ImportItem[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await importsOf(transaction)
    .selectFrom('imported')
    .select(['kind', 'id', 'seen'])
    .where('source', '=', source)
    .where(
      isOneOf(
        database,
        'id',
        items.map(({ id }) => id),
      ),
    )
    .execute();
  return new Map(rows.map(({ kind, id, seen }) => [`${kind} ${id}`, seen]));
}

async function addObjects(
  transaction: DirectoryTransaction,
  kind: keyof Kinds,
  items: readonly ImportItem[],
): Promise<void> {
  const how = KINDS[kind] as KindOfObject<Kinds[keyof Kinds]>;
  const rows = items.map(({ value }) => rowOf(how, value as Kinds[keyof Kinds]) as AnyObjectRow);
  await refusingTaken(
    kind,
    (column) => column ?? 'id',
    () => transaction.withTables<AnyObjectTables>().insertInto(how.table).values(rows).execute(),
  );
}

async function addMembers(transaction: DirectoryTransaction, items: readonly ImportItem[]): Promise<void> {
  for (const { kind, value } of items) {
    if (value === undefined || (kind !== 'team_member' && kind !== 'organization_member')) continue;
    refuseUnstorableId('userId', value.userId);
    const columns = {
      user_id: value.userId,
      budget_id: value.budgetId ?? null,
      created_at: Math.round(value.createdAtMs),
      data: encodeObject(value),
    };
    if ('teamId' in value) {
      refuseUnstorableId('teamId', value.teamId);
      await transaction
        .insertInto('team_members')
        .values({ team_id: value.teamId, ...columns })
        .execute();
    } else {
      refuseUnstorableId('organizationId', value.organizationId);
      await transaction
        .insertInto('organization_members')
        .values({ organization_id: value.organizationId, ...columns })
        .execute();
    }
  }
}

/** Adds spend to the sums of accounts, without a row of the ledger. */
export async function addSpend(
  database: Database,
  transaction: DirectoryTransaction,
  spent: readonly ImportedSpend[],
  { inTotal = true }: { readonly inTotal?: boolean } = {},
): Promise<void> {
  const buckets = new Map<string, ImportedSpend>();
  const totals = new Map<string, bigint>();
  for (const { account, atMs, cost } of spent) {
    const bucket = bucketOf(atMs);
    const name = `${account}\0${bucket / BUCKET_MS}`;
    buckets.set(name, { account, atMs: bucket, cost: (buckets.get(name)?.cost ?? 0n) + cost });
    totals.set(account, (totals.get(account) ?? 0n) + cost);
  }
  // In the order of their keys, as every writer locks these rows.
  const sorted = [...buckets.values()]
    .map(({ account, atMs, cost }) => [account, atMs, ...storedMoney(cost)] as const)
    .sort((left, right) => (left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : left[1] - right[1]));
  if (sorted.length === 0) return;
  await addSums(database, 'account_spend', [ACCOUNT, BUCKET], COST, sorted).execute(transaction);
  if (!inTotal) return;
  const all = [...totals].map(([account, cost]) => [account, ...storedMoney(cost)] as const).sort(byAccount);
  await addSums(database, 'account_totals', [ACCOUNT], COST, all).execute(transaction);
}

function byAccount(left: readonly [string, ...unknown[]], right: readonly [string, ...unknown[]]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}

function entryOf({ value, spent }: ImportItem, seenBefore: string | undefined): RecordedEntry {
  return {
    ...(value !== undefined && { made: 'updatedAtMs' in value ? Math.round(value.updatedAtMs) : encodeObject(value) }),
    ...(seenBefore !== undefined && { seenBefore }),
    ...(spent.length > 0 && {
      spent: spent.map(({ account, atMs, cost }) => [account, bucketOf(atMs), cost.toString()]),
    }),
  };
}

/** What caches must drop after an object was added or removed. */
export function changesOf({ kind, id }: Pick<ImportItem, 'kind' | 'id'>): readonly Changed[] {
  if (kind !== 'team_member' && kind !== 'organization_member') return [{ kind, id }];
  const { groupId, userId } = endsOf(id);
  return [
    { kind: kind === 'team_member' ? 'team' : 'organization', id: groupId },
    { kind: 'user', id: userId },
  ];
}
