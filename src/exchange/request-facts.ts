import type { LedgerRow } from '../stores/contracts/ledger.ts';

/** What all rows of a request share. */
export type RequestFacts = Omit<
  LedgerRow,
  | 'attemptId'
  | 'attempt'
  | 'startedAtMs'
  | 'endedAtMs'
  | 'status'
  | 'inputTokens'
  | 'outputTokens'
  | 'isEstimated'
  | 'accounts'
>;
