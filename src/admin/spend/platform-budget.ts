/**
 * The budget of everything together. LiteLLM keeps it as a user called `litellm-proxy-budget`, whose spend is set to reset it; here the
 * configuration has its limits, and only what is spent can be set.
 */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { changeEntry } from '../change-log.ts';
import type { ManagementCall, ManagementContext } from '../contract.ts';
import { Fields } from '../fields.ts';
import { usdOrNull } from '../show.ts';
import { type Spender, setSpent, showSpent, spentOfOne } from '../spent.ts';

/** The user id by which LiteLLM's clients name it. */
export const PLATFORM_USER = 'litellm-proxy-budget';

/** The platform as a spender, within the configuration's budget. */
function platformSpender({ config }: ManagementContext): Spender {
  const { globalMax, globalPeriod } = config().budgets;
  const limits = defined({ maxBudget: globalMax, budgetDuration: globalPeriod });
  return { account: accountOf.platform, limits, createdAtMs: 0 };
}

/** The budget as LiteLLM shows its user. */
export async function showPlatformBudget(context: ManagementContext): Promise<JsonObject> {
  const { globalMax, globalPeriod } = context.config().budgets;
  return {
    user_id: PLATFORM_USER,
    user_role: null,
    ...showSpent(await spentOfOne(context, platformSpender(context))),
    max_budget: usdOrNull(globalMax),
    budget_duration: globalPeriod ?? null,
    declared: true,
  };
}

/** `POST /user/update` of that user. */
export async function updatePlatformBudget(call: ManagementCall): Promise<JsonObject> {
  const { context } = call;
  const { globalMax, globalPeriod } = context.config().budgets;
  const fields = new Fields(call.body);
  fields.ignore('user_id');
  const spend = fields.usd('spend');
  refuseChange(fields, 'max_budget', fields.usd('max_budget'), globalMax);
  refuseChange(fields, 'budget_duration', fields.period('budget_duration'), globalPeriod);
  fields.finish(call);
  if (spend !== undefined) await setPlatformSpend(call, spend ?? 0n);
  return await showPlatformBudget(context);
}

/** Sets what everything together has spent, in total and in the period that goes on. */
export async function setPlatformSpend(call: ManagementCall, to: PicoUsd): Promise<void> {
  const { context } = call;
  const spender = platformSpender(context);
  const { spent } = await spentOfOne(context, spender);
  await setSpent(context, spender, to);
  const values = { before: { spend: spent }, after: { spend: to } };
  await context.directory.record(changeEntry(call, 'reset', 'LiteLLM_SpendLogs', accountOf.platform, values));
}

function refuseChange<Value>(
  fields: Fields,
  name: string,
  sent: Value | null | undefined,
  now: Value | undefined,
): void {
  if (sent === undefined || (sent ?? undefined) === now) return;
  throw fields.wrong(name, `of \`${PLATFORM_USER}\` is \`litellm_settings.${name}\`: change it in the configuration`);
}
