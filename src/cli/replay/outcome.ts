/** What would have become of one recorded request. */
import type { PicoUsd } from '../../core/money.ts';
import type { RecordedCall } from './recorded-call.ts';

/** How it ends under the other configuration. */
export interface Outcome {
  readonly call: RecordedCall;
  readonly kind: 'same' | 'moved' | 'refused' | 'still-refused' | 'cached' | 'newly-served' | 'not-replayed';
  readonly cost: PicoUsd;
  /** Undefined: unknown. */
  readonly ms: number | undefined;
  readonly group: string;
  /** Its usage has no price there. */
  readonly isUnpriced?: boolean;
  /** The error of one that is refused. */
  readonly error?: string;
  /** The places of one that moved. */
  readonly from?: string;
  readonly to?: string;
}
