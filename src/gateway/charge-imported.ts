/** Counts imported spend in counters that running gateways share, and takes it off again when an import is undone. */
import { randomUUID } from 'node:crypto';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import { unescapeId } from '../core/escape-id.ts';
import { ownValue } from '../core/own-value.ts';
import type { Charge } from '../stores/contracts/claims.ts';
import type { Budget, Limits } from '../stores/contracts/directory.ts';
import type { ImportedSpend, ImportItem, ImportRun, Imports, UndoneStep } from '../stores/contracts/imports.ts';
import { BUCKET_MS, bucketOf } from '../stores/sql/ledger/sums.ts';
import { moneyOf, periodAt } from '../tenancy/accounts.ts';
import { limitsOf } from '../tenancy/scopes.ts';
import type { Stores } from './open-stores.ts';

/** What counters are changed with. */
interface Counting {
  readonly stores: Pick<Stores, 'claims' | 'database'>;
  readonly config: GatewayConfig;
  readonly clock: Clock;
}

/** A period of an account that is counted now. */
type Period = Omit<Charge, 'cost' | 'isIfCounted'>;

/** How many periods one step changes in the store. */
const CHARGED_AT_ONCE = 100;

/**
 * Adds what imported objects spent to their shared counters, before it is written. New objects have counters only if there were objects
 * of their ids before.
 */
export async function chargeImported(items: readonly ImportItem[], counting: Counting): Promise<void> {
  for (const item of items) {
    if (item.spent.length === 0) continue;
    const limits = item.value === undefined ? undefined : await limitsOfNew(item, counting.stores.database.directory);
    const periods = new Map<string, readonly Period[]>();
    for (const account of new Set(item.spent.map((each) => each.account))) {
      periods.set(account, await periodsOf(account, counting, { ofNew: limits }));
    }
    await charge(item.spent, periods, counting, { sign: 1n, isIfCounted: item.value !== undefined });
  }
}

/**
 * The same for what accounts spent elsewhere, whatever they belong to. `rotated` has the hashes of keys whose spend is counted under
 * another.
 */
export async function chargeAccounts(
  spent: readonly ImportedSpend[],
  counting: Counting,
  rotated: ReadonlyMap<string, string>,
): Promise<void> {
  const periods = new Map<string, readonly Period[]>();
  for (const account of new Set(spent.map((each) => each.account))) {
    periods.set(account, await periodsOf(account, counting, { rotated }));
  }
  await charge(spent, periods, counting, { sign: 1n });
}

/**
 * Undoes a step of an import, and takes what it counted off the shared counters. They are taken from the ledger beforehand, so that
 * no instance takes them from it between the two; if this process dies there, they stay too high until their period ends.
 */
export async function undoCharged(
  imports: Imports,
  run: Pick<ImportRun, 'id' | 'source'>,
  counting: Counting,
): Promise<UndoneStep> {
  const { claims } = counting.stores;
  const periods = new Map<string, readonly Period[]>();
  const known = await imports.nextToUndo(run.id);
  for (const account of new Set(known.map((each) => each.account))) {
    const found = await periodsOf(account, counting, {});
    periods.set(account, found);
    if (found.length > 0) await claims.read(account, found);
  }
  const step = await imports.undo(run, counting.clock.nowMs());
  await charge(step.takenBack, periods, counting, { sign: -1n, isIfCounted: true });
  return step;
}

/** Kinds of accounts whose limits are stored. */
const SPENDERS: ReadonlySet<string> = new Set([
  'key',
  'team',
  'user',
  'organization',
  'customer',
  'tag',
  'team_member',
  'organization_member',
]);

/** The periods in which an account is counted now; none if nothing is known of it. */
async function periodsOf(
  account: string,
  { stores, config, clock }: Counting,
  options: { readonly rotated?: ReadonlyMap<string, string>; readonly ofNew?: HeldLimits | undefined },
): Promise<readonly Period[]> {
  const [, kind = '', id = '', model] = /^(\w+):(.*?)(?:\/model:(.*))?$/s.exec(account) ?? [];
  if (!SPENDERS.has(kind)) return [];
  const objectId = kind === 'key' ? (options.rotated?.get(id) ?? id) : kind.endsWith('_member') ? id : unescapeId(id);
  const { directory } = stores.database;
  const limits = options.ofNew ?? (await limitsNow({ kind, id: objectId } as ImportItem, directory));
  if (limits === undefined) return [];
  const { modelMaxBudget, ...own } = limits.of;
  const budget = model === undefined ? undefined : ownValue(modelMaxBudget, model);
  const ofModel: Limits = budget === undefined ? {} : { budgetLimits: [budget] };
  const anchor = own.budgetAnchorMs === undefined ? {} : { budgetAnchorMs: own.budgetAnchorMs };
  const of = model === undefined ? own : { ...ofModel, ...anchor };
  const nowMs = clock.nowMs();
  return moneyOf(of, nowMs).map(({ duration }) => ({
    account,
    ...periodAt(duration, { anchorMs: limits.createdAtMs, limits: of }, nowMs, config.budgets),
  }));
}

/** Charges periods with what was spent in them, or takes it off. */
async function charge(
  spent: readonly ImportedSpend[],
  periods: ReadonlyMap<string, readonly Period[]>,
  { stores: { claims }, clock }: Counting,
  { sign, isIfCounted = false }: { readonly sign: bigint; readonly isIfCounted?: boolean },
): Promise<void> {
  const charges = spent.flatMap(({ account, atMs, cost }): Charge[] =>
    (periods.get(account) ?? [])
      // A period that began within a quarter of an hour counts all of it, as the ledger does.
      .filter(({ startsAtMs }) => bucketOf(atMs) + BUCKET_MS > startsAtMs)
      .map((period) => ({ ...period, cost: sign * cost, isIfCounted })),
  );
  for (let at = 0; at < charges.length; at += CHARGED_AT_ONCE) {
    const id = randomUUID();
    const nowMs = clock.nowMs();
    const amounts = { inputTokens: 0, outputTokens: 0, hold: 0n, exposure: 0n };
    // A settlement of what was never claimed counts as one that is settled already, and would charge nothing.
    await claims.claim({ id, nowMs, accounts: [], amounts });
    const some = charges.slice(at, at + CHARGED_AT_ONCE);
    await claims.settle({ id, nowMs, cost: 0n, inputTokens: 0, outputTokens: 0, charges: some });
  }
}

interface HeldLimits {
  readonly of: Limits;
  readonly createdAtMs: number;
}

type Directory = Stores['database']['directory'];

async function limitsOfNew({ kind, value }: ImportItem, directory: Directory): Promise<HeldLimits | undefined> {
  if (value === undefined || kind === 'model' || kind === 'credential' || kind === 'budget') return undefined;
  return await withBudget(value as Limits & { readonly createdAtMs: number }, directory);
}

async function limitsNow({ kind, id }: ImportItem, directory: Directory): Promise<HeldLimits | undefined> {
  if (kind === 'model' || kind === 'credential' || kind === 'budget') return undefined;
  const value = await find(kind, id, directory);
  return value === undefined ? undefined : await withBudget(value, directory);
}

async function withBudget(
  value: Limits & { readonly budgetId?: string; readonly createdAtMs: number },
  directory: Directory,
): Promise<HeldLimits> {
  const budget: Budget | undefined =
    value.budgetId === undefined ? undefined : await directory.get('budget', value.budgetId);
  return { of: limitsOf(value, budget), createdAtMs: value.createdAtMs };
}

async function find(
  kind: Exclude<ImportItem['kind'], 'model' | 'credential' | 'budget'>,
  id: string,
  directory: Directory,
): Promise<(Limits & { readonly createdAtMs: number }) | undefined> {
  if (kind !== 'team_member' && kind !== 'organization_member') return await directory.get(kind, id);
  const [groupId = '', userId = ''] = id.split('/').map(unescapeId);
  if (kind === 'team_member') return await directory.teamMember(groupId, userId);
  return (await directory.organizationsOf(userId)).find(({ organizationId }) => organizationId === groupId);
}
