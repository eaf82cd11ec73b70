/**
 * Finds requests that a provider of their own format refuses for the name of a tool or the id of a call. The bytes are searched
 * for members that may be one; only a request with a suspicious one is read.
 */
import type { JsonObject } from '../core/json.ts';
import { refuseHeavy } from '../core/too-heavy.ts';
import type { ConversationFormat } from './format.ts';
import { FormatError } from './format.ts';
import type { ConversationRequest } from './neutral/conversation.ts';
import { fitTools, type TextLimit, type ToolLimits } from './neutral/tool-limits.ts';

/** Members that hold ids of calls in a client's history: every call but the last ones is repeated in its result. */
const ID_MEMBERS = ['"tool_call_id"', '"tool_use_id"', '"call_id"'];
const NAME_MEMBER = '"name"';
/** A request that names none of these has no tools and no calls. */
const MARKS = ['"tools"', '"tool_calls"', '"tool_use"', '"functions"', '"function_call"'];

/** Whether a body has to be read and written again for these limits. Throws a `TooHeavy` for one that would have to be parsed to know. */
export function holdsMisfits(
  body: Uint8Array,
  format: ConversationFormat,
  limits: ToolLimits,
  mostParsedBytes?: number,
): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!MARKS.some((mark) => bytes.includes(mark))) return false;
  const { names, ids } = limits;
  const isSuspicious =
    (names !== undefined && holdsSuspicious(bytes, NAME_MEMBER, names)) ||
    (ids !== undefined && ID_MEMBERS.some((member) => holdsSuspicious(bytes, member, ids)));
  if (!isSuspicious) return false;
  refuseHeavy(bytes.length, mostParsedBytes);
  return isMisfit(bytes, format, limits);
}

function holdsSuspicious(bytes: Buffer, member: string, limit: TextLimit): boolean {
  const seen = limit.isUnique === true ? new Set<string>() : undefined;
  let found = bytes.indexOf(member);
  while (found !== -1) {
    const after = found + member.length;
    const text = stringAt(bytes, after);
    if (text !== undefined) {
      if (!limit.taken.test(text) || seen?.has(text) === true) return true;
      seen?.add(text);
    }
    found = bytes.indexOf(member, after);
  }
  return false;
}

/** The string behind a member's name, as it is written; undefined for another value. */
function stringAt(bytes: Buffer, from: number): string | undefined {
  let position = skipSpace(bytes, from);
  if (bytes[position] !== COLON) return undefined;
  position = skipSpace(bytes, position + 1);
  if (bytes[position] !== QUOTE) return undefined;
  const end = bytes.indexOf(QUOTE, position + 1);
  // A backslash inside makes the text one that no limit takes, or the request is read for nothing.
  return end === -1 ? undefined : bytes.toString('latin1', position + 1, end);
}

function skipSpace(bytes: Buffer, from: number): number {
  let position = from;
  while (bytes[position] === 0x20 || bytes[position] === 0x0a || bytes[position] === 0x0d || bytes[position] === 0x09) {
    position += 1;
  }
  return position;
}

const COLON = 0x3a;
const QUOTE = 0x22;

function isMisfit(bytes: Buffer, format: ConversationFormat, limits: ToolLimits): boolean {
  try {
    return fitTools(readRequest(JSON.parse(bytes.toString('utf8')) as JsonObject, format), limits).dropped.length > 0;
  } catch (error) {
    // A request that cannot be read is the provider's to refuse.
    if (error instanceof FormatError || error instanceof SyntaxError) return false;
    throw error;
  }
}

/** A question for a count is a request without what belongs to its answer. */
function readRequest(body: JsonObject, format: ConversationFormat): ConversationRequest {
  const { counting } = format;
  try {
    return format.readRequest(body).request;
  } catch (error) {
    if (counting === undefined) throw error;
    return counting.readRequest(body).request;
  }
}
