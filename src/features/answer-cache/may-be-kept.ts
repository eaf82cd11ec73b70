/** Whether an answer is one that may be given again. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { formatParts } from '../../formats/index.ts';
import type { ConversationResponse, FormatId } from '../../formats/neutral/conversation.ts';
import { ResponseBuilder } from '../../formats/neutral/response-of.ts';
import { SseSplitter } from '../../wire/sse.ts';

/** What an answer must be like to be kept. */
interface Keeping {
  /** An answer that ends at its limit is what the client asked for: it set the limit itself. */
  readonly mayEndAtLimit: boolean;
  readonly keepsToolCalls: boolean;
}

/** A longer stream is read in parts, between which other requests are served. */
export const PART_BYTES = 65_536;

/** `mayBeKept` of a long answer, for as long as it takes. */
export async function mayLongBeKept(format: FormatId, body: Buffer, keeping: Keeping): Promise<boolean> {
  const { conversation } = formatParts(format);
  if (conversation === undefined) return false;
  try {
    const builder = new ResponseBuilder();
    const reader = conversation.openStreamReader();
    const splitter = new SseSplitter((data, name) => reader.read(data, name, builder.take));
    for (let from = 0; from < body.length; from += PART_BYTES) {
      if (from > 0) await nextTurn();
      splitter.push(body.subarray(from, from + PART_BYTES));
    }
    if (builder.response === undefined) reader.close(builder.take);
    return builder.response !== undefined && isWorthKeeping(builder.response, keeping);
  } catch {
    return false;
  }
}

/** Whether an answer is whole and says something that may be said again: no refusal, nothing cut off, no call of a tool unless wanted. */
export function mayBeKept(format: FormatId, body: Buffer, isStream: boolean, keeping: Keeping): boolean {
  const { conversation, embedding } = formatParts(format);
  try {
    if (conversation === undefined) return !isStream && embedding !== undefined && hasVectors(body);
    const response = readKept(format, body, isStream);
    return response !== undefined && isWorthKeeping(response, keeping);
  } catch {
    // What cannot be read is not kept.
    return false;
  }
}

/** The answer in a client's bytes; undefined if a stream was cut or ended with an error. Throws for what is no answer. */
export function readKept(format: FormatId, body: Buffer, isStream: boolean): ConversationResponse | undefined {
  const { conversation } = formatParts(format);
  if (conversation === undefined) return undefined;
  if (!isStream) return conversation.readResponse(objectIn(body));
  const builder = new ResponseBuilder();
  const reader = conversation.openStreamReader();
  const splitter = new SseSplitter((data, name) => reader.read(data, name, builder.take));
  splitter.push(body);
  // Some formats end with the connection; the answer in hand is known to have ended well.
  if (builder.response === undefined) reader.close(builder.take);
  return builder.response;
}

function isWorthKeeping({ choices }: ConversationResponse, { mayEndAtLimit, keepsToolCalls }: Keeping): boolean {
  return (
    choices.length > 0 &&
    choices.every(({ parts, finish: { reason } }) => {
      const calls = parts.some(({ type }) => type === 'tool-call' || type === 'server-call' || type === 'opaque');
      if (parts.some(({ type }) => type === 'refusal') || (calls && !keepsToolCalls)) return false;
      if (parts.length === 0) return false;
      if (reason === 'length') return mayEndAtLimit;
      return reason === 'stop' || reason === 'stop-sequence' || (reason === 'tool-calls' && keepsToolCalls);
    })
  );
}

function hasVectors(body: Buffer): boolean {
  const { data } = objectIn(body);
  return Array.isArray(data) && data.length > 0;
}

function objectIn(body: Buffer): JsonObject {
  const value = parseJson(body.toString('utf8'));
  if (!isJsonObject(value)) throw new TypeError('an answer is an object');
  return value;
}
