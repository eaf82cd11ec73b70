/** Limits in LiteLLM's field names: read from a request, shown in an answer. */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { usdNumber } from '../core/money.ts';
import type { Limits, PeriodBudget } from '../stores/contracts/directory.ts';
import type { Changes, Sent } from './changes.ts';
import { type Fields, periodOf, usdOf } from './fields.ts';
import { isoTime, usdOrNull } from './show.ts';

/** Reads every limit that a request may set. All of LiteLLM's names count as known. */
export function readLimits(fields: Fields, nowMs: number): Changes<Limits> {
  return {
    maxBudget: fields.usd('max_budget'),
    budgetDuration: fields.period('budget_duration'),
    softBudget: fields.usd('soft_budget'),
    budgetLimits: readBudgetLimits(fields),
    modelMaxBudget: readModelBudgets(fields, 'model_max_budget'),
    rpmLimit: fields.count('rpm_limit'),
    tpmLimit: fields.count('tpm_limit'),
    inputTpmLimit: fields.count('input_tpm_limit'),
    outputTpmLimit: fields.count('output_tpm_limit'),
    maxParallelRequests: fields.count('max_parallel_requests'),
    modelRpmLimit: fields.countMap('model_rpm_limit'),
    modelTpmLimit: fields.countMap('model_tpm_limit'),
    modelInputTpmLimit: fields.countMap('model_itpm_limit'),
    modelOutputTpmLimit: fields.countMap('model_otpm_limit'),
    tpdLimit: fields.count('tpd_limit'),
    estimatedOutputTokens: fields.count('default_estimated_output_tokens'),
    modelEstimatedOutputTokens: fields.countMap('default_estimated_output_tokens_per_model'),
    budgetId: fields.text('budget_id'),
    tempBudgetIncrease: readRaise(fields, nowMs),
  };
}

/** Limits in LiteLLM's names; null for what is not limited. */
export function showLimits(limits: Limits): JsonObject {
  const { budgetLimits, modelMaxBudget, tempBudgetIncrease: raise } = limits;
  return {
    max_budget: usdOrNull(limits.maxBudget),
    soft_budget: usdOrNull(limits.softBudget),
    budget_duration: limits.budgetDuration ?? null,
    budget_limits: budgetLimits?.map(showBudget) ?? null,
    model_max_budget: showModelBudgets(modelMaxBudget),
    rpm_limit: limits.rpmLimit ?? null,
    tpm_limit: limits.tpmLimit ?? null,
    ...defined({ input_tpm_limit: limits.inputTpmLimit, output_tpm_limit: limits.outputTpmLimit }),
    max_parallel_requests: limits.maxParallelRequests ?? null,
    model_rpm_limit: limits.modelRpmLimit === undefined ? null : { ...limits.modelRpmLimit },
    model_tpm_limit: limits.modelTpmLimit === undefined ? null : { ...limits.modelTpmLimit },
    tpd_limit: limits.tpdLimit ?? null,
    ...defined({
      model_itpm_limit: limits.modelInputTpmLimit,
      model_otpm_limit: limits.modelOutputTpmLimit,
      default_estimated_output_tokens: limits.estimatedOutputTokens,
      default_estimated_output_tokens_per_model: limits.modelEstimatedOutputTokens,
    }),
    budget_id: limits.budgetId ?? null,
    ...(raise !== undefined && {
      temp_budget_increase: usdNumber(raise.amount),
      temp_budget_expiry: isoTime(raise.untilMs),
    }),
  };
}

/** Budgets by model group in LiteLLM's names. */
export function showModelBudgets(budgets: Limits['modelMaxBudget']): JsonObject {
  return Object.fromEntries(
    Object.entries(budgets ?? {}).map(([model, { max, duration, ...rates }]) => [
      model,
      { budget_limit: usdNumber(max), time_period: duration ?? null, ...showRates(rates) },
    ]),
  );
}

function showBudget({ max, duration, ...rates }: PeriodBudget): JsonObject {
  return { max_budget: usdNumber(max), budget_duration: duration ?? null, ...showRates(rates) };
}

function showRates({ rpmLimit, tpmLimit }: Pick<PeriodBudget, 'rpmLimit' | 'tpmLimit'>): JsonObject {
  return defined({ rpm_limit: rpmLimit, tpm_limit: tpmLimit });
}

function readBudgetLimits(fields: Fields): Sent<readonly PeriodBudget[]> {
  return fields.objects('budget_limits')?.map((entry, index) => {
    const budget = withRates(
      budgetOf(entry.raw('max_budget', USD_SCHEMA), entry.raw('budget_duration', PERIOD_SCHEMA)),
      {
        rpm_limit: entry.raw('rpm_limit', COUNT_SCHEMA),
        tpm_limit: entry.raw('tpm_limit', COUNT_SCHEMA),
      },
    );
    if (budget !== undefined) return budget;
    throw fields.wrong(`budget_limits[${index}]`, `must be ${BUDGET}`);
  });
}

/** Budgets by model group. */
export function readModelBudgets(fields: Fields, name: string): Sent<Readonly<Record<string, PeriodBudget>>> {
  const budgets = fields.map(name, MODEL_BUDGET, MODEL_BUDGET_SCHEMA, (entry) =>
    isJsonObject(entry)
      ? withRates(budgetOf(entry.budget_limit ?? entry.max_budget, entry.time_period ?? entry.budget_duration), entry)
      : budgetOf(entry, undefined),
  );
  // LiteLLM's clients send `{}` if they mean no budgets.
  return budgets !== undefined && Object.keys(budgets ?? {}).length === 0 ? null : budgets;
}

const USD_SCHEMA: JsonObject = { type: 'number', minimum: 0, description: 'USD' };
const PERIOD_SCHEMA: JsonObject = { type: ['string', 'null'], examples: ['1d', '1mo'] };
const COUNT_SCHEMA: JsonObject = { type: ['integer', 'null'], minimum: 0 };
const MODEL_BUDGET_SCHEMA: JsonObject = {
  type: 'object',
  required: ['budget_limit'],
  properties: {
    budget_limit: USD_SCHEMA,
    time_period: PERIOD_SCHEMA,
    rpm_limit: COUNT_SCHEMA,
    tpm_limit: COUNT_SCHEMA,
  },
};
const BUDGET = 'an object of `max_budget` (USD from 0) and `budget_duration` (such as `1d`)';
const MODEL_BUDGET = 'an object of `budget_limit` (USD from 0) and `time_period` (such as `1d`)';

function budgetOf(amount: JsonValue | undefined, period: JsonValue | undefined): PeriodBudget | undefined {
  const max = amount === undefined ? undefined : usdOf(amount);
  if (max === undefined) return undefined;
  const duration = period === undefined || period === null ? undefined : periodOf(period);
  return duration === undefined && (period ?? null) !== null ? undefined : { max, ...defined({ duration }) };
}

/** Returns undefined also if a rate is wrong: it would limit, and must not be dropped. */
function withRates(
  budget: PeriodBudget | undefined,
  entry: { readonly rpm_limit?: JsonValue | undefined; readonly tpm_limit?: JsonValue | undefined },
): PeriodBudget | undefined {
  const [rpmLimit, tpmLimit] = [countOf(entry.rpm_limit), countOf(entry.tpm_limit)];
  if (budget === undefined || Number.isNaN(rpmLimit) || Number.isNaN(tpmLimit)) return undefined;
  return { ...budget, ...defined({ rpmLimit, tpmLimit }) };
}

function countOf(value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  const count = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : Number.NaN;
}

/** A raise of the budget until a moment. */
export function readRaise(fields: Fields, nowMs: number): Sent<NonNullable<Limits['tempBudgetIncrease']>> {
  const amount = fields.usd('temp_budget_increase');
  const untilMs = fields.moment('temp_budget_expiry', nowMs);
  if (amount === null || untilMs === null) return null;
  if (amount === undefined && untilMs === undefined) return undefined;
  if (amount === undefined) throw fields.wrong('temp_budget_increase', 'is required with `temp_budget_expiry`');
  if (untilMs === undefined) throw fields.wrong('temp_budget_expiry', 'is required with `temp_budget_increase`');
  return { amount, untilMs };
}
