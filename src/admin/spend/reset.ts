/** `/global/spend/reset`: budgets start again from nothing spent. */

import { defined } from '../../core/defined.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Limits, Team } from '../../stores/contracts/directory.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { isDeclared } from '../declared-directory.ts';
import { ADMIN } from '../roles.ts';
import { post } from '../route.ts';
import { memberSpender, type SpendingKind, spenderOf } from '../spenders.ts';
import { type Spender, setSpent } from '../spent.ts';
import { idOf } from '../stored.ts';
import { setPlatformSpend } from './platform-budget.ts';

/** `/global/spend/reset` and `/global/spend/refresh`. */
export const RESET_ROUTES: readonly ManagementRoute[] = [
  post('/global/spend/reset', ADMIN, reset, 'Resets what all budgets count as spent; rows and sums stay.'),
  post('/global/spend/refresh', ADMIN, refresh, 'Does nothing: sums are always up to date.'),
];

const MOST = 500;

const KINDS = ['organization', 'team', 'user', 'customer', 'key', 'tag'] as const satisfies readonly SpendingKind[];

/** Rows and daily sums stay: only what budgets count is reset. */
async function reset(call: ManagementCall): Promise<JsonValue> {
  let count = 0;
  for (const kind of KINDS) count += await resetAll(call, kind);
  await resetDeclared(call);
  await setPlatformSpend(call, 0n);
  return { message: 'Spend for all API Keys and Teams reset successfully', status: 'success', objects: count };
}

async function resetAll<Kind extends SpendingKind>(call: ManagementCall, kind: Kind): Promise<number> {
  const { directory, ledger } = call.context;
  const spenderOfKind = spenderOf[kind];
  let count = 0;
  for (let offset = 0; ; offset += MOST) {
    const values = await directory.list(kind, {}, { limit: MOST, offset, sortBy: 'createdAt' });
    const totals = await ledger.totals(values.map((value) => spenderOfKind(value).account));
    for (const value of values) {
      const spender = spenderOfKind(value);
      const spent = totals.get(spender.account) ?? 0n;
      // Declared objects come next; the directory has no entries for changes of them.
      if (spent === 0n || isDeclared(value)) continue;
      await forget(call, spender);
      if ('memberPermissions' in value) await resetMembers(call, value);
      const amounts = { before: { spend: spent }, after: { spend: 0n } };
      await directory.record(changeEntry(call, 'reset', TABLES[kind], idOf(value), amounts));
      count += 1;
    }
    if (values.length < MOST) return count;
  }
}

async function resetMembers(call: ManagementCall, team: Team): Promise<void> {
  for (const member of await call.context.directory.teamMembers(team.id))
    await forget(call, memberSpender(team, member));
}

/** Sets what declared objects spent to nothing. */
async function resetDeclared(call: ManagementCall): Promise<void> {
  const { config, declared } = call.context;
  const { organizations, teams, users, customers, tags, teamMembers } = config().declared;
  const spenders: Spender[] = [
    ...organizations.map(spenderOf.organization),
    ...teams.map(spenderOf.team),
    ...users.map(spenderOf.user),
    ...customers.map(spenderOf.customer),
    ...tags.map(spenderOf.tag),
    ...declared().keys.flatMap(({ objects }) => (objects.key === undefined ? [] : spenderOf.key(objects.key))),
    ...teamMembers.map((member) => ({
      account: accountOf.teamMember(member.teamId, member.userId),
      limits: member,
      createdAtMs: member.createdAtMs,
    })),
  ];
  for (const spender of spenders) await forget(call, spender);
}

/** Sets what an account spent to nothing, and its parts that models with budgets of their own spent. */
async function forget(call: ManagementCall, spender: Spender): Promise<void> {
  await setSpent(call.context, spender, 0n);
  const { account, limits, createdAtMs } = spender;
  for (const [group, { max, duration }] of Object.entries(limits.modelMaxBudget ?? {})) {
    const ofModel: Limits = {
      maxBudget: max,
      ...defined({ budgetDuration: duration, budgetAnchorMs: limits.budgetAnchorMs }),
    };
    await setSpent(call.context, { account: accountOf.model(account, group), limits: ofModel, createdAtMs }, 0n);
  }
}

/** LiteLLM has views to refresh; here sums are written with the rows and always up to date. */
async function refresh(): Promise<JsonValue> {
  return { message: 'Spend is always up to date: there is nothing to refresh.', status: 'success' };
}
