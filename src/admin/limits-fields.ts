/** Limits in LiteLLM's field names: read from a request, applied to an object, shown in an answer. */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { usdNumber } from '../core/money.ts';
import { parsePeriod } from '../core/period.ts';
import { LIMIT_NAMES, type Limits, type PeriodBudget } from '../stores/contracts/directory.ts';
import { type Fields, type Sent, usdOf } from './fields.ts';

/** What a request changes of an object's limits; `null` takes a limit away, undefined leaves it. */
export type LimitChanges = { readonly [Name in keyof Limits]?: Limits[Name] | null };

/** Reads every limit that a request may set. Marks all of LiteLLM's names as known. */
export function readLimits(fields: Fields, nowMs: number): LimitChanges {
  return {
    maxBudget: fields.usd('max_budget'),
    budgetDuration: fields.period('budget_duration'),
    softBudget: fields.usd('soft_budget'),
    budgetLimits: readBudgetLimits(fields),
    modelMaxBudget: readModelBudgets(fields),
    rpmLimit: fields.count('rpm_limit'),
    tpmLimit: fields.count('tpm_limit'),
    inputTpmLimit: fields.count('input_tpm_limit'),
    outputTpmLimit: fields.count('output_tpm_limit'),
    maxParallelRequests: fields.count('max_parallel_requests'),
    modelRpmLimit: fields.countMap('model_rpm_limit'),
    modelTpmLimit: fields.countMap('model_tpm_limit'),
    budgetId: fields.text('budget_id'),
    tempBudgetIncrease: readRaise(fields, nowMs),
  } as LimitChanges;
}

/** An object's limits with the changes; a new budget period begins now. Only limits: spread it over the rest of the object. */
export function applyLimits(before: Limits, changes: LimitChanges, nowMs: number): Limits {
  const after: Record<string, unknown> = {};
  for (const name of LIMIT_NAMES) {
    const change = changes[name];
    const value = change === undefined ? before[name] : (change ?? undefined);
    if (value !== undefined) after[name] = value;
  }
  const hasNewPeriod = changes.budgetDuration !== undefined && changes.budgetDuration !== before.budgetDuration;
  if (hasNewPeriod) after.budgetAnchorMs = nowMs;
  return after as Limits;
}

/** An object without any of its limits, to put changed ones over. */
export function withoutLimits<Value extends Limits>(value: Value): Omit<Value, keyof Limits> {
  const rest: Omit<Value, keyof Limits> & { -readonly [Name in keyof Limits]?: Limits[Name] } = { ...value };
  for (const name of LIMIT_NAMES) delete rest[name];
  return rest;
}

/** An object with changed limits. */
export function changeLimits<Value extends Limits>(value: Value, changes: LimitChanges, nowMs: number): Value {
  return { ...withoutLimits(value), ...applyLimits(value, changes, nowMs) } as Value;
}

/** Limits in LiteLLM's names; what is not limited is null. */
export function showLimits(limits: Limits): JsonObject {
  const { budgetLimits, modelMaxBudget, tempBudgetIncrease: raise } = limits;
  return {
    max_budget: limits.maxBudget === undefined ? null : usdNumber(limits.maxBudget),
    soft_budget: limits.softBudget === undefined ? null : usdNumber(limits.softBudget),
    budget_duration: limits.budgetDuration ?? null,
    budget_limits: budgetLimits === undefined ? null : budgetLimits.map(showBudget),
    model_max_budget: Object.fromEntries(
      Object.entries(modelMaxBudget ?? {}).map(([model, { max, duration }]) => [
        model,
        { budget_limit: usdNumber(max), time_period: duration ?? null },
      ]),
    ),
    rpm_limit: limits.rpmLimit ?? null,
    tpm_limit: limits.tpmLimit ?? null,
    ...defined({ input_tpm_limit: limits.inputTpmLimit, output_tpm_limit: limits.outputTpmLimit }),
    max_parallel_requests: limits.maxParallelRequests ?? null,
    model_rpm_limit: limits.modelRpmLimit === undefined ? null : { ...limits.modelRpmLimit },
    model_tpm_limit: limits.modelTpmLimit === undefined ? null : { ...limits.modelTpmLimit },
    budget_id: limits.budgetId ?? null,
    ...(raise !== undefined && {
      temp_budget_increase: usdNumber(raise.amount),
      temp_budget_expiry: new Date(raise.untilMs).toISOString(),
    }),
  };
}

function showBudget({ max, duration }: PeriodBudget): JsonObject {
  return { max_budget: usdNumber(max), budget_duration: duration ?? null };
}

function readBudgetLimits(fields: Fields): Sent<readonly PeriodBudget[]> {
  const entries = fields.objects('budget_limits');
  if (entries === undefined || entries === null) return entries;
  return entries.map((entry, index) => {
    const budget = budgetOf(entry.max_budget, entry.budget_duration);
    if (budget === undefined) throw fields.wrong(`budget_limits[${index}]`, BUDGET_WORDS);
    return budget;
  });
}

function readModelBudgets(fields: Fields): Sent<Readonly<Record<string, PeriodBudget>>> {
  const models = fields.object('model_max_budget');
  if (models === undefined || models === null) return models;
  const entries = Object.entries(models).map(([model, entry]) => {
    const budget = isJsonObject(entry)
      ? budgetOf(entry.budget_limit ?? entry.max_budget, entry.time_period ?? entry.budget_duration)
      : budgetOf(entry, undefined);
    if (budget === undefined) throw fields.wrong(`model_max_budget.${model.slice(0, 100)}`, MODEL_BUDGET_WORDS);
    return [model, budget] as const;
  });
  // LiteLLM's clients send `{}` where they mean nothing.
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

const BUDGET_WORDS = 'must be an object of `max_budget` (USD from 0) and `budget_duration` (such as `1d`)';
const MODEL_BUDGET_WORDS = 'must be an object of `budget_limit` (USD from 0) and `time_period` (such as `1d`)';

function budgetOf(amount: JsonValue | undefined, period: JsonValue | undefined): PeriodBudget | undefined {
  const max = amount === undefined ? undefined : usdOf(amount);
  if (max === undefined) return undefined;
  if (period === undefined || period === null) return { max };
  return typeof period === 'string' && parsePeriod(period) !== undefined ? { max, duration: period } : undefined;
}

function readRaise(fields: Fields, nowMs: number): Sent<NonNullable<Limits['tempBudgetIncrease']>> {
  const amount = fields.usd('temp_budget_increase');
  const untilMs = fields.moment('temp_budget_expiry', nowMs);
  if (amount === null || untilMs === null) return null;
  if (amount === undefined && untilMs === undefined) return undefined;
  if (amount === undefined) throw fields.wrong('temp_budget_increase', 'is required with `temp_budget_expiry`');
  if (untilMs === undefined) throw fields.wrong('temp_budget_expiry', 'is required with `temp_budget_increase`');
  return { amount, untilMs };
}
