import { isJsonObject } from '../src/core/json.ts';
import type { Replay } from './contract.ts';
import { ownFraming, type Reply, type StreamEvent, streamReply, wholeReply } from './sending/reply.ts';

/** A reply that serves a recorded answer, framed as its provider frames it. */
export function replayReply(replay: Replay): Reply {
  const { format, status, headers = {}, json, chunks, cutEvery } = replay;
  if (chunks === undefined) {
    return wholeReply(format, json ?? null, { headers: { ...headers }, ...(status === undefined ? {} : { status }) });
  }
  const events = chunks.filter((chunk) => chunk.trim() !== '').map((chunk) => recorded(chunk, format));
  const hasEnd = events.at(-1)?.data === '[DONE]';
  if (format === 'openai' && !hasEnd) events.push({ data: '[DONE]', tokens: 0, part: 'done' });
  const framing = { ...ownFraming(format), ...(cutEvery === undefined ? {} : { cutEvery }) };
  const reply = streamReply(format, events, { headers: { ...headers }, framing });
  return status === undefined ? reply : { ...reply, status };
}

function recorded(data: string, format: Replay['format']): StreamEvent {
  const event = { data, tokens: 1, part: 'content' as const };
  return format === 'anthropic' || format === 'responses' ? { ...event, name: typeOf(data) } : event;
}

/** The event's name is the payload's type. */
function typeOf(data: string): string {
  const payload: unknown = JSON.parse(data);
  return isJsonObject(payload) && typeof payload.type === 'string' ? payload.type : 'message';
}
