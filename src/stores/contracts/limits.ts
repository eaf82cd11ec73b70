/** The limits of objects: budgets and rates. Money is pico-USD, times are milliseconds since the epoch. */
import type { PicoUsd } from '../../core/money.ts';

/** One of several budgets of an object (`budget_limits`). */
export interface PeriodBudget {
  readonly max: PicoUsd;
  /** `1h`, `1d`, `7d`, `30d`, `1mo`, …; undefined: never resets. */
  readonly duration?: string;
  /** Rates that hold beside it. */
  readonly rpmLimit?: number;
  readonly tpmLimit?: number;
}

/** The limits that any object may carry. */
export interface Limits {
  readonly maxBudget?: PicoUsd;
  readonly budgetDuration?: string;
  readonly softBudget?: PicoUsd;
  /** Further budgets with periods of their own. */
  readonly budgetLimits?: readonly PeriodBudget[];
  /** Budgets by model group. */
  readonly modelMaxBudget?: Readonly<Record<string, PeriodBudget>>;
  readonly rpmLimit?: number;
  readonly tpmLimit?: number;
  readonly inputTpmLimit?: number;
  readonly outputTpmLimit?: number;
  readonly maxParallelRequests?: number;
  readonly modelRpmLimit?: Readonly<Record<string, number>>;
  readonly modelTpmLimit?: Readonly<Record<string, number>>;
  readonly modelInputTpmLimit?: Readonly<Record<string, number>>;
  readonly modelOutputTpmLimit?: Readonly<Record<string, number>>;
  /** Tokens of a day in UTC, input and output together. */
  readonly tpdLimit?: number;
  /** What a request without a limit of its answer reserves of the rates of tokens. */
  readonly estimatedOutputTokens?: number;
  readonly modelEstimatedOutputTokens?: Readonly<Record<string, number>>;
  /** An increase of `maxBudget` until a moment. */
  readonly tempBudgetIncrease?: { readonly amount: PicoUsd; readonly untilMs: number };
  /** A named budget whose limits hold if the object has none of its own. */
  readonly budgetId?: string;
  /** When periods of fixed length (`12h`) count from; the object's creation, or its last reset. */
  readonly budgetAnchorMs?: number;
}

/** The names of all limits. */
export const LIMIT_NAMES = [
  'maxBudget',
  'budgetDuration',
  'softBudget',
  'budgetLimits',
  'modelMaxBudget',
  'rpmLimit',
  'tpmLimit',
  'inputTpmLimit',
  'outputTpmLimit',
  'maxParallelRequests',
  'modelRpmLimit',
  'modelTpmLimit',
  'modelInputTpmLimit',
  'modelOutputTpmLimit',
  'tpdLimit',
  'estimatedOutputTokens',
  'modelEstimatedOutputTokens',
  'tempBudgetIncrease',
  'budgetId',
  'budgetAnchorMs',
] as const satisfies readonly (keyof Limits)[];
