import { formatUsd } from '../../core/money.ts';
import type { CompressionFacts } from '../../exchange/compression.ts';
import type { Degraded } from '../../exchange/degraded.ts';
import type { Exchange, VolatileHead } from '../../exchange/exchange.ts';
import type { ModelChoice } from '../../exchange/model-choice.ts';
import { requestIdHeader } from '../../formats/client-error.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { UpstreamHeaders } from '../../upstream/upstream.ts';
import { FORECAST_HEADER } from '../diagnosis/forecast-header.ts';
import { headerText } from '../header-text.ts';
import { costHeaders } from '../money/cost-headers.ts';
import { limitHeaders } from '../money/limit-headers.ts';
import { isOfMock } from './mocked-call.ts';

/** What a request got less than it asked for. */
export function degradedHeaders({ step, trafficClass }: Degraded): string[] {
  return ['x-sluice-degraded', step, ...(trafficClass === undefined ? [] : ['x-sluice-traffic-class', trafficClass])];
}

/** Headers of a whole answer. */
export const JSON_HEADERS = ['content-type', 'application/json'] as const;
/** Headers of a streamed answer; proxies on its way must not buffer it. */
export const STREAM_HEADERS = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache',
  'x-accel-buffering',
  'no',
] as const;

/** Provider headers that are handed on (the organisation and the project of the account are not), each under `llm_provider-`; the rate limits also under their own names. */
const HANDED_ON =
  /^(?:x-ratelimit-(?:limit|remaining|reset)-[a-z-]+|anthropic-ratelimit-[a-z-]+|x-request-id|request-id|openai-(?:processing-ms|version|model)|retry-after|cf-ray)$/;

const REQUEST_ID = /^(?:x-request-id|request-id|cf-ray)$/;

/**
 * Headers of a successful answer, names and values in turn. LiteLLM's names, so that its dashboards and clients read
 * them.
 */
export function answerHeaders(exchange: Exchange, deployment: Deployment, provider: UpstreamHeaders): string[] {
  const headers = [
    'x-litellm-call-id',
    exchange.callId,
    requestIdHeader(exchange.endpoint.format),
    exchange.callId,
    'x-litellm-model-id',
    headerText(deployment.id),
    'x-litellm-model-group',
    headerText(exchange.servedGroup ?? ''),
    'x-litellm-attempted-retries',
    String(exchange.walk?.attemptedRetries ?? 0),
    'x-litellm-attempted-fallbacks',
    String(exchange.walk?.attemptedFallbacks ?? 0),
  ];
  if (exchange.race?.arbiter?.isHedgeWinner === true) headers.push('x-sluice-hedged', '1');
  if (isOfMock(provider)) headers.push('x-sluice-mock', '1');
  addLimits(headers, exchange, deployment);
  headers.push(...costHeaders(exchange));
  if (exchange.client.headers['x-sluice-explain'] !== undefined) {
    headers.push('x-sluice-lane', exchange.lane ?? '', 'x-sluice-lane-reason', exchange.laneReason ?? '');
  }
  if (exchange.dropped.length > 0) {
    headers.push('x-sluice-dropped', headerText(exchange.dropped.map(({ field }) => field).join(', ')));
  }
  if (exchange.degraded !== undefined) headers.push(...degradedHeaders(exchange.degraded));
  if (exchange.choice !== undefined) headers.push('x-sluice-choice', headerText(choiceText(exchange.choice)));
  if (exchange.volatileHead !== undefined) headers.push('x-sluice-volatile-head', volatileText(exchange.volatileHead));
  if (exchange.cacheKeys !== undefined) headers.push('x-litellm-cache-key', exchange.cacheKeys);
  if (exchange.compression !== undefined) headers.push(...compressionHeaders(exchange.compression));
  if (exchange.cacheForecast !== undefined) headers.push(FORECAST_HEADER, exchange.cacheForecast);
  const loweredTo = exchange.admission?.claim?.cap;
  if (loweredTo !== undefined) headers.push('x-sluice-lowered-max-tokens', String(loweredTo));
  const limits = limitHeaders(exchange);
  headers.push(...limits);
  const hasOwnLimits = limits.includes('x-ratelimit-limit-requests') || limits.includes('x-ratelimit-limit-tokens');
  // What a provider still allows, and how long it took, tells what it read from its prompt cache.
  const isApart = deployment.promptCache?.isPartitioned === true;
  for (const name in provider) {
    // The cheap test first: most headers of a provider begin with another letter.
    const first = name.charCodeAt(0);
    if (first !== 0x78 && first !== 0x61 && first !== 0x72 && first !== 0x6f && first !== 0x63) continue;
    const value = provider[name];
    if (isApart && !REQUEST_ID.test(name)) continue;
    if (typeof value !== 'string' || !HANDED_ON.test(name) || deployment.secrets.holdsPlain(value)) continue;
    const text = headerText(value);
    headers.push(`llm_provider-${name}`, text);
    // A client with limits of its own sees those: the provider's limits are shared with every other client.
    if (!hasOwnLimits && name.startsWith('x-ratelimit-')) headers.push(name, text);
  }
  return headers;
}

/** What a group that chooses among others chose, and why. */
function choiceText({ chosen, task, why }: ModelChoice): string {
  return `${chosen}; task=${task}; ${why}`;
}

/** What instructions lose that differ early, in tokens and USD. Nothing of their words. */
function volatileText({ lostTokens, lostCost }: VolatileHead): string {
  return lostCost === undefined ? `tokens=${lostTokens}` : `tokens=${lostTokens}; usd=${formatUsd(lostCost)}`;
}

/** What was taken out of the prompt, and where the originals are. */
function compressionHeaders({ asked, removedTokens, backedOff, handles }: CompressionFacts): string[] {
  const why = backedOff === undefined ? '' : `; backed-off=${backedOff}`;
  const headers = ['x-sluice-compression', `asked=${asked}; removed-tokens=${removedTokens}${why}`];
  if (handles.length > 0) headers.push('x-sluice-compression-handles', handles.join(', '));
  return headers;
}

/** The region, and in LiteLLM's seconds how long the attempt could take. */
export function addLimits(headers: string[], { walk, stream, controls }: Exchange, deployment: Deployment): void {
  const { region } = deployment.config;
  if (region !== undefined) headers.push('x-litellm-model-region', headerText(region));
  const asked = stream ? (controls.streamTimeoutMs ?? controls.timeoutMs) : controls.timeoutMs;
  headers.push('x-litellm-timeout', String((asked ?? deployment.timeouts(stream).totalMs) / 1_000));
  if (walk !== undefined) headers.push('x-litellm-max-retries', String(walk.maxRetries));
}

/** Headers that are known only when an answer is whole: how long it took, and how much of that the gateway took. */
export function durationHeaders(exchange: Exchange): string[] {
  const durationMs = exchange.clock.monotonicMs() - exchange.startedMs;
  return [
    'x-litellm-response-duration-ms',
    durationMs.toFixed(3),
    'x-litellm-overhead-duration-ms',
    Math.max(0, durationMs - exchange.upstreamMs - exchange.receivedMs).toFixed(3),
  ];
}

/** Whether a provider's answer comes as a stream. */
export function isEventStream(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && contentType.startsWith('text/event-stream');
}
