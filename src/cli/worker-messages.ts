/** What the primary process and its workers say to each other. */
import type { Origin } from './served-config.ts';

/** From the primary to a worker. */
export type ToWorker =
  | {
      readonly kind: 'start';
      readonly masterKey: string;
      readonly port: number;
      readonly origin: Origin;
      readonly simulatorUrl: string;
    }
  | { readonly kind: 'reload' }
  | { readonly kind: 'drain' }
  /** Asks for the worker's own metrics. */
  | { readonly kind: 'take-metrics'; readonly id: number }
  /** Brings the metrics of every worker to the one that was asked for them. */
  | { readonly kind: 'all-metrics'; readonly id: number; readonly snapshots: readonly unknown[] };

/** From a worker to the primary. */
export type ToPrimary =
  /** Listens to the primary now. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready'; readonly port: number }
  /** Could not start; the message is for the operator. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'metrics'; readonly id: number; readonly snapshot: unknown }
  /** Was asked for `/metrics` and needs those of all workers. */
  | { readonly kind: 'gather-metrics'; readonly id: number };
