import type { PicoUsd } from '../core/money.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** A text as a direction. */
export interface Embedded {
  readonly vector: readonly number[];
  /** Provider, model and address: vectors of others mean something else. */
  readonly by: string;
  /** Undefined: the price is unknown. */
  readonly cost: PicoUsd | undefined;
}

/** What is to be embedded. */
export interface ToEmbed {
  readonly snapshot: Snapshot;
  readonly group: string;
  readonly text: string;
  /** Regions that the text must stay in. */
  readonly regions: readonly string[];
  readonly timeoutMs: number;
}
