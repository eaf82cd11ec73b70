/** `/global/spend/reset`: everything spent counts as nothing from now on. */
import { defined } from '../../core/defined.ts';
import type { Kinds, Limits } from '../../stores/contracts/directory.ts';
import { accountOf, limitsOf } from '../../tenancy/scopes.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { isDeclared } from '../declared-directory.ts';
import { ADMIN } from '../roles.ts';
import { type Spender, setSpent } from '../spent.ts';

/** `/global/spend/reset` and `/global/spend/refresh`. */
export const RESET_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: ['/global/spend/reset'], roles: ADMIN, answer: reset },
  { method: 'POST', paths: ['/global/spend/refresh'], roles: ADMIN, answer: refresh },
];

const MOST = 500;

const SPENDERS = {
  organization: ({ id }: Kinds['organization']) => [id, accountOf.organization(id)],
  team: ({ id }: Kinds['team']) => [id, accountOf.team(id)],
  user: ({ id }: Kinds['user']) => [id, accountOf.user(id)],
  customer: ({ id }: Kinds['customer']) => [id, accountOf.customer(id)],
  key: ({ hash, accountHash }: Kinds['key']) => [hash, accountOf.key(accountHash ?? hash)],
  tag: ({ name }: Kinds['tag']) => [name, accountOf.tag(name)],
} as const satisfies {
  readonly [Kind in keyof Kinds]?: (value: Kinds[Kind]) => readonly [id: string, account: string];
};

/** Rows and daily sums stay: only what budgets count begins anew. */
async function reset(call: ManagementCall): Promise<ManagementAnswer> {
  let count = 0;
  for (const kind of Object.keys(SPENDERS) as (keyof typeof SPENDERS)[]) count += await resetAll(call, kind);
  await resetDeclared(call);
  await resetPlatform(call);
  return {
    body: { message: 'Spend for all API Keys and Teams reset successfully', status: 'success', objects: count },
  };
}

async function resetAll<Kind extends keyof typeof SPENDERS>(call: ManagementCall, kind: Kind): Promise<number> {
  const { directory, ledger } = call.context;
  const name = SPENDERS[kind] as (value: Kinds[Kind]) => readonly [id: string, account: string];
  let count = 0;
  for (let offset = 0; ; offset += MOST) {
    const values = await directory.list(kind, {}, { limit: MOST, offset, sortBy: 'createdAt' });
    const totals = await ledger.totals(values.map((value) => name(value)[1]));
    for (const value of values) {
      const [id, account] = name(value);
      const spent = totals.get(account) ?? 0n;
      if (spent === 0n) continue;
      // Those are next, and no change of theirs is written down in the directory.
      if (isDeclared(value)) continue;
      await forget(call, { account, limits: value, createdAtMs: value.createdAtMs });
      if (kind === 'team') await resetMembers(call, value as Kinds['team']);
      const values = { before: { spend: spent }, after: { spend: 0n } };
      await directory.record(changeEntry(call, 'reset', TABLES[kind], id, values));
      count += 1;
    }
    if (values.length < MOST) return count;
  }
}

async function resetMembers(call: ManagementCall, team: Kinds['team']): Promise<void> {
  for (const member of await call.context.directory.teamMembers(team.id)) {
    const limits = limitsOf(member, team.memberDefaults);
    const account = accountOf.teamMember(team.id, member.userId);
    await forget(call, { account, limits, createdAtMs: member.createdAtMs });
  }
}

/** What the file declares is not in the directory, and begins anew all the same. */
async function resetDeclared(call: ManagementCall): Promise<void> {
  const { config, declared } = call.context;
  const { organizations, teams, users, customers, tags, teamMembers } = config().declared;
  const keys = declared().keys.flatMap(({ objects }) => objects.key ?? []);
  const spenders: Spender[] = [
    ...organizations.map((value) => ({ value, account: accountOf.organization(value.id) })),
    ...teams.map((value) => ({ value, account: accountOf.team(value.id) })),
    ...users.map((value) => ({ value, account: accountOf.user(value.id) })),
    ...customers.map((value) => ({ value, account: accountOf.customer(value.id) })),
    ...tags.map((value) => ({ value, account: accountOf.tag(value.name) })),
    ...teamMembers.map((value) => ({ value, account: accountOf.teamMember(value.teamId, value.userId) })),
    ...keys.map((value) => ({ value, account: accountOf.key(value.hash) })),
  ].map(({ value, account }) => ({ account, limits: value, createdAtMs: value.createdAtMs }));
  for (const spender of spenders) await forget(call, spender);
}

async function resetPlatform(call: ManagementCall): Promise<void> {
  const { config, directory, ledger } = call.context;
  const { globalMax, globalPeriod } = config().budgets;
  const spent = (await ledger.totals([accountOf.platform])).get(accountOf.platform) ?? 0n;
  const limits: Limits = {
    ...defined({ maxBudget: globalMax, budgetDuration: globalPeriod }),
  };
  await forget(call, { account: accountOf.platform, limits, createdAtMs: 0 });
  const values = { before: { spend: spent }, after: { spend: 0n } };
  await directory.record(changeEntry(call, 'reset', 'LiteLLM_SpendLogs', accountOf.platform, values));
}

/** Sets an account to nothing, and what of it goes to models with budgets of their own. */
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

/** LiteLLM's views have to be made anew; here sums are written with the rows and always fresh. */
async function refresh(): Promise<ManagementAnswer> {
  return { body: { message: 'Spend is always up to date: there is nothing to refresh.', status: 'success' } };
}
