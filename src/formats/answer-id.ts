/** The id in an answer, which its client has and LiteLLM's spend logs know a request by. */
import type { JsonObject, JsonValue } from '../core/json.ts';
import { asBuffer, memberNamed, parseMember, type ReadableEnvelope } from '../wire/envelope.ts';
import { endOfString, isPlaced, startOfValue } from '../wire/member-place.ts';
import type { FormatId } from './neutral/conversation.ts';

interface IdPlace {
  readonly member: string;
  /** The object that holds it in an event of a stream; at the top of the event if absent. A whole answer has it at its top. */
  readonly streamedIn?: string;
}

const PLACES: Partial<Readonly<Record<FormatId, IdPlace>>> = {
  'openai-chat': { member: 'id' },
  'openai-completions': { member: 'id' },
  'openai-responses': { member: 'id', streamedIn: 'response' },
  'anthropic-messages': { member: 'id', streamedIn: 'message' },
  'gemini-generate': { member: 'responseId' },
};

/** Providers write the id, and it becomes a key of the ledger's index: a longer one is cut. */
const LONGEST_ID = 256;
const LONGEST_LITERAL_BYTES = 4_096;
/** What is looked at of the beginning of a stream, so that no answer can make it expensive. */
const LOOKED_AT_BYTES = 16_384;
const LOOKED_AT_PLACES = 16;
const QUOTE = 0x22;

/** The id of a whole answer that is parsed. */
export function idInObject(format: FormatId, answer: JsonObject): string | undefined {
  const place = PLACES[format];
  return place === undefined ? undefined : idOf(answer[place.member]);
}

/** The id of a whole answer that is not parsed. */
export function idInBody(format: FormatId, body: Buffer, envelope: ReadableEnvelope): string | undefined {
  const place = PLACES[format];
  const member = place === undefined ? undefined : memberNamed(envelope, place.member);
  if (member?.kind !== 'string' || member.valueEnd - member.valueStart > LONGEST_LITERAL_BYTES) return undefined;
  return idOf(parseMember(body, member));
}

/** The id in the first events of a stream. An event may lack it, or have an empty one (Azure's first, with its filters). */
export function idInStream(format: FormatId, chunk: Uint8Array | string): string | undefined {
  const place = PLACES[format];
  if (place === undefined) return undefined;
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk.slice(0, LOOKED_AT_BYTES)) : asBuffer(chunk);
  const looked = bytes.subarray(0, LOOKED_AT_BYTES);
  const key = `"${place.member}"`;
  let found = looked.indexOf(key);
  for (let places = 0; found !== -1 && places < LOOKED_AT_PLACES; places += 1) {
    const id = idAt(looked, found, key.length, place.streamedIn);
    if (id !== undefined) return id;
    found = looked.indexOf(key, found + key.length);
  }
  return undefined;
}

function idAt(bytes: Buffer, at: number, keyLength: number, holder: string | undefined): string | undefined {
  const start = startOfValue(bytes, at + keyLength);
  if (start === -1 || bytes[start] !== QUOTE || !isPlaced(bytes, at, holder)) return undefined;
  const end = endOfString(bytes, start);
  if (end > bytes.length || end - start > LONGEST_LITERAL_BYTES) return undefined;
  try {
    return idOf(JSON.parse(bytes.toString('utf8', start, end)) as JsonValue);
  } catch {
    // The client has the bytes as they are. What cannot be read here names nothing.
    return undefined;
  }
}

function idOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_ID) : undefined;
}
