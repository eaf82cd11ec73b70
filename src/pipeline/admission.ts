import type { PicoUsd } from '../core/money.ts';
import type { PromptSize } from '../costs/input-estimate.ts';
import type { ClaimAccount, ClaimAmounts, Remaining } from '../stores/contracts/claims.ts';
import type { Accounts } from '../tenancy/accounts.ts';
import type { Meter } from './meter.ts';

/** `stale`: what this instance knows of the caller is no longer so; identify and plan anew, and ask again. */
export type Admitted = 'admitted' | 'stale';

/** What a request was admitted with: who it counts for, and what is reserved. */
export interface Admission {
  /** Every account that its spend counts for, limited or not. */
  readonly names: readonly string[];
  /** Who these are, for errors. */
  readonly scopes: readonly Accounts[];
  readonly size: PromptSize | undefined;
  readonly tags: readonly string[];
  readonly organizationId: string | undefined;
  /** Set where limits apply; without any there is nothing to settle but the ledger. */
  claim: OpenClaim | undefined;
  /** The request stands in the journal. */
  isJournalled: boolean;
}

/** What is reserved for a request now. */
export interface OpenClaim {
  readonly accounts: readonly ClaimAccount[];
  readonly remaining: readonly Remaining[];
  readonly amounts: ClaimAmounts;
  hold: PicoUsd;
  exposure: PicoUsd;
  /** What each attempt was granted. */
  readonly perAttempt: PicoUsd;
  /** The most tokens that may be answered, where that was lowered to what the budgets still allow. */
  readonly cap: number | undefined;
  /** Watches a stream that may cost more than is held. */
  meter: Meter | undefined;
}
