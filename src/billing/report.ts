/** The result of a comparison. Plain JSON, so that it can be printed, stored and posted. */

/** One provider's bill against the ledger. */
export interface BillReport {
  readonly provider: string;
  /** The first and the last day, both included. */
  readonly from: string;
  readonly to: string;
  /** Of all tokens on either side, weighted by their prices, the share that is on both; 0 to 1. */
  readonly matched: number;
  /** The same for requests; null if the provider does not count them. */
  readonly matched_requests: number | null;
  /** Of what the provider charged for tokens, the share that the ledger's rates give too; null if the provider says no costs. */
  readonly prices_agree: number | null;
  readonly provider_usd: string | null;
  /** What the ledger booked, with orphans at their holds. */
  readonly ledger_usd: string;
  readonly requests: { readonly provider: number | null; readonly ledger: number };
  readonly tokens: {
    readonly provider: Readonly<Record<string, number>>;
    readonly ledger: Readonly<Record<string, number>>;
  };
  readonly prices: readonly PriceDifference[];
  readonly differences: readonly Difference[];
  /** Differences that are not listed one by one. */
  readonly more_differences: number;
  readonly unpriced: Named;
  /** Requests that a killed gateway had under way. */
  readonly orphans: Named;
  /** Usage of keys that this gateway does not use; not compared. */
  readonly elsewhere: readonly Elsewhere[];
  /** What was charged for something that is not tokens of a model; not compared. */
  readonly other_costs: readonly { readonly what: string; readonly usd: string }[];
  readonly notes: readonly string[];
}

/** Calls by their ids; of many only the first. */
export interface Named {
  readonly count: number;
  readonly calls: readonly string[];
}

/** A kind of tokens that the provider charges otherwise than the ledger. */
export interface PriceDifference {
  readonly model: string;
  readonly tier: string;
  readonly kind: string;
  readonly provider_usd_per_million: string;
  readonly ledger_usd_per_million: string;
  readonly percent: number;
  /** What the difference makes in all; negative: the provider charges less. */
  readonly usd: string;
}

/**
 * Tokens that are on one side only. `not-in-ledger`: the provider billed more; `not-in-bill`: the ledger has more; `counts-differ`: as many
 * requests on both sides, with other counts.
 */
export interface Difference {
  readonly what: 'not-in-ledger' | 'not-in-bill' | 'counts-differ';
  readonly model: string;
  readonly key: string | null;
  readonly tier: string;
  readonly date: string;
  /** The first and the last minute or hour that it lies in, if the provider tells as finely. */
  readonly from: string | null;
  readonly to: string | null;
  /** Billed less booked. */
  readonly requests: number | null;
  readonly tokens: Readonly<Record<string, number>>;
  readonly usd: string;
  /** Calls of the ledger in that time that it may come from. */
  readonly calls: readonly string[];
  readonly why: string;
}

/** What another key of the account used. */
interface Elsewhere {
  readonly key: string;
  readonly requests: number;
  readonly tokens: Readonly<Record<string, number>>;
}

/** The lowest of the shares that count. */
export function agreement({ matched, matched_requests, prices_agree }: BillReport): number {
  return Math.min(matched, matched_requests ?? 1, prices_agree ?? 1);
}
