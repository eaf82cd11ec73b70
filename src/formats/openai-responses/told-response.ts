/** Members of a response object that only the gateway knows, put into what a client is sent. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { memberNamed, readEnvelope } from '../../wire/envelope.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { type Edit, splice } from '../../wire/splice.ts';

/** Within a text of the model its quotes would be escaped, so this is a member. */
const RESPONSE = Buffer.from('"response":');
const SPACED = Buffer.from('"response" :');
const LAST = /^event: ?response\.(?:completed|incomplete|failed)\s/m;
const DATA = /^data:(.*)$/m;

/** Whether an event of a stream may hold a response object. Cheap, and false for nearly all. */
export function namesResponse(event: Buffer): boolean {
  return event.includes(RESPONSE) || event.includes(SPACED);
}

/** Whether an event of a stream that holds a response object is the last one. */
export function isLastEvent(event: Buffer): boolean {
  return LAST.test(event.toString('latin1', 0, HEAD_BYTES)) || typeIn(event.toString('utf8'));
}

/** The event's name comes first. */
const HEAD_BYTES = 64;

function typeIn(event: string): boolean {
  const data = dataOf(event);
  return data !== undefined && /^response\.(?:completed|incomplete|failed)$/.test(String(data.type));
}

/** An event whose response object has these members. What is no such event stays as it is. */
export function toldInEvent(event: Buffer, told: JsonObject): Buffer {
  const text = event.toString('utf8');
  const data = dataOf(text);
  if (data === undefined || !isJsonObject(data.response)) return event;
  const json = JSON.stringify({ ...data, response: { ...data.response, ...told } });
  return Buffer.from(text.replace(DATA, () => `data: ${json}`));
}

function dataOf(event: string): JsonObject | undefined {
  const line = DATA.exec(event)?.[1];
  if (line === undefined) return undefined;
  try {
    const value = parseJson(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A whole answer whose response object has these members: an object, or a stream in one piece. */
export function toldInWhole(body: Buffer, told: JsonObject): Buffer {
  const envelope = readEnvelope(body);
  if (!envelope.ok) return toldInEvents(body, told);
  const edits = Object.entries(told).map(([name, value]): Edit => {
    const edit = memberNamed(envelope, name) === undefined ? 'add' : 'replace';
    return { edit, name, json: JSON.stringify(value) };
  });
  return splice(body, envelope, edits);
}

function toldInEvents(body: Buffer, told: JsonObject): Buffer {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let end = endOfEvent(body, 0); end !== -1; end = endOfEvent(body, start)) {
    const event = body.subarray(start, end);
    pieces.push(namesResponse(event) ? toldInEvent(event, told) : event);
    start = end;
  }
  return Buffer.concat([...pieces, body.subarray(start)]);
}
