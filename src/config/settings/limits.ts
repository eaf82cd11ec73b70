/** Budgets and rate limits, in LiteLLM's names: the same wherever limits may be. */
import { now, own } from '../setting-rows.ts';
import {
  BUDGET_BY_NAME,
  BUDGET_DOC,
  PERIOD_BUDGET,
  PERIOD_DOC,
  readBudgetList,
  readBudgetMap,
  readCounts,
} from './period-budget.ts';

/** The limits that any object may carry, as rows for its table. */
export const LIMITS = {
  max_budget: now('usd', BUDGET_DOC, { to: 'maxBudget', otherwise: 'none' }),
  budget_duration: now('period', PERIOD_DOC, { to: 'budgetDuration', otherwise: 'never' }),
  soft_budget: now('usd', 'Spend at which an alert goes out; nothing is refused.', 'softBudget'),
  budget_limits: now('list', 'Further budgets, each with a period: `{ max_budget, budget_duration }`.', {
    to: 'budgetLimits',
    read: readBudgetList,
    members: { as: 'list', rows: PERIOD_BUDGET, id: 'period_budget' },
  }),
  model_max_budget: now('map', 'Model group → its budget: `{ budget_limit, time_period }`, or an amount.', {
    to: 'modelMaxBudget',
    read: readBudgetMap,
    members: BUDGET_BY_NAME,
  }),
  rpm_limit: now('integer', 'Requests in any 60 seconds.', 'rpmLimit'),
  tpm_limit: now('integer', 'Tokens in any 60 seconds.', 'tpmLimit'),
  input_tpm_limit: own('integer', 'Input tokens in any 60 seconds.', 'inputTpmLimit'),
  output_tpm_limit: own('integer', 'Output tokens in any 60 seconds.', 'outputTpmLimit'),
  max_parallel_requests: now('integer', 'Requests at one time.', 'maxParallelRequests'),
  model_rpm_limit: now('map', 'Model group → requests in any 60 seconds.', { to: 'modelRpmLimit', read: readCounts }),
  model_tpm_limit: now('map', 'Model group → tokens in any 60 seconds.', { to: 'modelTpmLimit', read: readCounts }),
  model_itpm_limit: now('map', 'Model group → input tokens in any 60 seconds.', {
    to: 'modelInputTpmLimit',
    read: readCounts,
  }),
  model_otpm_limit: now('map', 'Model group → output tokens in any 60 seconds.', {
    to: 'modelOutputTpmLimit',
    read: readCounts,
  }),
  tpd_limit: now('integer', 'Tokens in a day by UTC, input and output together.', 'tpdLimit'),
  default_estimated_output_tokens: now(
    'integer',
    'What a request that does not limit its answer reserves of `tpm_limit` and `tpd_limit`.',
    { to: 'estimatedOutputTokens', otherwise: 'what answers of such requests had lately' },
  ),
  default_estimated_output_tokens_per_model: now('map', 'The same by model group.', {
    to: 'modelEstimatedOutputTokens',
    read: readCounts,
  }),
  budget_id: now('text', 'A named budget, made by the API: its limits hold if the object has none of its own.', {
    to: 'budgetId',
  }),
} as const;
