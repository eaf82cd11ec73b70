/** Reads the messages of a request into turns. */
import { defined } from '../../core/defined.ts';
import { isJsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { refusal } from '../body-reader.ts';
import type { Dropped } from '../format.ts';
import { AwaitedCalls } from '../neutral/awaited-calls.ts';
import type { CacheMark, Part, ToolCallPart, ToolResultPart, Turn } from '../neutral/conversation.ts';
import { readCacheMark } from './cache-marks.ts';
import { readExtra } from './extras.ts';
import { readContent } from './read-content.ts';
import { readGoogleSignature, readMessageReasoning } from './thinking-blocks.ts';

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  '__proto__',
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
  '__proto__',
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
  /** Calls in OpenAI's legacy form, until a `function` message answers them. They have no ids: these are ours. */
  readonly #legacyCalls = new AwaitedCalls();
  #legacyCount = 0;

  constructor(dropped: Dropped[]) {
    this.#dropped = dropped;
  }

  read(body: JsonReader): readonly Turn[] {
    const messages = body.objects('messages');
    if (messages === undefined) throw refusal('messages', 'is missing: send an array with at least one message');
    if (messages.length === 0) throw refusal('messages', 'is an empty array: send at least one message');
    return messages.map((message) => this.#readMessage(message));
  }

  #readMessage(message: JsonReader): Turn {
    const role = message.oneOf('role', ROLES);
    switch (role) {
      case 'system':
      case 'developer':
      case 'user':
        return this.#turn(role, readContent(message, false), message);
      case 'assistant':
        return this.#turn(role, this.#readAssistant(message), message);
      case 'tool':
        return { role, parts: [this.#readToolResult(message)] };
      case 'function':
        return { role: 'tool', parts: [this.#readFunctionResult(message)] };
      case undefined:
        throw message.wrongChoice('role', ROLES);
    }
  }

  #turn(role: Turn['role'], parts: readonly Part[], message: JsonReader): Turn {
    const mark = readCacheMark(message.value);
    const name = message.string('name');
    return {
      role,
      parts: mark === undefined ? parts : withMarkOnLast(parts, mark),
      ...(name !== undefined && { name }),
      ...readExtra(message, KNOWN_MEMBERS),
    };
  }

  #readAssistant(message: JsonReader): readonly Part[] {
    const parts: Part[] = [...readMessageReasoning(message.value)];
    const content = readContent(message, true);
    const calls = message.objects('tool_calls') ?? [];
    const { audio, function_call: legacyCall } = message.value;
    // An empty string beside tool calls is how many clients spell "no text".
    const isBare = content.length === 1 && content[0]?.type === 'text' && content[0].text === '';
    if (!(isBare && (calls.length > 0 || isJsonObject(legacyCall)))) parts.push(...content);
    const signature = readGoogleSignature(message.value);
    if (signature !== undefined) signLastText(parts, signature);
    const refused = message.string('refusal');
    if (refused !== undefined && refused !== '') parts.push({ type: 'refusal', text: refused });
    if (isJsonObject(audio)) parts.push({ type: 'opaque', format: 'openai-chat', value: { type: 'audio', audio } });
    for (const call of calls) parts.push(this.#readCall(call));
    if (isJsonObject(legacyCall)) parts.push(this.#readLegacyCall(message.requiredObject('function_call')));
    return parts;
  }

  #readCall(call: JsonReader): ToolCallPart {
    const id = call.requiredName('id');
    const custom = call.value.type === 'custom';
    const holder = call.requiredObject(custom ? 'custom' : 'function');
    const name = holder.requiredName('name');
    this.#toolNames.set(id, name);
    return {
      type: 'tool-call',
      id,
      name,
      arguments: custom ? (holder.string('input') ?? '') : readArguments(holder),
      ...(custom && { custom }),
      ...defined({
        signature: readGoogleSignature(call.value) ?? readGoogleSignature(holder.value),
        cacheMark: readCacheMark(call.value),
      }),
      ...readExtra(call, KNOWN_CALL_MEMBERS),
    };
  }

  #readLegacyCall(call: JsonReader): ToolCallPart {
    const name = call.requiredName('name');
    const id = `call_legacy_${this.#legacyCount++}`;
    this.#legacyCalls.add(id, name);
    return { type: 'tool-call', id, name, arguments: readArguments(call) };
  }

  #readToolResult(message: JsonReader): ToolResultPart {
    const callId = message.requiredName('tool_call_id');
    const name = message.string('name') ?? this.#toolNames.get(callId);
    return this.#toolResult(callId, name, message);
  }

  #readFunctionResult(message: JsonReader): ToolResultPart {
    const name = message.requiredName('name');
    return this.#toolResult(this.#legacyCalls.answerFirst(name) ?? `call_legacy_${name}`, name, message);
  }

  #toolResult(callId: string, name: string | undefined, message: JsonReader): ToolResultPart {
    const content: ToolResultPart['content'][number][] = [];
    for (const [index, part] of readContent(message, true).entries()) {
      if (part.type === 'text' || part.type === 'image' || part.type === 'document') content.push(part);
      else {
        const field = `${message.pathOf('content')}[${index}]`;
        this.#dropped.push({ field, why: 'a tool result cannot hold this kind of content', kind: 'unknown' });
      }
    }
    return {
      type: 'tool-result',
      callId,
      ...defined({ name }),
      content,
      ...defined({ cacheMark: readCacheMark(message.value) }),
      ...readExtra(message, KNOWN_MEMBERS),
    };
  }
}

/** Arguments are JSON text; some clients send the object itself, and absent or empty ones mean no arguments. */
function readArguments(call: JsonReader): string {
  const value = call.get('arguments');
  if (value === undefined || value === '') return '{}';
  if (typeof value === 'string') return value;
  if (isJsonObject(value)) return JSON.stringify(value);
  throw call.wrong('arguments', 'a string with JSON');
}

/** A mark on a message is moved to its last part that can carry one. */
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
