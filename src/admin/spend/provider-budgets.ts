/** `/provider/budgets`: what each provider has cost and may cost in its period. */

import type { JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import { periodAt } from '../../tenancy/accounts.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { READERS } from '../roles.ts';
import { get } from '../route.ts';
import { isoTime } from '../show.ts';

/** `/provider/budgets`. */
export const PROVIDER_BUDGET_ROUTES: readonly ManagementRoute[] = [
  get('/provider/budgets', READERS, providerBudgets, 'Shows what each provider has cost and may cost in its period.'),
];

async function providerBudgets({ context }: ManagementCall): Promise<JsonValue> {
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
  return { providers: Object.fromEntries(await Promise.all(entries)) };
}
