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
  if (asked === undefined && firstByteMs <= leftMs && (stream || configured.totalMs <= leftMs)) return configured;
  return {
    ...configured,
    firstByteMs: Math.min(firstByteMs, leftMs),
    // A stream that began may go on as long as it keeps coming; a whole answer has to be there.
    totalMs: stream ? configured.totalMs : Math.min(asked ?? configured.totalMs, leftMs),
  };
}
