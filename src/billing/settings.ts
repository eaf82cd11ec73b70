/** What a configuration says of bills (`reconcile:`). */

/** The reports of one provider. */
export interface ProviderBillConfig {
  /** Never the key of a deployment. */
  readonly adminKey?: string | undefined;
  readonly baseUrl?: string | undefined;
  /** Where the export lies: `project.dataset.table`. */
  readonly table?: string | undefined;
  /** Ids or names of the keys that this gateway uses, if the provider does not show enough of them. */
  readonly keys?: readonly string[] | undefined;
}

/** The whole section. */
export interface ReconcileConfig {
  readonly providers: Readonly<Record<string, ProviderBillConfig>>;
  readonly aliases: ReadonlyMap<string, string>;
  /** The share, 0 to 1, below which a run is a finding. */
  readonly least: number;
  /** How often it runs by itself; undefined: never. */
  readonly everyMs?: number | undefined;
  /** How many whole days each run compares. */
  readonly days: number;
  /** How long after its end a day is complete in the reports. */
  readonly delayMs: number;
}

/** What holds if nothing is said. */
export const NO_RECONCILE: ReconcileConfig = {
  providers: {},
  aliases: new Map(),
  least: 0.999,
  days: 3,
  delayMs: 43_200_000,
};
