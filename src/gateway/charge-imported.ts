/** Counts imported spend in counters that running gateways share. */
import { randomUUID } from 'node:crypto';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import { unescapeId } from '../core/escape-id.ts';
import { ownValue } from '../core/own-value.ts';
import type { Charge } from '../stores/contracts/claims.ts';
import type { Budget, Limits } from '../stores/contracts/directory.ts';
import type { ImportedSpend, ImportItem } from '../stores/contracts/imports.ts';
import { moneyOf, periodAt } from '../tenancy/accounts.ts';
import { limitsOf } from '../tenancy/scopes.ts';
import type { Stores } from './open-stores.ts';

/**
 * Adds the spend of objects that exist already to their shared counters. Those of new objects do not exist yet: they are made from the
 * ledger.
 */
export async function chargeImported(
  items: readonly ImportItem[],
  { claims, database }: Pick<Stores, 'claims' | 'database'>,
  config: GatewayConfig,
  clock: Clock,
): Promise<void> {
  const known = items.filter(({ value, spent }) => value === undefined && spent.length > 0);
  for (const item of known) {
    const limits = await limitsNow(item, database.directory);
    if (limits === undefined) continue;
    await charge(item, limits, { claims }, config, clock);
  }
}

/**
 * The same for what accounts spent elsewhere, whatever they belong to. `rotated` has the hashes of keys whose spend is counted under
 * another.
 */
export async function chargeAccounts(
  spent: readonly ImportedSpend[],
  stores: Pick<Stores, 'claims' | 'database'>,
  config: GatewayConfig,
  clock: Clock,
  rotated: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [account, all] of Map.groupBy(spent, (each) => each.account)) {
    const [, kind = '', id = '', model] = /^(\w+):(.*?)(?:\/model:(.*))?$/s.exec(account) ?? [];
    if (!SPENDERS.has(kind)) continue;
    const objectId = kind === 'key' ? (rotated.get(id) ?? id) : kind.endsWith('_member') ? id : unescapeId(id);
    const item = { kind, id: objectId, spent: all, seen: '' } as unknown as ImportItem;
    const limits = await limitsNow(item, stores.database.directory);
    if (limits === undefined) continue;
    const { modelMaxBudget, ...own } = limits.of;
    const budget = model === undefined ? undefined : ownValue(modelMaxBudget, model);
    const ofModel: Limits = budget === undefined ? {} : { budgetLimits: [budget] };
    const anchor = own.budgetAnchorMs === undefined ? {} : { budgetAnchorMs: own.budgetAnchorMs };
    await charge(item, { ...limits, of: model === undefined ? own : { ...ofModel, ...anchor } }, stores, config, clock);
  }
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

async function charge(
  item: ImportItem,
  limits: HeldLimits,
  { claims }: Pick<Stores, 'claims'>,
  config: GatewayConfig,
  clock: Clock,
): Promise<void> {
  const nowMs = clock.nowMs();
  const charges = moneyOf(limits.of, nowMs).flatMap(({ duration }): Charge[] => {
    const window = periodAt(duration, { anchorMs: limits.createdAtMs, limits: limits.of }, nowMs, config.budgets);
    return item.spent
      .filter(({ atMs }) => atMs >= window.startsAtMs)
      .map(({ account, cost }) => ({ account, ...window, cost }));
  });
  if (charges.length === 0) return;
  const id = randomUUID();
  // A settlement of what was never claimed counts as one that is settled already, and would charge nothing.
  await claims.claim({ id, nowMs, accounts: [], amounts: { inputTokens: 0, outputTokens: 0, hold: 0n, exposure: 0n } });
  await claims.settle({ id, nowMs, cost: 0n, inputTokens: 0, outputTokens: 0, charges });
}

interface HeldLimits {
  readonly of: Limits;
  readonly createdAtMs: number;
}

async function limitsNow(
  { kind, id }: ImportItem,
  directory: Stores['database']['directory'],
): Promise<HeldLimits | undefined> {
  if (kind === 'model' || kind === 'credential' || kind === 'budget') return undefined;
  const value = await find(kind, id, directory);
  if (value === undefined) return undefined;
  const budget: Budget | undefined =
    value.budgetId === undefined ? undefined : await directory.get('budget', value.budgetId);
  return { of: limitsOf(value, budget), createdAtMs: value.createdAtMs };
}

async function find(
  kind: Exclude<ImportItem['kind'], 'model' | 'credential' | 'budget'>,
  id: string,
  directory: Stores['database']['directory'],
): Promise<(Limits & { readonly createdAtMs: number }) | undefined> {
  if (kind !== 'team_member' && kind !== 'organization_member') return await directory.get(kind, id);
  const [groupId = '', userId = ''] = id.split('/').map(unescapeId);
  if (kind === 'team_member') return await directory.teamMember(groupId, userId);
  return (await directory.organizationsOf(userId)).find(({ organizationId }) => organizationId === groupId);
}
