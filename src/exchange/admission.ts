import type { GatewayError } from '../core/errors.ts';
import type { PicoUsd } from '../core/money.ts';
import type { ReservedAmounts } from '../costs/claim-amounts.ts';
import type { PromptSize } from '../costs/input-estimate.ts';
import type { StreamAnswer } from '../lanes/stream-answer.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { ClaimAccount, Remaining } from '../stores/contracts/claims.ts';
import type { Accounts } from '../tenancy/accounts.ts';
import type { RequestFacts } from './request-facts.ts';

/** `stale`: what this instance knows of the caller is no longer so; identify and plan anew, and ask again. */
export type Admitted = 'admitted' | 'stale';

/** What a request was admitted with: who it counts for, and what is reserved. */
export interface Admission {
  /** Every account that its spend counts for, limited or not. */
  readonly names: readonly string[];
  /** Who these are, for errors. */
  readonly scopes: readonly Accounts[];
  readonly size: PromptSize;
  readonly tags: readonly string[];
  readonly organizationId: string | undefined;
  /** Set where limits apply; without any there is nothing to settle but the ledger. */
  claim: OpenClaim | undefined;
  /** What all rows of the request share, once the first was made. */
  facts: RequestFacts | undefined;
  /** The request stands in the journal. */
  isJournalled: boolean;
}

/** Watches what a stream costs while it runs. */
export interface StreamMeter {
  /** Notes bytes of an answer; `refuse` is called, later, where it may not go on. */
  pass(bytes: number, deployment: Deployment, stream: StreamAnswer, refuse: (error: GatewayError) => void): void;
}

/** What is reserved for a request now. */
export interface OpenClaim {
  readonly accounts: readonly ClaimAccount[];
  readonly remaining: readonly Remaining[];
  readonly amounts: ReservedAmounts;
  hold: PicoUsd;
  exposure: PicoUsd;
  /** What each attempt was granted. */
  readonly perAttempt: PicoUsd;
  /** The most tokens that may be answered, where that was lowered to what the budgets still allow. */
  readonly cap: number | undefined;
  /** Watches a stream that may cost more than is held. */
  meter: StreamMeter | undefined;
}
