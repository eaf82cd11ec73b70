/** Reads the messages of a request into turns. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type Dropped, FormatError } from '../format.ts';
import type { CacheMark, Part, ToolCallPart, ToolResultPart, Turn } from '../neutral/conversation.ts';
import { readCacheMark } from './cache-marks.ts';
import { readExtra } from './extras.ts';
import { kindOf, optionalArray, optionalString, requiredName, requiredObject, wrongKind } from './fields.ts';
import { readContent } from './read-content.ts';
import { readGoogleSignature, readMessageReasoning } from './thinking-blocks.ts';

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'role',
  'content',
  'name',
  'cache_control',
  'tool_calls',
  'tool_call_id',
  'function_call',
  'refusal',
  'audio',
  'annotations',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'thinking_blocks',
  'extra_content',
  'provider_specific_fields',
]);

const KNOWN_CALL_MEMBERS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'index',
  'function',
  'custom',
  'cache_control',
  'extra_content',
  'provider_specific_fields',
]);

/** Reads the list of messages, in order. Holds what one message has to know of those before it: the tool calls so far. */
export class MessagesReader {
  readonly #dropped: Dropped[];
  readonly #toolNames = new Map<string, string>();
  /** Calls in OpenAI's legacy form have no ids: these are ours, oldest first, until a `function` message answers them. */
  readonly #unanswered: { readonly id: string; readonly name: string }[] = [];
  #legacyCalls = 0;

  constructor(dropped: Dropped[]) {
    this.#dropped = dropped;
  }

  read(value: JsonValue | undefined): readonly Turn[] {
    if (value === undefined || value === null) {
      throw new FormatError('messages', `'messages' is missing: send an array with at least one message.`);
    }
    if (!Array.isArray(value)) throw wrongKind('messages', 'an array of messages', value);
    if (value.length === 0) {
      throw new FormatError('messages', `'messages' is an empty array: send at least one message.`);
    }
    return value.map((message, index) => this.#readMessage(message, `messages[${index}]`));
  }

  #readMessage(value: JsonValue, path: string): Turn {
    if (!isJsonObject(value)) throw wrongKind(path, 'a message with `role` and `content`', value);
    switch (value.role) {
      case 'system':
      case 'developer':
      case 'user':
        return this.#turn(value.role, readContent(value.content, `${path}.content`, false), value, path);
      case 'assistant':
        return this.#turn('assistant', this.#readAssistant(value, path), value, path);
      case 'tool':
        return { role: 'tool', parts: [this.#readToolResult(value, path)] };
      case 'function':
        return { role: 'tool', parts: [this.#readFunctionResult(value, path)] };
      default:
        throw new FormatError(
          `${path}.role`,
          `'${path}.role' must be 'system', 'developer', 'user', 'assistant' or 'tool', but it is ${
            typeof value.role === 'string' ? `'${value.role.slice(0, 40)}'` : kindOf(value.role)
          }.`,
        );
    }
  }

  #turn(role: Turn['role'], parts: readonly Part[], message: JsonObject, path: string): Turn {
    const name = optionalString(message.name, `${path}.name`);
    const mark = readCacheMark(message);
    return {
      role,
      parts: mark === undefined ? parts : withMarkOnLast(parts, mark),
      ...(name === undefined ? {} : { name }),
      ...readExtra(message, KNOWN_MEMBERS),
    };
  }

  #readAssistant(message: JsonObject, path: string): readonly Part[] {
    const parts: Part[] = [...readMessageReasoning(message)];
    const content = [...readContent(message.content, `${path}.content`, true)];
    // An empty string beside tool calls is how many clients spell "no text".
    const calls = optionalArray(message.tool_calls, `${path}.tool_calls`) ?? [];
    const isBare = content.length === 1 && content[0]?.type === 'text' && content[0].text === '';
    if (!(isBare && (calls.length > 0 || isJsonObject(message.function_call)))) parts.push(...content);
    const signature = readGoogleSignature(message);
    if (signature !== undefined) signLastText(parts, signature);
    const refusal = optionalString(message.refusal, `${path}.refusal`);
    if (refusal !== undefined && refusal !== '') parts.push({ type: 'refusal', text: refusal });
    if (isJsonObject(message.audio)) {
      parts.push({ type: 'opaque', format: 'openai-chat', value: { type: 'audio', audio: message.audio } });
    }
    for (const [index, call] of calls.entries()) parts.push(this.#readCall(call, `${path}.tool_calls[${index}]`));
    if (isJsonObject(message.function_call)) parts.push(this.#readLegacyCall(message.function_call, path));
    return parts;
  }

  #readCall(value: JsonValue, path: string): ToolCallPart {
    const call = requiredObject(value, path);
    const id = requiredName(call.id, `${path}.id`);
    const isCustom = call.type === 'custom';
    const kind = isCustom ? 'custom' : 'function';
    const holder = requiredObject(call[kind], `${path}.${kind}`);
    const name = requiredName(holder.name, `${path}.${kind}.name`);
    const signature = readGoogleSignature(call) ?? readGoogleSignature(holder);
    const cacheMark = readCacheMark(call);
    this.#toolNames.set(id, name);
    return {
      type: 'tool-call',
      id,
      name,
      arguments: isCustom
        ? (optionalString(holder.input, `${path}.custom.input`) ?? '')
        : readArguments(holder.arguments, `${path}.function.arguments`),
      ...(isCustom ? { custom: true } : {}),
      ...(signature === undefined ? {} : { signature }),
      ...(cacheMark === undefined ? {} : { cacheMark }),
      ...readExtra(call, KNOWN_CALL_MEMBERS),
    };
  }

  #readLegacyCall(call: JsonObject, path: string): ToolCallPart {
    const name = requiredName(call.name, `${path}.function_call.name`);
    const id = `call_legacy_${this.#legacyCalls++}`;
    this.#unanswered.push({ id, name });
    const text = readArguments(call.arguments, `${path}.function_call.arguments`);
    return { type: 'tool-call', id, name, arguments: text };
  }

  #readToolResult(message: JsonObject, path: string): ToolResultPart {
    const callId = requiredName(message.tool_call_id, `${path}.tool_call_id`);
    const name = optionalString(message.name, `${path}.name`) ?? this.#toolNames.get(callId);
    return this.#toolResult(callId, name, message, path);
  }

  #readFunctionResult(message: JsonObject, path: string): ToolResultPart {
    const name = requiredName(message.name, `${path}.name`);
    const position = this.#unanswered.findIndex((call) => call.name === name);
    const [answered] = position < 0 ? [] : this.#unanswered.splice(position, 1);
    return this.#toolResult(answered?.id ?? `call_legacy_${name}`, name, message, path);
  }

  #toolResult(callId: string, name: string | undefined, message: JsonObject, path: string): ToolResultPart {
    const content: ToolResultPart['content'][number][] = [];
    for (const [index, part] of readContent(message.content, `${path}.content`, true).entries()) {
      if (part.type === 'text' || part.type === 'image' || part.type === 'document') content.push(part);
      else
        this.#dropped.push({ field: `${path}.content[${index}]`, why: 'not a kind a tool returns', kind: 'unknown' });
    }
    const cacheMark = readCacheMark(message);
    return {
      type: 'tool-result',
      callId,
      ...(name === undefined ? {} : { name }),
      content,
      ...(cacheMark === undefined ? {} : { cacheMark }),
      ...readExtra(message, KNOWN_MEMBERS),
    };
  }
}

/** Arguments are JSON text; some clients send the object itself, and absent or empty ones mean no arguments. */
function readArguments(value: JsonValue | undefined, path: string): string {
  if (value === undefined || value === null || value === '') return '{}';
  if (typeof value === 'string') return value;
  if (isJsonObject(value)) return JSON.stringify(value);
  throw wrongKind(path, 'a string with JSON', value);
}

/** A mark on a message stands for one on its last part that can carry it. */
function withMarkOnLast(parts: readonly Part[], cacheMark: CacheMark): readonly Part[] {
  const last = parts.findLastIndex(
    (part) => part.type === 'text' || part.type === 'image' || part.type === 'document' || part.type === 'tool-call',
  );
  return parts.map((part, index) => (index === last ? ({ ...part, cacheMark } as Part) : part));
}

function signLastText(parts: Part[], signature: NonNullable<ReturnType<typeof readGoogleSignature>>): void {
  const last = parts.findLastIndex((part) => part.type === 'text');
  const text = parts[last];
  if (text?.type === 'text') parts[last] = { ...text, signature };
  else parts.push({ type: 'text', text: '', signature });
}
