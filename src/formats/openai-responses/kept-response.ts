/** Response objects that are kept: taken from what a client got, and shown again later. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { writeResponseObject } from './response-object.ts';

const LAST_EVENTS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete']);

const OPENING_BRACE = 0x7b;

/** The response object that a client got, whole or as the last event of a stream; undefined if it has none. */
export function responseIn(body: Buffer, isStream: boolean): JsonObject | undefined {
  // A stream that came in one piece is sent as it came.
  if (!isStream && body[0] === OPENING_BRACE) return objectIn(body.toString('utf8'));
  for (let end = body.length; end > 0; ) {
    const start = body.lastIndexOf('\ndata:', end - 1);
    const line = body.toString('utf8', start + '\ndata:'.length, end).split('\n', 1)[0] ?? '';
    const event = objectIn(line);
    if (event !== undefined && LAST_EVENTS.has(event.type)) {
      return isJsonObject(event.response) ? event.response : undefined;
    }
    if (start === -1) return undefined;
    end = start;
  }
  return undefined;
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The response of a request that is answered in the background, before there is an answer. */
export function queuedResponse(asked: JsonObject, id: string, model: string, createdSeconds: number): JsonObject {
  const nothing = { id: undefined, output: [], usage: undefined, serviceTier: undefined, ending: undefined };
  const facts = { id, model, createdSeconds, streamUsage: true, sentId: id };
  return { ...writeResponseObject({ ...nothing, createdSeconds }, facts, asked), status: 'queued', background: true };
}

/** A response that came to nothing. */
export function failedResponse(response: JsonObject, message: string, code = 'server_error'): JsonObject {
  return { ...response, status: 'failed', error: { code, message } };
}

/** Items that say how far they are. */
const WITH_STATUS: ReadonlySet<unknown> = new Set(['function_call', 'function_call_output']);

/** An item of an input as OpenAI lists it: with an id, and a message with its type and its content in parts. */
export function listedItem(item: JsonValue, id: string): JsonObject {
  if (!isJsonObject(item)) return { id };
  const own = typeof item.id === 'string' ? item.id : id;
  if (item.role === undefined) {
    const status = WITH_STATUS.has(item.type) ? { status: item.status ?? 'completed' } : {};
    return { ...item, ...status, id: own };
  }
  const { content } = item;
  const type =
    item.role === 'assistant' ? { type: 'output_text', annotations: [], logprobs: [] } : { type: 'input_text' };
  const parts = typeof content === 'string' ? [{ ...type, text: content }] : (content ?? []);
  return { ...item, status: item.status ?? 'completed', id: own, type: 'message', content: parts };
}
