/** Says what the prompt caches of providers would do with a request, deployment by deployment. */
import { formatUsd } from '../../core/money.ts';
import type { CacheForecasts, PromptForecast } from '../../exchange/cache-forecasts.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { NO_SLOTS, type WrittenCall } from '../../exchange/slots.ts';
import { chooseLane } from '../../lanes/choose-lane.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { prepare } from '../answering/prepare.ts';
import { headerText } from '../header-text.ts';

/** Each is a request written once more. */
const MOST_DEPLOYMENTS = 4;

/** The request as its lane writes it for a deployment; undefined if that does not offer the operation. Throws as `prepare` does. */
export function writtenFor(exchange: Exchange, deployment: Deployment): WrittenCall | undefined {
  const choice = chooseLane(exchange, deployment);
  if (choice === undefined) return undefined;
  const { body } = prepare(exchange, deployment, choice);
  return { deployment, format: choice.operation.format, body };
}

/** The same where no client waits meanwhile: however large the request is. */
export function writtenOffline(exchange: Exchange, deployment: Deployment): WrittenCall | undefined {
  return writtenFor(aside(exchange, { mostParsedBytes: Number.POSITIVE_INFINITY }), deployment);
}

/** A request beside a request, of which nothing is changed by what is done with it. */
function aside(exchange: Exchange, more: { readonly mostParsedBytes?: number } = {}): Exchange {
  const { body, client, stream, streamUsage } = exchange;
  return Object.assign(exchange.part(body, client), {
    slots: NO_SLOTS,
    continuity: undefined,
    stream,
    streamUsage,
    ...more,
  });
}

/** The same for a request under way. */
function foretellAside(
  exchange: Exchange,
  deployment: Deployment,
  { prompt }: CacheForecasts,
): PromptForecast | undefined {
  try {
    const beside = aside(exchange);
    const call = writtenFor(beside, deployment);
    return call === undefined ? undefined : prompt?.(beside, call, exchange.identity?.isAdmin === true);
  } catch {
    // What keeps a deployment from being asked is said if it is asked.
    return undefined;
  }
}

/** Notes what is foretold of a request at the first deployments of its plan. A client asks for it by a header. */
export function noteForecast(exchange: Exchange, forecasts: CacheForecasts): void {
  if (forecasts.prompt === undefined || exchange.body.length > exchange.mostParsedBytes) return;
  const told = (exchange.plan?.deployments ?? []).slice(0, MOST_DEPLOYMENTS).flatMap((deployment) => {
    const forecast = foretellAside(exchange, deployment, forecasts);
    return forecast === undefined ? [] : [`${deployment.id}; ${textOf(forecast)}`];
  });
  if (told.length > 0) exchange.cacheForecast = headerText(told.join(', '));
}

function textOf({ state, estimate: { usage, cost }, uncached }: PromptForecast): string {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const tokens = `state=${state}; input=${inputTokens}; read=${cachedInputTokens}; write=${cacheWriteTokens}`;
  if (cost === undefined || uncached.cost === undefined) return tokens;
  return `${tokens}; usd=${formatUsd(cost)}; uncached-usd=${formatUsd(uncached.cost)}`;
}
