/** Streams that broke off after some of them was sent: each is continued, found to be whole, or ended with an error. */
import type { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { chooseLane, mergesReasoning } from '../../lanes/choose-lane.ts';
import { mayContinue, styleAfterRefusal } from '../../lanes/continue/continuation.ts';
import { endOfComplete, readConversation, styleForDeployment } from '../../lanes/continue/prepare-continuation.ts';
import { unmerged } from '../../lanes/continue/unmerged.ts';
import type { StreamAnswer } from '../../lanes/stream-answer.ts';
import type { Deployment } from '../../snapshot/deployment.ts';

/** What to do with a broken stream. `ended`: the answer is whole; only its end mark was missing, and is sent. */
type Continuation = 'continue' | 'ended' | 'impossible';

/** Leaves a client's stream open after an attempt broke off: `stream` is the attempt's, `error` why it broke. */
export function leaveBroken(exchange: Exchange, stream: StreamAnswer, error: GatewayError): void {
  exchange.continuity ??= { record: undefined, broken: undefined };
  const { continuity } = exchange;
  const { broken } = continuity;
  // What the client sees, and the usage of its beginning, are those of the first attempt that broke off.
  continuity.broken =
    broken === undefined
      ? { stream, error, firstUsage: stream.usage() }
      : { stream, error: broken.error, firstUsage: broken.firstUsage };
}

/** Reads what the client has of the broken stream and makes its rest ready to be asked for. */
export function readyToContinue(exchange: Exchange): Continuation {
  const { continuity, client, deployment } = exchange;
  if (continuity?.record === undefined || deployment === undefined || client.isGone) return 'impossible';
  const { record, broken } = continuity;
  if (broken === undefined) return 'impossible';
  const read = record.readSent();
  const sent = mergesReasoning(exchange.endpoint.format, deployment) ? unmerged(read) : read;
  const request = readConversation(exchange);
  const verdict = mayContinue(sent, request);
  if (verdict.ok) {
    continuity.broken = { ...broken, rest: { sent, request } };
    return 'continue';
  }
  if (verdict.why !== 'complete') return 'impossible';
  client.endStream(endOfComplete(exchange, deployment, sent, broken.stream.usage()));
  return 'ended';
}

/**
 * Whether to ask the same deployment once more, in another style, because it refused to continue another deployment's
 * answer.
 */
export function restyle(exchange: Exchange, deployment: Deployment, status: number | undefined): boolean {
  const { continuity } = exchange;
  const broken = continuity?.broken;
  // Rare enough to be found out here, however large the request is.
  const choice = chooseLane(exchange, deployment, Number.POSITIVE_INFINITY);
  if (continuity === undefined || broken?.rest === undefined || broken.rest.style !== undefined || choice === undefined)
    return false;
  const style = styleAfterRefusal(styleForDeployment(deployment, choice, broken.rest.request), status ?? 0);
  if (style === undefined) return false;
  continuity.broken = { ...broken, rest: { ...broken.rest, style } };
  return true;
}

/** Resets the style: the next deployment may accept what this one refused. */
export function forgetStyle(exchange: Exchange): void {
  const { continuity } = exchange;
  const broken = continuity?.broken;
  if (continuity === undefined || broken?.rest?.style === undefined) return;
  const { sent, request } = broken.rest;
  continuity.broken = { ...broken, rest: { sent, request } };
}

/** Ends a stream that no deployment continues with an error in the client's format. */
export function endBroken(exchange: Exchange): void {
  const { continuity, client } = exchange;
  const broken = continuity?.broken;
  if (broken === undefined || client.isGone) return;
  client.endStream(broken.stream.fail(broken.error));
}
