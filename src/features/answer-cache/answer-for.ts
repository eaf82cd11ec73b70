/** Gives a kept answer to a request: as it was kept, or in the form that its client wants. */
import type { Exchange } from '../../exchange/exchange.ts';
import type { RecalledAnswer } from '../../exchange/slots.ts';
import { formatParts } from '../../formats/index.ts';
import type { Entry } from './entry.ts';
import { inFormat } from './in-format.ts';
import type { Place } from './places.ts';

const MS = 1_000;

/** The answer; undefined if it is too old for the request, or some of it would be lost in the form that the client wants. */
export function answerFor(exchange: Exchange, { controls, key }: Place, entry: Entry): RecalledAnswer | undefined {
  const { endpoint, stream, streamUsage, clock } = exchange;
  const ageMs = Math.max(0, clock.nowMs() - entry.keptAtMs);
  if (controls.oldestMs !== undefined && ageMs >= controls.oldestMs) return undefined;
  const isAsWanted =
    entry.format === endpoint.format && entry.isStream === stream && (!stream || entry.streamUsage === streamUsage);
  const body = isAsWanted ? entry.body : written(exchange, entry);
  if (body === undefined) return undefined;
  return { body, isStream: stream, usage: entry.usage, headers: hitHeaders([key], ageMs) };
}

/** What tells a client that its answer was cached, for how long, and under which handles. */
export function hitHeaders(keys: readonly string[], ageMs: number): readonly string[] {
  const age = String(Math.floor(ageMs / MS));
  return ['x-litellm-cache-key', keys.join(','), 'x-litellm-cache-hit', 'True', 'x-sluice-cache', 'hit', 'age', age];
}

function written(exchange: Exchange, entry: Entry): Buffer | undefined {
  const { callId, askedModel, startedAtMs, streamUsage, stream, endpoint, body, mostParsedBytes } = exchange;
  // What has to be parsed for it must not hold up everybody else.
  if (Math.max(entry.body.length, body.length) > mostParsedBytes) return undefined;
  const { format } = endpoint;
  const repeatedOf = formatParts(format).conversation?.repeatedOf;
  const facts = {
    id: callId,
    model: askedModel ?? '',
    createdSeconds: Math.floor(startedAtMs / MS),
    streamUsage,
    ...(repeatedOf !== undefined && { asked: () => repeatedOf(JSON.parse(body.toString('utf8'))) }),
  };
  return inFormat(entry, { format, isStream: stream, facts });
}
