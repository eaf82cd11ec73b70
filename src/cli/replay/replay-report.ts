/** The result of a replay. Plain JSON. */

/** One configuration over recorded requests, against what was recorded. */
export interface ReplayReport {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  /** Requests of which more than the ledger's rows was recorded. */
  readonly recorded_bodies: number;
  readonly recorded: Total;
  readonly replayed: Total;
  /** What the other configuration saves; negative: it costs more. */
  readonly saved_usd: string;
  readonly outcomes: {
    /** Answered by the same deployments. */
    readonly same: number;
    /** Answered by another deployment or model. */
    readonly moved: number;
    readonly refused: number;
    /** Refused then and now. */
    readonly still_refused: number;
    /** Answered from the cache of answers. */
    readonly cached: number;
    /** Refused then, and served now: what they would cost is unknown. */
    readonly newly_served: number;
    /** Of a kind that cannot be planned from the ledger; counted as recorded. */
    readonly not_replayed: number;
  };
  /** Requests answered as before, at other prices. */
  readonly repriced: number;
  readonly unpriced: number;
  readonly moves: readonly Move[];
  readonly refusals: readonly Refused[];
  readonly groups: readonly GroupTotal[];
  readonly expected_quality: number | null;
  readonly assumptions: readonly string[];
  readonly unknown: readonly string[];
}

/** Money and time of all requests. */
export interface Total {
  readonly usd: string;
  /** Of requests that were answered; null: none, or no deployment that answers was ever recorded. */
  readonly median_ms: number | null;
  readonly p95_ms: number | null;
}

/** Requests that go elsewhere. */
interface Move {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  readonly recorded_usd: string;
  readonly replayed_usd: string;
}

/** Requests that are refused. */
interface Refused {
  readonly error: string;
  readonly calls: number;
  /** The first ones, by their ids. */
  readonly named: readonly string[];
  /** What they cost when they were served. */
  readonly recorded_usd: string;
}

/** The requests for one group. */
interface GroupTotal {
  readonly group: string;
  readonly calls: number;
  readonly recorded_usd: string;
  readonly replayed_usd: string;
}
