import { type Clock, systemClock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import { TokenCounter } from '../costs/token-counter.ts';
import { HeavyWork, limitsFor } from '../pipeline/heavy/heavy-work.ts';
import { MetricsRecorder } from '../telemetry/recorder.ts';
import { SettledQueue } from '../telemetry/sinks.ts';
import { Upstream } from '../upstream/upstream.ts';
import type { GatewayOptions } from './gateway.ts';
import type { Shutdown } from './shutdown.ts';

/** What needs nothing but the configuration: time and chance, the way out, the counting of tokens, the metrics. */
export interface Tools {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly upstream: Upstream;
  readonly tokens: TokenCounter;
  readonly heavy: HeavyWork;
  readonly metrics: MetricsRecorder;
  /** Settled requests on their way to the metrics and the log. */
  readonly queue: SettledQueue;
  /** Reports a fault of the gateway that no client waits for. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** Makes the tools. */
export function makeTools({ config, version, log, clock = systemClock }: GatewayOptions, shutdown: Shutdown): Tools {
  const upstream = new Upstream({
    clock,
    connectTimeoutMs: config.routing.connectTimeoutMs,
    mayBeLinkLocal: config.mayBeLinkLocal,
    isIpv4Only: config.server.forceIpv4,
    ...defined({ proxies: config.proxies, tls: config.tls }),
  });
  shutdown.add('outside', () => upstream.close());
  const tokens = new TokenCounter();
  shutdown.add('outside', () => tokens.close());
  const onFault = (what: string, error: unknown): void => log.app.error({ error }, what);
  const heavy = new HeavyWork({ ...limitsFor(config.server.maxRequestBytes), onFault });
  shutdown.add('outside', () => heavy.close());
  const metrics = new MetricsRecorder({ version, ...config.telemetry, ...config.telemetry.metrics });
  const queue = new SettledQueue([metrics, log.requests], {
    onSinkError: (error) => log.app.error({ error }, 'A consumer of settled requests failed'),
  });
  shutdown.add('telemetry', () => queue.flush());
  return { clock, random: Math.random, upstream, tokens, heavy, metrics, queue, onFault };
}
