/** What an import did with one object, as it is stored. */
export interface RecordedEntry {
  /** The object was made: when it was last changed by then, or for a membership, as which text it was stored. */
  readonly made?: number | string;
  /** What an earlier run knew of it. */
  readonly seenBefore?: string;
  /** What was counted as spent: the account, the quarter of an hour, and pico-USD. */
  readonly spent?: readonly (readonly [account: string, bucket: number, cost: string])[];
}
