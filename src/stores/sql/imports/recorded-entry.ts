/** What an import did with one object, as it is stored. */
export interface RecordedEntry {
  /** The object was made: when it was last changed by then, or for a membership, as which text it was stored. */
  readonly made?: number | string;
  /** What an earlier run knew of it. */
  readonly seenBefore?: string;
  /** What was counted as spent: the account, the quarter of an hour, and pico-USD. */
  readonly spent?: readonly (readonly [account: string, bucket: number, cost: string])[];
}

/** What an import did with one row that is not an object, as it is stored: what is new of sums, and what was there before. */
export interface RecordedRow {
  /** What an earlier run knew of it. */
  readonly seenBefore?: string;
  readonly account?: string;
  /** Added to what the account spent: pico-USD by quarters of an hour. */
  readonly costs?: readonly (readonly [bucket: number, cost: string])[];
  /** Added to what the account spent in all. */
  readonly total?: string;
  /** Put in place of an earlier reset. */
  readonly reset?: { readonly at: number; readonly before: StoredReset | null };
  /** Added to sums of a day, or of a day and tag. */
  readonly tag?: string;
  readonly by?: readonly string[];
  readonly sums?: readonly string[];
  /** These are sums of what was saved. */
  readonly areSavings?: true;
}

/** A reset of an account as a row has it, in texts. */
export interface StoredReset {
  readonly at: number;
  readonly cost: string;
}
