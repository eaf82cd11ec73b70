/** What requests see of budgets on their way: kept by reference, for alerts and gauges, so that neither asks a store. */

import type { Clock } from '../../core/clock.ts';
import type { PicoUsd } from '../../core/money.ts';
import { ownValue } from '../../core/own-value.ts';
import type { OpenClaim } from '../../exchange/admission.ts';
import type { Asker, LimitListener } from '../../exchange/slots.ts';
import type { ClaimAccount, MoneyLimit, Refusal, Remaining } from '../../stores/contracts/claims.ts';
import { moneyOf, UNLIMITED } from '../../tenancy/accounts.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Scope } from '../../tenancy/scopes.ts';
import type { BudgetAlerts } from './budget-alerts.ts';
import { ownerOf } from './budget-owner.ts';
import type { WatchedBudget } from './watched-budget.ts';

/** The budgets of one account. */
interface Sight {
  readonly account: string;
  readonly scope: Scope;
  /** In the order of the account's money limits. */
  readonly budgets: readonly WatchedBudget[];
}

/** What was left of a key's rates for one model when it was last admitted. */
export interface RateSight {
  readonly account: ClaimAccount;
  readonly remaining: Remaining;
  readonly identity: Identity;
  readonly atMs: number;
}

/** Budgets that are remembered; of more, those that were first seen longest ago are forgotten until they are seen again. */
const MOST_SIGHTS = 50_000;
const MOST_RATES = 10_000;

/** What observing needs. */
interface BudgetObservationsOptions {
  readonly alerts: Pick<BudgetAlerts, 'watch' | 'reached' | 'refused' | 'fell'>;
  readonly clock: Clock;
}

/** Every budget as it was last seen. A request pays a look into a map and a comparison for each of its budgets. */
export class BudgetObservations implements LimitListener {
  readonly #alerts: BudgetObservationsOptions['alerts'];
  readonly #clock: Clock;
  readonly #byId = new Map<string, Sight>();
  /** The accounts of a claim are the same objects until a period ends or a limit is changed. */
  readonly #byAccount = new WeakMap<ClaimAccount, Sight>();
  readonly #rates = new Map<string, RateSight>();

  constructor({ alerts, clock }: BudgetObservationsOptions) {
    this.#alerts = alerts;
    this.#clock = clock;
  }

  /** All that is remembered. */
  get all(): Iterable<Sight> {
    return this.#byId.values();
  }

  get rates(): Iterable<RateSight> {
    return this.#rates.values();
  }

  *budgets(): Generator<WatchedBudget> {
    for (const { budgets } of this.#byId.values()) yield* budgets;
  }

  /** A claim was granted. */
  admitted({ accounts, remaining }: OpenClaim, asker: Asker, nowMs: number): void {
    for (let index = 0; index < accounts.length; index += 1) {
      const account = accounts[index];
      const left = remaining[index];
      if (account === undefined || left === undefined) continue;
      if (left.requests !== undefined || left.tokens !== undefined) this.#noteRates(account, left, asker, nowMs);
      if (account.money.length === 0) continue;
      const sight = this.#sightOf(account, asker, nowMs);
      if (sight === undefined) continue;
      for (let each = 0; each < left.money.length; each += 1) {
        const budget = budgetIn(sight, account.money[each], each);
        const spent = left.money[each]?.spent;
        if (budget === undefined || spent === undefined) continue;
        if (spent < budget.spent && wasReset(budget, spent)) this.#alerts.fell(budget);
        budget.spent = spent;
        budget.seenAtMs = nowMs;
        if (spent >= budget.alertAt) this.#alerts.reached(budget);
      }
    }
  }

  /** A claim was refused. */
  refused(refusal: Refusal, accounts: readonly ClaimAccount[], asker: Asker, nowMs: number): void {
    if (
      refusal.limit !== 'money' ||
      refusal.isTemporary ||
      refusal.isStoreUnavailable === true ||
      refusal.isStale === true
    )
      return;
    const account = accounts.find(({ id }) => id === refusal.account);
    const sight = account === undefined ? undefined : this.#sightOf(account, asker, nowMs);
    const budget = sight?.budgets.find(({ window, max }) => window === refusal.window && max === refusal.max);
    if (budget === undefined) return;
    budget.spent = refusal.used;
    budget.seenAtMs = nowMs;
    if (budget.spent >= budget.alertAt) this.#alerts.reached(budget);
    this.#alerts.refused(budget);
  }

  /** A claim was settled. */
  settled({ accounts }: OpenClaim, cost: PicoUsd): void {
    if (cost === 0n) return;
    for (const account of accounts) {
      const sight = account.money.length === 0 ? undefined : this.#byAccount.get(account);
      if (sight === undefined) continue;
      const current = this.#byId.get(account.id) ?? sight;
      for (let index = 0; index < account.money.length; index += 1) {
        const budget = budgetIn(current, account.money[index], index);
        if (budget === undefined) continue;
        budget.spent += cost;
        if (budget.spent >= budget.alertAt) this.#alerts.reached(budget);
      }
    }
  }

  /** The budget of a deployment or a provider was looked at. */
  looked(scope: Scope, period: Omit<MoneyLimit, 'max' | 'debt'>, spent: PicoUsd): void {
    const nowMs = this.#clock.nowMs();
    const { maxBudget = 0n } = scope.limits;
    let sight = this.#byId.get(scope.account);
    const known = sight?.budgets[0];
    if (known === undefined || known.window !== period.window || known.max !== maxBudget) {
      const account = { id: scope.account, money: [{ ...period, max: maxBudget, debt: 0n }] };
      sight = this.#define(account, scope, undefined, nowMs);
    }
    const budget = sight?.budgets[0];
    if (budget === undefined) return;
    if (spent !== budget.spent) budget.seenAtMs = nowMs;
    budget.spent = spent;
    if (spent >= budget.alertAt) this.#alerts.reached(budget);
  }

  /** The configuration is another one: thresholds may be, and deployments or providers may be gone. */
  reconfigured(): void {
    for (const [id, { scope }] of this.#byId) {
      if (scope.kind === 'deployment' || scope.kind === 'provider') this.#byId.delete(id);
    }
    for (const budget of this.budgets()) this.#alerts.watch(budget);
  }

  #sightOf(account: ClaimAccount, { scopes, identity }: Asker, nowMs: number): Sight | undefined {
    const known = this.#byAccount.get(account);
    if (known !== undefined) return known;
    const scope = scopes.map((each) => each.scopeOf(account.id)).find((found) => found !== undefined);
    if (scope === undefined) return undefined;
    const sight = this.#define(account, scope, identity, nowMs);
    this.#byAccount.set(account, sight);
    return sight;
  }

  /** Works out what an account's budgets are. What is known of one goes on within its period, whatever else was changed. */
  #define(account: ClaimAccount, scope: Scope, identity: Identity | undefined, nowMs: number): Sight {
    const model = account.id === scope.account ? undefined : account.id.slice(`${scope.account}/model:`.length);
    const configured =
      model === undefined
        ? moneyOf(scope.limits, nowMs)
        : [ownValue(scope.limits.modelMaxBudget, model) ?? { max: undefined }];
    const before = this.#byId.get(account.id)?.budgets ?? [];
    const owner = ownerOf(scope, identity, model);
    const budgets = account.money.map(({ max, window, startsAtMs, endsAtMs }, index): WatchedBudget => {
      const same = before[index]?.window === window ? before[index] : undefined;
      // An account that only counts has no budget in the store; its owner's is known nevertheless.
      const actual = max === UNLIMITED ? configured[index]?.max : max;
      const isAlike = same?.max === actual && same?.soft === softOf(scope, index, model);
      if (same !== undefined && isAlike) {
        // Its owner may have got another name, or a key another hash.
        same.label = scope.label;
        same.owner = owner;
        return same;
      }
      const budget: WatchedBudget = {
        account: account.id,
        kind: scope.kind,
        label: scope.label,
        owner,
        max: actual,
        soft: softOf(scope, index, model),
        period: configured[index]?.duration,
        window,
        startsAtMs,
        endsAtMs,
        spent: same?.spent ?? 0n,
        seenAtMs: nowMs,
        alertAt: 0n,
        // A lifetime's budget that was raised is a new one.
        told: new Set(endsAtMs !== undefined || same?.max === actual ? same?.told : []),
        recent: same?.recent,
        earlier: same?.earlier,
      };
      this.#alerts.watch(budget);
      return budget;
    });
    const sight: Sight = { account: account.id, scope, budgets };
    keepIn(this.#byId, account.id, sight, MOST_SIGHTS);
    return sight;
  }

  #noteRates(account: ClaimAccount, remaining: Remaining, { identity }: Asker, atMs: number): void {
    if (identity === undefined || !account.id.startsWith('key:') || !account.id.includes('/model:')) return;
    keepIn(this.#rates, account.id, { account, remaining, identity, atMs }, MOST_RATES);
  }
}

/**
 * Whether somebody reset a budget. What requests see of a shared store may lag a little behind what was settled here, so less than a
 * tenth of the budget says nothing.
 */
function wasReset({ spent, max, soft }: WatchedBudget, now: PicoUsd): boolean {
  return (spent - now) * 10n >= (max ?? soft ?? 0n);
}

/** A request that began in an earlier period has nothing to say of this one. */
function budgetIn({ budgets }: Sight, limit: MoneyLimit | undefined, index: number): WatchedBudget | undefined {
  const budget = budgets[index];
  return budget?.window === limit?.window ? budget : undefined;
}

/** The soft budget is beside an object's own budget, not beside those for a model or a further period. */
function softOf({ limits }: Scope, index: number, model: string | undefined): PicoUsd | undefined {
  return index === 0 && model === undefined ? limits.softBudget : undefined;
}

function keepIn<Value>(map: Map<string, Value>, id: string, value: Value, most: number): void {
  if (map.size >= most && !map.has(id)) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(id, value);
}
