import type { GatewayError } from '../core/errors.ts';
import type { PicoUsd } from '../core/money.ts';
import type { ReservedAmounts } from '../costs/claim-amounts.ts';
import type { PromptSize } from '../costs/input-estimate.ts';
import type { MediaExtent } from '../costs/media/media-extent.ts';
import type { RateCard } from '../costs/rate-card.ts';
import type { StreamAnswer } from '../lanes/stream-answer.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { ClaimAccount, Remaining } from '../stores/contracts/claims.ts';
import type { Accounts } from '../tenancy/accounts.ts';
import type { RequestFacts } from './request-facts.ts';

/** `stale`: what this instance knows about the caller is out of date; identify and plan once more, then claim again. */
export type Admitted = 'admitted' | 'stale';

/** What a request was admitted with: the accounts it counts for, and what is reserved. */
export interface Admission {
  /** Every account that its spend counts for, limited or not. */
  readonly names: readonly string[];
  /** The scopes behind these accounts, for errors. */
  readonly scopes: readonly Accounts[];
  readonly size: PromptSize;
  /** How large each medium is, once they were measured. */
  extents: readonly MediaExtent[] | undefined;
  /** What a deployment without a price costs: set if a budget applies to the request. */
  readonly ceiling: RateCard | undefined;
  readonly tags: readonly string[];
  readonly organizationId: string | undefined;
  /** Set if limits apply; otherwise only the ledger is settled. */
  claim: OpenClaim | undefined;
  /** A second claim is open, on the tokens of a day. */
  hasDayClaim: boolean;
  /** What all rows of the request share, once the first was made. */
  facts: RequestFacts | undefined;
  /** The request has a line in the journal. */
  isJournalled: boolean;
}

/** Watches what a stream costs while it runs. */
export interface StreamMeter {
  /** Notes bytes of an answer; `refuse` is called, later, if the answer may not go on. */
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
  /** The answer's limit in tokens, if it was lowered to what the budgets still allow. */
  readonly cap: number | undefined;
  /** Watches a stream that may cost more than is held. */
  meter: StreamMeter | undefined;
}
