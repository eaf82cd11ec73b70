/** Keys that were deleted, as the log of changes has them: for as long as the log is kept. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { picoUsdFromUsd } from '../../core/money.ts';
import type { AuditEntry, Key } from '../../stores/contracts/directory.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { TABLES } from '../change-log.ts';
import type { ManagementContext } from '../contract.ts';
import { isoTime } from '../show.ts';
import { showKey } from './show-key.ts';

const DELETED = { table: TABLES.key, action: 'deleted' } as const;

/** A key that was deleted, with what it spent in all; undefined if the log does not have it. */
export async function deletedKey(context: ManagementContext, hash: string): Promise<JsonObject | undefined> {
  const [entry] = await context.directory.audit(
    { ...DELETED, objectId: hash },
    { limit: 1, offset: 0, descending: true },
  );
  const [shown] = await show(context, entry === undefined ? [] : [entry]);
  return shown;
}

/** A page of deleted keys, the last deleted first. */
export async function deletedKeys(
  context: ManagementContext,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly total: number; readonly keys: readonly JsonObject[] }> {
  const [total, entries] = await Promise.all([
    context.directory.countAudit(DELETED),
    context.directory.audit(DELETED, { ...page, descending: true }),
  ]);
  return { total, keys: await show(context, entries) };
}

async function show({ ledger, clock }: ManagementContext, entries: readonly AuditEntry[]): Promise<JsonObject[]> {
  const keys = entries.map(({ objectId, before }) => keyOf(objectId, before ?? {}));
  const accounts = keys.map(({ accountHash, hash }) => accountOf.key(accountHash ?? hash));
  const totals = await ledger.totals(accounts);
  return keys.map((key, index) => ({
    ...showKey(key, { spent: totals.get(accounts[index] ?? '') ?? 0n }, clock.nowMs()),
    status: 'deleted',
    deleted_at: isoTime(entries[index]?.atMs),
    deleted_by: entries[index]?.changedBy ?? null,
  }));
}

/** A key out of the log, where amounts are in USD. */
function keyOf(hash: string, before: JsonObject): Key {
  const empty = { name: '', models: [], blocked: false, keyType: 'default', rotationCount: 0 } as const;
  const stamps = { createdAtMs: 0, updatedAtMs: 0, metadata: {}, further: {} };
  return { ...empty, ...stamps, ...(withMoney(before) as Partial<Key>), hash };
}

const AMOUNTS: readonly string[] = ['maxBudget', 'softBudget', 'max', 'amount'];
const OF_BUDGETS: readonly string[] = ['budgetLimits', 'modelMaxBudget', 'tempBudgetIncrease'];

function withMoney(logged: JsonObject): object {
  const members = Object.entries(logged).map(([name, value]) => {
    if (AMOUNTS.includes(name) && typeof value === 'number') return [name, picoUsdFromUsd(value)];
    return [name, OF_BUDGETS.includes(name) ? inside(value) : value];
  });
  return Object.fromEntries(members) as object;
}

function inside(value: JsonValue | undefined): unknown {
  if (Array.isArray(value)) return value.map(inside);
  if (!isJsonObject(value)) return value;
  const isMap = !('max' in value || 'amount' in value);
  return isMap ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one)])) : withMoney(value);
}
