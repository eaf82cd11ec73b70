import { usdNumber } from '../../core/money.ts';
import type { BudgetReading, BudgetReadings, GaugedKind, ModelRateReading } from '../../telemetry/budget-gauges.ts';
import { periodAt } from '../../tenancy/accounts.ts';
import type { Scope } from '../../tenancy/scopes.ts';
import type { BudgetObservations, RateSight } from './budget-observations.ts';
import type { WatchedBudget } from './watched-budget.ts';

/** What decides which budgets are shown. */
interface ReadingOptions {
  readonly nowMs: number;
  /** Where calendar periods begin. */
  readonly timeZone: string;
  /** Users and customers are not shown. */
  readonly hidePersonalData: boolean;
  /** Customers are, though clients choose who they are. */
  readonly endUserLabel: boolean;
  readonly most: number;
}

const NONE = 'None';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Budgets and rates as requests last saw them, in the words of gauges: made when somebody scrapes. */
export function readBudgets(sights: BudgetObservations, options: ReadingOptions): BudgetReadings {
  const budgets: BudgetReading[] = [];
  for (const { scope, budgets: all } of sights.all) {
    const kind = shownKind(scope, options);
    const budget = all.find(({ max, owner }) => max !== undefined && owner.model === undefined);
    if (kind === undefined || budget === undefined) continue;
    if (budgets.length >= options.most) break;
    budgets.push(readingOf(kind, scope, budget, options));
  }
  const rates: ModelRateReading[] = [];
  for (const sight of sights.rates) {
    if (budgets.length + rates.length >= options.most) break;
    rates.push(rateOf(sight, options.nowMs));
  }
  return { budgets, rates };
}

function shownKind({ kind }: Scope, { hidePersonalData, endUserLabel }: ReadingOptions): GaugedKind | undefined {
  switch (kind) {
    case 'key':
    case 'team':
    case 'organization':
    case 'provider':
      return kind;
    case 'user':
      return hidePersonalData ? undefined : kind;
    case 'customer':
      return hidePersonalData || !endUserLabel ? undefined : kind;
    default:
      return undefined;
  }
}

function readingOf(
  kind: GaugedKind,
  scope: Scope,
  budget: WatchedBudget,
  { nowMs, timeZone }: ReadingOptions,
): BudgetReading {
  const max = budget.max ?? 0n;
  // Its period may have ended since anybody used it: then nothing of the next one is spent yet.
  const isOver = budget.endsAtMs !== undefined && budget.endsAtMs <= nowMs;
  const endsAtMs = isOver ? periodAt(budget.period, scope, nowMs, { timeZone }).endsAtMs : budget.endsAtMs;
  return {
    kind,
    labels: labelsOf(kind, budget),
    max: usdNumber(max),
    remaining: usdNumber(isOver ? max : max - budget.spent),
    hoursLeft: endsAtMs === undefined ? undefined : (endsAtMs - nowMs) / HOUR_MS,
    seenAtMs: budget.seenAtMs,
  };
}

function labelsOf(kind: GaugedKind, { owner }: WatchedBudget): Readonly<Record<string, string>> {
  switch (kind) {
    case 'key':
      return { hashed_api_key: owner.keyHash ?? NONE, api_key_alias: owner.keyAlias ?? NONE };
    case 'team':
      return { team: owner.teamId ?? NONE, team_alias: owner.teamAlias ?? NONE };
    case 'user':
      return { user: owner.userId ?? NONE };
    case 'organization':
      return { org_id: owner.organizationId ?? NONE, org_alias: owner.organizationAlias ?? NONE };
    case 'customer':
      return { end_user: owner.customerId ?? NONE };
    case 'provider':
      return { api_provider: owner.provider ?? NONE };
  }
}

function rateOf({ account, remaining, identity, atMs }: RateSight, nowMs: number): ModelRateReading {
  // After a minute without a request all of a limit is free again.
  const isFree = nowMs - atMs >= MINUTE_MS;
  return {
    labels: {
      hashed_api_key: identity.keyHash,
      api_key_alias: identity.alias ?? NONE,
      model: account.id.slice(account.id.indexOf('/model:') + '/model:'.length),
    },
    requests: isFree ? account.requestsPerMinute : remaining.requests,
    tokens: isFree ? account.tokensPerMinute : remaining.tokens,
    seenAtMs: atMs,
  };
}
