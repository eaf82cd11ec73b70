/** `/global/spend/reset`: everything spent counts as nothing from now on. */
import type { Kinds } from '../../stores/contracts/directory.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { ADMIN } from '../roles.ts';
import { type Spender, setSpent } from '../spent.ts';
import { changedNow } from '../stamps.ts';

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
  key: ({ hash }: Kinds['key']) => [hash, accountOf.key(hash)],
  tag: ({ name }: Kinds['tag']) => [name, accountOf.tag(name)],
} as const satisfies {
  readonly [Kind in keyof Kinds]?: (value: Kinds[Kind]) => readonly [id: string, account: string];
};

/** Rows and daily sums stay: only what budgets count begins anew. */
async function reset(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  let count = 0;
  for (const kind of Object.keys(SPENDERS) as (keyof typeof SPENDERS)[]) count += await resetAll(call, kind);
  await context.ledger.resetTotal(accountOf.platform, 0n, context.clock.nowMs());
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
      const spender: Spender = { account, limits: value, createdAtMs: value.createdAtMs };
      await setSpent(call.context, spender, 0n);
      await directory.update(
        kind,
        id,
        (before) => ({ ...before, ...changedNow(call) }),
        () => changeEntry(call, 'reset', TABLES[kind], id, { before: { spend: spent }, after: { spend: 0n } }),
      );
      count += 1;
    }
    if (values.length < MOST) return count;
  }
}

/** LiteLLM's views have to be made anew; here sums are written with the rows and always fresh. */
async function refresh(): Promise<ManagementAnswer> {
  return { body: { message: 'Spend is always up to date: there is nothing to refresh.', status: 'success' } };
}
