/** Budgets and rate limits, in LiteLLM's names: the same wherever limits may stand. */
import { later, never, now, own, type SettingTable, table } from './setting.ts';

const BUDGET = 'Most that may be spent in a period.';
const PERIOD = 'When the budget starts anew: `1h`, `1d`, `7d`, `1mo`, `daily`, `weekly`, `monthly`, …';

/** The limits any object may carry, as rows for its table. */
export const LIMITS = {
  max_budget: now('usd', BUDGET, 'none'),
  budget_duration: now('period', PERIOD, 'never'),
  soft_budget: now('usd', 'Spend at which an alert goes out; nothing is refused.'),
  budget_limits: now('list', 'Further budgets, each with a period: `{ max_budget, budget_duration }`.'),
  model_max_budget: now('map', 'Model group → its budget: `{ budget_limit, time_period }`, or an amount.'),
  rpm_limit: now('integer', 'Requests in any 60 seconds.'),
  tpm_limit: now('integer', 'Tokens in any 60 seconds.'),
  input_tpm_limit: own('integer', 'Input tokens in any 60 seconds.'),
  output_tpm_limit: own('integer', 'Output tokens in any 60 seconds.'),
  max_parallel_requests: now('integer', 'Requests at one time.'),
  model_rpm_limit: now('map', 'Model group → requests in any 60 seconds.'),
  model_tpm_limit: now('map', 'Model group → tokens in any 60 seconds.'),
  budget_id: now('text', 'A named budget, made by the API: its limits hold where none of its own are set.'),
} as const;

/** A budget with a period: an entry of `budget_limits`, a value of `model_max_budget` or of `provider_budget_config`. */
export const PERIOD_BUDGET: SettingTable = table({
  max_budget: now('usd', BUDGET),
  budget_limit: now('usd', 'Another name for `max_budget`.'),
  budget_duration: now('period', PERIOD, 'never'),
  time_period: now('period', 'Another name for `budget_duration`.'),
  reset_at: never('text', 'Periods begin by the clock.'),
  rpm_limit: later('integer', 'Requests in any 60 seconds.'),
  tpm_limit: later('integer', 'Tokens in any 60 seconds.'),
});
