import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { errorBody, isFinal, requestIdHeader, retryHeaders, statusFor } from '../formats/client-error.ts';
import { addLimits } from './answering/answer-headers.ts';
import { headerText } from './header-text.ts';

/** Answers with an error in the client's format, unless some of an answer was sent already or the client has left. */
export function sendError(exchange: Exchange, error: GatewayError): void {
  const { client } = exchange;
  if (client.hasStarted || client.isGone) return;
  const { format } = exchange.endpoint;
  const status = statusFor(error, format);
  exchange.status = status;
  const headers = [
    'content-type',
    'application/json',
    'x-litellm-call-id',
    exchange.callId,
    requestIdHeader(format),
    exchange.callId,
    'x-litellm-attempted-retries',
    String(exchange.walk?.attemptedRetries ?? 0),
    'x-litellm-attempted-fallbacks',
    String(exchange.walk?.attemptedFallbacks ?? 0),
    ...retryHeaders(error),
  ];
  if (exchange.group !== undefined) headers.push('x-litellm-model-group', headerText(exchange.group.name));
  if (exchange.deployment !== undefined) {
    headers.push('x-litellm-model-id', headerText(exchange.deployment.id));
    addLimits(headers, exchange, exchange.deployment);
  } else if (exchange.controls.timeoutMs !== undefined) {
    headers.push('x-litellm-timeout', String(exchange.controls.timeoutMs / 1_000));
  }
  if (isFinal(error)) headers.push('x-should-retry', 'false');
  client.sendWhole(status, headers, errorBody(withPromptSize(error, exchange), format, exchange.callId));
}

/** Claude's words for a prompt that is too long hold two numbers; what the provider did not say is what the gateway estimated. */
function withPromptSize(error: GatewayError, { needs, group, deployment }: Exchange): GatewayError {
  if (error.code !== 'upstream_context_window') return error;
  const limits = group?.deployments.map(({ priced }) => priced.facts.maxInputTokens ?? 0) ?? [];
  const configured = deployment?.priced.facts.maxInputTokens ?? Math.max(0, ...limits);
  const mostTokens = error.facts.mostTokens ?? (configured > 0 ? configured : undefined);
  if (mostTokens === undefined) return error;
  const promptTokens = error.facts.promptTokens ?? Math.max(needs?.inputTokens ?? 0, mostTokens + 1);
  return new GatewayError(error.code, error.message, { ...error.facts, promptTokens, mostTokens });
}
