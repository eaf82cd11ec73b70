import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { CallTimeouts } from '../../upstream/timeouts.ts';

/**
 * The time limits of one attempt: what the request asks for, else what is configured for the deployment; and never longer than
 * the request as a whole has left.
 */
export function timeoutsOf(exchange: Exchange, deployment: Deployment): CallTimeouts {
  const { stream, controls, deadlineMs } = exchange;
  const configured = deployment.timeouts(stream);
  const asked = stream ? (controls.streamTimeoutMs ?? controls.timeoutMs) : controls.timeoutMs;
  const leftMs = Math.max(1, deadlineMs - exchange.clock.monotonicMs());
  const firstByteMs = asked ?? configured.firstByteMs;
  const headersMs = stream ? headersLimitMs(exchange, deployment, asked) : undefined;
  const isBounded = asked !== undefined || headersMs !== undefined || controls.totalTimeoutMs !== undefined;
  if (!isBounded && firstByteMs <= leftMs && (stream || configured.totalMs <= leftMs)) return configured;
  const firstMs = Math.min(firstByteMs, leftMs);
  return {
    ...configured,
    firstByteMs: firstMs,
    headersMs: Math.min(headersMs ?? firstMs, firstMs),
    idleMs: (stream ? controls.streamTimeoutMs : undefined) ?? configured.idleMs,
    totalMs: totalLimitMs(exchange, configured.totalMs, asked, leftMs),
  };
}

/** A stream that began may go on as long as it keeps coming, unless the request bounds it; a whole answer has to be there. */
function totalLimitMs(
  { stream, controls }: Exchange,
  configuredMs: number,
  asked: number | undefined,
  leftMs: number,
): number {
  if (!stream) return Math.min(asked ?? configuredMs, leftMs);
  return controls.totalTimeoutMs === undefined ? configuredMs : Math.min(configuredMs, leftMs);
}

/** Undefined if the attempt is the last one that can be made: a slow answer is better than none. */
function headersLimitMs(exchange: Exchange, deployment: Deployment, asked: number | undefined): number | undefined {
  const { walk, snapshot, outline } = exchange;
  if (walk?.hasElsewhere !== true) return undefined;
  const limitMs = snapshot.router.headersLimitMs(deployment, asked !== undefined);
  return limitMs === undefined || outline.asksForReasoning ? undefined : limitMs;
}
