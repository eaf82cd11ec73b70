import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { Feature } from '../features/feature.ts';
import type { EdgeLimits } from '../server/client-time-limits.ts';
import type { MetricsSnapshot } from '../telemetry/exposition.ts';
import type { Log } from '../telemetry/log.ts';

/** What a gateway is started with. */
export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly masterKey: string;
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** The folder of the database and the journal; undefined: everything is kept in memory and lost with the process. */
  readonly dataFolder?: string;
  /** Serve although other instances may count limits for themselves. */
  readonly unsharedLimits?: boolean;
  /** Another than the machine's. */
  readonly clock?: Clock;
  /** How long clients may take to send, if not as usual. */
  readonly limits?: Partial<EdgeLimits>;
  /** Others than those of `src/features/index.ts`. */
  readonly features?: readonly Feature[];
  /** In one of several worker processes: the metrics of all of them. */
  readonly gatherMetrics?: () => Promise<readonly unknown[]>;
  /** In one of several worker processes: what each of them knows of a request's route. */
  readonly gatherRoute?: (callId: string) => Promise<readonly unknown[]>;
}

/** A running gateway. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Swaps the configuration as a whole; requests in flight keep the one they came under. */
  reload(config: GatewayConfig): void;
  /**
   * Stops accepting, and waits for the requests in flight; all of it takes at most `timeoutMs`. With `mayDelay`, readiness
   * is 503 for the configured delay before that, so that proxies stop sending.
   */
  drain(options: { readonly timeoutMs: number; readonly mayDelay?: boolean }): Promise<void>;
  close(): Promise<void>;
  metricsSnapshot(): Promise<MetricsSnapshot>;
  /** The route that one of this process's last requests took; undefined if it is not remembered. */
  routeOf(callId: string): JsonObject | undefined;
}
