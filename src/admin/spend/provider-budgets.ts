/** `/provider/budgets`: what providers may still be paid in their periods. */
import { usdNumber } from '../../core/money.ts';
import { periodAt } from '../../tenancy/accounts.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { READERS } from '../roles.ts';
import { isoTime } from './rows.ts';

/** `/provider/budgets`. */
export const PROVIDER_BUDGET_ROUTES: readonly ManagementRoute[] = [
  {
    method: 'GET',
    paths: ['/provider/budgets'],
    roles: READERS,
    answer: providerBudgets,
  },
];

async function providerBudgets({ context }: ManagementCall): Promise<ManagementAnswer> {
  const { budgets } = context.config();
  const nowMs = context.clock.nowMs();
  const entries = Object.entries(budgets.providers).map(async ([provider, { max, period }]) => {
    const window = periodAt(period, { anchorMs: 0, limits: {} }, nowMs, budgets);
    const [state] = await context.claims.read(accountOf.provider(provider), [window]);
    return [
      provider,
      {
        budget_limit: usdNumber(max),
        time_period: period ?? null,
        spend: usdNumber(state?.spent ?? 0n),
        budget_reset_at: isoTime(window.endsAtMs),
      },
    ] as const;
  });
  return { body: { providers: Object.fromEntries(await Promise.all(entries)) } };
}
