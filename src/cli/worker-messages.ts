/** What the primary process and its workers say to each other. */
import type { Origin } from './served-config.ts';

/** What a worker may need of all workers: their metrics, or which way a request went that one of them had. */
export type Wanted = { readonly kind: 'metrics' } | { readonly kind: 'route'; readonly callId: string };

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
  | { readonly kind: 'drain'; readonly reason: string }
  /** Asks for the worker's own share of what is gathered. */
  | { readonly kind: 'tell'; readonly id: number; readonly wanted: Wanted }
  /** Brings the shares of every worker to the one that was asked for them. */
  | { readonly kind: 'gathered'; readonly id: number; readonly shares: readonly unknown[] };

/** From a worker to the primary. */
export type ToPrimary =
  /** Listens to the primary now. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready'; readonly port: number }
  /** Takes nothing new, because of a signal of its own: another may take its place. */
  | { readonly kind: 'draining' }
  /** Could not start; the message is for the operator. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'told'; readonly id: number; readonly share: unknown }
  /** Was asked for what no worker knows alone. */
  | { readonly kind: 'gather'; readonly id: number; readonly wanted: Wanted };
