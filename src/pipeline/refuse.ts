import type { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { errorBody, retryHeaders } from '../formats/client-error.ts';
import { headerText } from './header-text.ts';

/** Answers with an error in the client's format, unless some of an answer was sent already or the client has left. */
export function sendError(exchange: Exchange, error: GatewayError): void {
  const { client } = exchange;
  if (client.hasStarted || client.isGone) return;
  exchange.status = error.status;
  const headers = [
    'content-type',
    'application/json',
    'x-litellm-call-id',
    exchange.callId,
    'x-litellm-attempted-retries',
    String(exchange.walk?.attemptedRetries ?? 0),
    'x-litellm-attempted-fallbacks',
    String(exchange.walk?.attemptedFallbacks ?? 0),
    ...retryHeaders(error),
  ];
  if (exchange.group !== undefined) headers.push('x-litellm-model-group', headerText(exchange.group.name));
  if (exchange.deployment !== undefined) headers.push('x-litellm-model-id', headerText(exchange.deployment.id));
  // Both SDKs retry 408, 409, 429 and 5xx by themselves unless the answer says that it is pointless.
  if (error.facts.mayRetry === false || (error.row.source === 'client' && error.row.retry === 'nowhere'))
    headers.push('x-should-retry', 'false');
  client.sendWhole(error.status, headers, errorBody(error, exchange.endpoint.format, exchange.callId));
}
