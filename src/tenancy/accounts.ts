/** Makes the accounts of a claim from scopes: their limits with the present periods. */

import type { BudgetConfig, ScopeKind } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';
import type { PicoUsd } from '../core/money.ts';
import { ownValue } from '../core/own-value.ts';
import { FOR_EVER, parsePeriod, windowAt } from '../core/period.ts';
import type { ClaimAccount, MoneyLimit, RateLimits } from '../stores/contracts/claims.ts';
import type { Limits, PeriodBudget } from '../stores/contracts/directory.ts';
import { carryingWindow } from './carried-spend.ts';
import { dayAccount } from './day-limits.ts';
import { accountOf, type Scope } from './scopes.ts';

/** The settings that decide how limits are counted. */
type LimitSettings = Pick<
  BudgetConfig,
  'mode' | 'debtRatio' | 'timeZone' | 'whenAway' | 'tokenRateLimitType' | 'rollover' | 'neverReset'
>;

/** More than any budget: the limit of an account that only counts. Nine billion USD, which every store can hold. */
export const UNLIMITED: PicoUsd = 9_000_000_000n * 1_000_000_000_000n;

/** Whether an account has a budget, and does not only count. */
export function hasMoneyLimit({ money }: ClaimAccount): boolean {
  return money.some(({ max }) => max < UNLIMITED);
}

/** A model group, as limits may name it. */
export interface LimitedModel {
  readonly name: string;
  /** The wildcard that serves it. */
  readonly pattern?: string;
}

/** The accounts of a fixed list of scopes, which are made again only when a period ends. */
export class Accounts {
  readonly scopes: readonly Scope[];
  /** Every account for which spend counts, limited or not. */
  readonly names: readonly string[];
  readonly #settings: LimitSettings;
  readonly #byModel = new Map<string, Dated>();
  /** Whether some scope says how long answers are (`default_estimated_output_tokens`). */
  readonly hasEstimates: boolean;
  /** Whether some scope limits the tokens of a day. */
  readonly hasDayLimits: boolean;
  readonly #hasModelLimits: boolean;
  #general: Dated | undefined;

  constructor(scopes: readonly Scope[], settings: LimitSettings) {
    this.scopes = scopes;
    this.names = scopes.map(({ account }) => account);
    this.#settings = settings;
    this.hasDayLimits = scopes.some(({ limits }) => limits.tpdLimit !== undefined);
    this.hasEstimates = scopes.some(
      ({ limits }) => limits.estimatedOutputTokens !== undefined || limits.modelEstimatedOutputTokens !== undefined,
    );
    this.#hasModelLimits = scopes.some(({ limits }) => hasModelLimits(limits));
  }

  /**
   * The accounts that limit a request for a model group now; returns the same array until one of their periods ends.
   */
  at(nowMs: number, group: LimitedModel): readonly ClaimAccount[] {
    if (this.#hasModelLimits) return this.#forModel(nowMs, group);
    if (this.#general === undefined || !holds(this.#general, nowMs)) this.#general = this.#make(nowMs, undefined);
    return this.#general.accounts;
  }

  /** The accounts that count tokens by the day. */
  dayAt(nowMs: number): readonly ClaimAccount[] {
    if (!this.hasDayLimits) return NO_ACCOUNTS;
    return this.scopes.flatMap((scope) => dayAccount(scope, nowMs, this.#settings.whenAway) ?? []);
  }

  /** The scope that an account of `at` belongs to. */
  scopeOf(account: string): Scope | undefined {
    return this.scopes.find((scope) => account === scope.account || account.startsWith(`${scope.account}/model:`));
  }

  #forModel(nowMs: number, group: LimitedModel): readonly ClaimAccount[] {
    let dated = this.#byModel.get(group.name);
    if (dated === undefined || !holds(dated, nowMs)) {
      dated = this.#make(nowMs, group);
      // Names that clients make up under a wildcard must not pile up.
      if (this.#byModel.size >= MOST_MODELS) this.#byModel.clear();
      this.#byModel.set(group.name, dated);
    }
    return dated.accounts;
  }

  #make(nowMs: number, group: LimitedModel | undefined): Dated {
    const accounts: ClaimAccount[] = [];
    for (const scope of this.scopes) {
      const general = accountFor(scope, nowMs, this.#settings);
      if (general !== undefined) accounts.push(general);
      const model = group === undefined ? undefined : modelAccountFor(scope, group, nowMs, this.#settings);
      if (model !== undefined) accounts.push(model);
    }
    const ends = accounts.flatMap(({ money }) => money.flatMap(({ endsAtMs }) => endsAtMs ?? []));
    const raises = this.scopes.flatMap(({ limits: { tempBudgetIncrease: raise } }) =>
      raise !== undefined && raise.untilMs > nowMs ? [raise.untilMs] : [],
    );
    return { accounts, fromMs: nowMs, untilMs: Math.min(Number.POSITIVE_INFINITY, ...ends, ...raises) };
  }
}

const MOST_MODELS = 1_000;
const NO_ACCOUNTS: readonly ClaimAccount[] = [];
const NO_BUDGETS: readonly PeriodBudget[] = [];

interface Dated {
  readonly accounts: readonly ClaimAccount[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whether these accounts hold now; after a clock was set back, an earlier period may hold. */
function holds({ fromMs, untilMs }: Dated, nowMs: number): boolean {
  return nowMs >= fromMs && nowMs < untilMs;
}

/** The limits that hold for one model group. */
const MODEL_LIMITS = [
  'modelMaxBudget',
  'modelRpmLimit',
  'modelTpmLimit',
  'modelInputTpmLimit',
  'modelOutputTpmLimit',
] as const satisfies readonly (keyof Limits)[];

function hasModelLimits(limits: Limits): boolean {
  return MODEL_LIMITS.some((name) => limits[name] !== undefined);
}

function accountFor(scope: Scope, nowMs: number, settings: LimitSettings): ClaimAccount | undefined {
  const { limits } = scope;
  const money = moneyOf(limits, nowMs).map((budget) => moneyLimit(budget, scope, nowMs, settings));
  const rates = ratesOf(narrowed(limits, limits.budgetLimits ?? NO_BUDGETS), settings);
  if (money.length === 0 && Object.keys(rates).length === 0) return undefined;
  return { id: scope.account, money, ...rates, whenAway: settings.whenAway[scope.kind] };
}

/** A budget as it is counted. Without an amount it only counts, for the soft budget. */
interface CountedBudget {
  readonly max: PicoUsd | undefined;
  readonly duration?: string;
}

/** The counted budgets of an object, in the order of its account's money limits. */
export function moneyOf(limits: Limits, nowMs: number): readonly CountedBudget[] {
  const budgets = budgetsOf(limits, nowMs);
  const { maxBudget, softBudget, budgetDuration: duration } = limits;
  if (softBudget === undefined || maxBudget !== undefined) return budgets;
  return [{ max: undefined, ...defined({ duration }) }, ...budgets];
}

/** All budgets of an object, including a temporary increase while it lasts. */
function budgetsOf(
  { maxBudget, budgetDuration, budgetLimits, tempBudgetIncrease: raise }: Limits,
  nowMs: number,
): readonly PeriodBudget[] {
  const further = budgetLimits ?? [];
  if (maxBudget === undefined) return further;
  const max = raise !== undefined && raise.untilMs > nowMs ? maxBudget + raise.amount : maxBudget;
  return [{ max, ...defined({ duration: budgetDuration }) }, ...further];
}

function moneyLimit(
  { max, duration }: CountedBudget,
  scope: Scope,
  nowMs: number,
  settings: LimitSettings,
): MoneyLimit {
  const { mode, debtRatio } = settings;
  return {
    max: scope.isCountedOnly === true || max === undefined ? UNLIMITED : max,
    debt: mode === 'strict' || max === undefined ? 0n : (max * BigInt(Math.round(debtRatio * 1_000_000))) / 1_000_000n,
    ...periodAt(duration, scope, nowMs, settings),
  };
}

/** The present period of a budget, as a money limit has it. */
export function periodAt(
  duration: string | undefined,
  { anchorMs, limits }: Pick<Scope, 'anchorMs' | 'limits'>,
  nowMs: number,
  {
    timeZone,
    rollover = false,
    neverReset = false,
  }: Pick<LimitSettings, 'timeZone'> & Partial<Pick<LimitSettings, 'rollover' | 'neverReset'>>,
): Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'> {
  const period = duration === undefined || neverReset ? undefined : parsePeriod(duration);
  const window =
    period === undefined
      ? FOR_EVER
      : windowAt(period, nowMs, { timeZone, anchorMs: limits.budgetAnchorMs ?? anchorMs });
  const { name, startsAtMs, endsAtMs } = window;
  const isCarried =
    rollover && endsAtMs !== undefined && limits.maxBudget !== undefined && duration === limits.budgetDuration;
  return {
    window: isCarried ? carryingWindow(name, limits.maxBudget) : name,
    startsAtMs,
    ...defined({ endsAtMs }),
  };
}

/** Limits with the rates that budgets bring: the smallest of each holds. */
function narrowed(limits: Limits, budgets: readonly PeriodBudget[]): Limits {
  let narrow = limits;
  for (const { rpmLimit = Infinity, tpmLimit = Infinity } of budgets) {
    if (rpmLimit < (narrow.rpmLimit ?? Infinity)) narrow = { ...narrow, rpmLimit };
    if (tpmLimit < (narrow.tpmLimit ?? Infinity)) narrow = { ...narrow, tpmLimit };
  }
  return narrow;
}

function ratesOf(limits: Limits, { tokenRateLimitType }: LimitSettings): RateLimits {
  const { rpmLimit, tpmLimit, inputTpmLimit, outputTpmLimit, maxParallelRequests } = limits;
  const input = inputTpmLimit ?? (tokenRateLimitType === 'input' ? tpmLimit : undefined);
  const output = outputTpmLimit ?? (tokenRateLimitType === 'output' ? tpmLimit : undefined);
  return {
    ...defined({
      requestsPerMinute: rpmLimit,
      tokensPerMinute: tokenRateLimitType === 'total' ? tpmLimit : undefined,
      inputTokensPerMinute: input,
      outputTokensPerMinute: output,
      parallelRequests: maxParallelRequests,
    }),
  };
}

/**
 * The name under which a group is limited, so that no spelling of a model is free: its own, else the model's without the provider, else
 * the pattern of the wildcard that serves it.
 */
function limitedName(limits: Limits, { name, pattern }: LimitedModel): string {
  const isLimited = (each: string): boolean =>
    MODEL_LIMITS.some((kind) => ownValue<unknown>(limits[kind], each) !== undefined);
  return [name, name.slice(name.indexOf('/') + 1), pattern ?? name].find(isLimited) ?? name;
}

function modelAccountFor(
  scope: Scope,
  group: LimitedModel,
  nowMs: number,
  settings: LimitSettings,
): ClaimAccount | undefined {
  const { limits } = scope;
  const model = limitedName(limits, group);
  const budget = ownValue(limits.modelMaxBudget, model);
  const rates = ratesOf(
    narrowed(
      defined({
        rpmLimit: ownValue(limits.modelRpmLimit, model),
        tpmLimit: ownValue(limits.modelTpmLimit, model),
        inputTpmLimit: ownValue(limits.modelInputTpmLimit, model),
        outputTpmLimit: ownValue(limits.modelOutputTpmLimit, model),
      }),
      budget === undefined ? NO_BUDGETS : [budget],
    ),
    settings,
  );
  if (budget === undefined && Object.keys(rates).length === 0) return undefined;
  return {
    id: accountOf.model(scope.account, model),
    money: budget === undefined ? [] : [moneyLimit(budget, scope, nowMs, settings)],
    ...rates,
    whenAway: settings.whenAway[scope.kind],
  };
}

/** Whether a tenant may see the figures of an account of this kind: true for all except the gateway's own. */
export function mayShowFigures(kind: ScopeKind): boolean {
  return kind !== 'platform' && kind !== 'deployment' && kind !== 'provider';
}
