import type { ScopeKind } from '../../config/gateway-config.ts';
import type { PicoUsd } from '../../core/money.ts';

/** What is reported about a budget. `threshold`: the configured share is spent. `soft`: the soft budget is. `exhausted`: it refuses. */
export type AlertKind = 'threshold' | 'soft' | 'exhausted' | 'forecast';

/** Whose budget it is, as far as that is known. */
export interface BudgetOwner {
  readonly keyHash?: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly userEmail?: string;
  readonly teamId?: string;
  readonly teamAlias?: string;
  readonly organizationId?: string;
  readonly organizationAlias?: string;
  readonly customerId?: string;
  readonly tag?: string;
  readonly deploymentId?: string;
  readonly provider?: string;
  /** The model group, where the budget is one for a model. */
  readonly model?: string;
}

/** What had been spent at a moment. */
export interface SpendAt {
  readonly atMs: number;
  readonly spent: PicoUsd;
}

/** A budget in one period, with what requests last saw of it. Kept in memory, and changed by every request, so not readonly. */
export interface WatchedBudget {
  readonly account: string;
  readonly kind: ScopeKind;
  /** How people call it: `Key=app`, `Team=t1`. */
  label: string;
  owner: BudgetOwner;
  /** Undefined: there is only a soft budget. */
  readonly max: PicoUsd | undefined;
  readonly soft: PicoUsd | undefined;
  /** The period as it is written; undefined: it never resets. */
  readonly period: string | undefined;
  readonly window: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | undefined;
  spent: PicoUsd;
  seenAtMs: number;
  /** Spend from which on there is something to tell that was not told yet. */
  alertAt: PicoUsd;
  readonly told: Set<AlertKind>;
  /** Spend within the last hour and a half, for the forecast. */
  recent: SpendAt | undefined;
  earlier: SpendAt | undefined;
}
