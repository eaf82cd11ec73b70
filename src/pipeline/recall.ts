/** Answers a request with what a feature has, instead of asking a provider. */

import type { JsonObject } from '../core/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { RecalledAnswer } from '../exchange/slots.ts';
import { idInBody, idInStream } from '../formats/answer-id.ts';
import { requestIdHeader } from '../formats/client-error.ts';
import { formatParts } from '../formats/index.ts';
import { eventsOf } from '../formats/neutral/events-of.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { degradedHeaders, durationHeaders, JSON_HEADERS, STREAM_HEADERS } from './answering/answer-headers.ts';
import { headerText } from './header-text.ts';
import { limitHeaders } from './money/limit-headers.ts';

/** The answer of a feature, if there is one that this client can be given. */
export function recall(exchange: Exchange): RecalledAnswer | undefined | Promise<RecalledAnswer | undefined> {
  const found = exchange.slots.recall?.(exchange);
  return found instanceof Promise ? found.then((answer) => usable(exchange, answer)) : usable(exchange, found);
}

function usable({ stream, endpoint }: Exchange, answer: RecalledAnswer | undefined): RecalledAnswer | undefined {
  if (answer === undefined || answer.isStream === stream) return answer;
  // A stream is never made whole, because a whole answer has facts that a stream lacks.
  return stream && formatParts(endpoint.format).conversation !== undefined ? answer : undefined;
}

/** Sends a recalled answer. */
export async function sendRecalled(exchange: Exchange, answer: RecalledAnswer): Promise<void> {
  const { client, stream } = exchange;
  exchange.usage = answer.usage;
  exchange.status = 200;
  exchange.firstByteMs = exchange.clock.monotonicMs();
  const type = stream ? STREAM_HEADERS : JSON_HEADERS;
  const headers = [...type, ...recalledHeaders(exchange), ...(answer.headers ?? [])];
  if (!stream) {
    const envelope = readEnvelope(answer.body, Number.MAX_SAFE_INTEGER);
    if (envelope.ok) exchange.answerId = idInBody(exchange.endpoint.format, answer.body, envelope);
    client.sendWhole(200, [...headers, ...durationHeaders(exchange)], answer.body);
    return;
  }
  client.startStream(200, headers);
  const body = answer.isStream ? answer.body : asStream(exchange, answer.body);
  exchange.answerId = idInStream(exchange.endpoint.format, body);
  client.endStream(body);
}

function recalledHeaders(exchange: Exchange): string[] {
  return [
    'x-litellm-call-id',
    exchange.callId,
    requestIdHeader(exchange.endpoint.format),
    exchange.callId,
    'x-litellm-model-group',
    headerText(exchange.group?.name ?? ''),
    'x-litellm-response-cost',
    '0',
    ...limitHeaders(exchange),
    ...(exchange.degraded === undefined ? [] : degradedHeaders(exchange.degraded)),
  ];
}

function asStream({ callId, askedModel, startedAtMs, streamUsage, endpoint }: Exchange, body: Buffer): string {
  const { conversation } = formatParts(endpoint.format);
  if (conversation === undefined) throw new RangeError('only conversations are made into streams');
  const createdSeconds = Math.floor(startedAtMs / 1_000);
  const writer = conversation.openStreamWriter({ id: callId, model: askedModel ?? '', createdSeconds, streamUsage });
  let stream = '';
  for (const event of eventsOf(conversation.readResponse(JSON.parse(body.toString('utf8')) as JsonObject))) {
    stream += event.type === 'end' ? writer.end() : writer.write(event);
  }
  return stream;
}
