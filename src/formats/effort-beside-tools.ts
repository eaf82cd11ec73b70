/**
 * Finds chats that OpenAI's newer models refuse in chat completions and take in the Responses API: function tools beside an effort. The
 * members are found in the bytes, and only the few that decide are parsed.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { memberNamed, parseMember, type ReadableEnvelope } from '../wire/envelope.ts';
import type { FormatId } from './neutral/conversation.ts';

interface Request {
  readonly body: Buffer;
  readonly envelope: ReadableEnvelope;
}

/** Parameters of chat completions that the Responses API lacks. Values that ask for nothing do not count. */
const CHAT_ONLY: readonly (readonly [string, (value: JsonValue) => boolean])[] = [
  ['stop', (value) => value !== null && !(Array.isArray(value) && value.length === 0)],
  ['n', (value) => value !== null && value !== 1],
  ['seed', (value) => value !== null],
  ['presence_penalty', (value) => value !== null && value !== 0],
  ['frequency_penalty', (value) => value !== null && value !== 0],
  ['logit_bias', (value) => isJsonObject(value) && Object.keys(value).length > 0],
  ['modalities', (value) => Array.isArray(value) && value.some((one) => one !== 'text')],
  ['prediction', (value) => value !== null],
  ['web_search_options', (value) => value !== null],
];

/**
 * Whether a request wants an effort beside tools, and nothing that the Responses API lacks. `defaults` are the deployment's own
 * parameters. `isUnasked`: the model thinks beside tools unless the request says otherwise.
 */
export function wantsEffortBesideTools(
  format: FormatId,
  request: Request,
  defaults: JsonObject,
  isUnasked: boolean,
): boolean {
  const tools = memberNamed(request.envelope, 'tools');
  if (tools === undefined || tools.kind !== 'array' || tools.depth < 2) return false;
  const effort = effortOf(format, request) ?? defaults.reasoning_effort;
  if (effort === 'none' || (!isUnasked && (effort === undefined || effort === null))) return false;
  return format !== 'openai-chat' || !CHAT_ONLY.some(([name, asks]) => asks(memberValue(request, name) ?? null));
}

/** The effort that a request names, `none` if it wants no thoughts; a word of no meaning if it names it another way. */
function effortOf(format: FormatId, request: Request): JsonValue | undefined {
  switch (format) {
    case 'anthropic-messages': {
      const thinking = memberValue(request, 'thinking');
      const type = isJsonObject(thinking) ? thinking.type : undefined;
      if (type === 'disabled') return 'none';
      const output = memberValue(request, 'output_config');
      return isJsonObject(output) && output.effort !== undefined ? output.effort : type;
    }
    case 'gemini-generate': {
      const config = memberValue(request, 'generationConfig') ?? memberValue(request, 'generation_config');
      const thinking = isJsonObject(config) ? (config.thinkingConfig ?? config.thinking_config) : undefined;
      if (!isJsonObject(thinking)) return undefined;
      const budget = thinking.thinkingBudget ?? thinking.thinking_budget;
      return budget === 0 ? 'none' : (thinking.thinkingLevel ?? thinking.thinking_level ?? budget);
    }
    default: {
      const thinking = memberValue(request, 'thinking');
      if (isJsonObject(thinking) && thinking.type === 'disabled') return 'none';
      return memberValue(request, 'reasoning_effort') ?? (isJsonObject(thinking) ? thinking.type : undefined);
    }
  }
}

function memberValue({ body, envelope }: Request, name: string): JsonValue | undefined {
  const member = memberNamed(envelope, name);
  return member === undefined ? undefined : parseMember(body, member);
}
