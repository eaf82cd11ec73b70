/** The reports of what was billed. */
export interface SimulatedBilling {
  /** The keys that may read them (`admin-key`). */
  readonly adminKeys?: readonly string[];
  /** How long a call is in no report yet. */
  readonly delayMs?: number;
  /** How far the provider's clock is before the gateway's. */
  readonly skewMs?: number;
  /** The most buckets or rows of a page, if fewer than are asked for. */
  readonly pageSize?: number;
}

/** Whose bill it is. */
export type Biller = 'openai' | 'anthropic' | 'gemini';

/** What the book counts by itself. */
export const BOOKED = ['input', 'cached', 'written', 'writtenOneHour', 'output'] as const;
/** A kind of tokens. */
export type Booked = (typeof BOOKED)[number];

/** A call that no gateway made. */
export interface PlantedCall {
  readonly biller: Biller;
  readonly model: string;
  readonly key: string;
  readonly atMs: number;
  readonly isEmbedding?: boolean;
  readonly tokens: Partial<Record<Booked, number>>;
}

/** What tests write into the book. */
export interface PlantableBook {
  plant(call: PlantedCall): void;
  /** Charges a kind of a model's tokens so much a million, in USD, in place of the list price. */
  setPrice(model: string, kind: Booked, usdPerMillion: number): void;
}
