/** The items of a conversation → turns. What follows one another from the same side is one turn, as in every other format. */
import { defined } from '../../core/defined.ts';
import { itemsOf, type JsonObject, type JsonValue, objectOf, stringOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { refusal } from '../body-reader.ts';
import type { Part, ReasoningSignature, ToolCallPart, ToolResultPart, Turn } from '../neutral/conversation.ts';
import { readCodeCall } from './code-execution.ts';
import { textOfSummary } from './compaction.ts';
import { asResult, readContent } from './read-content.ts';
import { readCarried } from './signatures.ts';
import { argumentsOfText, type ClientTools } from './tool-names.ts';
import { readSearchCall } from './web-search.ts';

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;
type Role = Turn['role'];

/** Reads the items of one request, in order. */
export class ItemsReader {
  readonly #turns: { role: Role; parts: Part[] }[] = [];
  readonly #tools: ClientTools;
  readonly #toolNames = new Map<string, string>();
  /** A signature that belongs to the call that follows. */
  #carried: ReasoningSignature | undefined;

  constructor(tools: ClientTools) {
    this.#tools = tools;
  }

  /** Reads `input`: a text, or a list of items. */
  read(body: JsonReader): readonly Turn[] {
    const input = body.get('input');
    if (input === undefined) throw refusal('input', 'is missing: send a string or an array of items');
    if (typeof input === 'string') {
      this.#add('user', [{ type: 'text', text: input }]);
    } else {
      if (!Array.isArray(input)) throw body.wrong('input', 'a string or an array of items');
      const items = body.requiredObjects('input');
      for (const [index, item] of items.entries()) this.#readItem(item, index === items.length - 1);
    }
    this.#release();
    return this.#turns;
  }

  /** Text that comes before every item. */
  begin(instructions: string | undefined): void {
    if (instructions !== undefined && instructions !== '') {
      this.#add('system', [{ type: 'text', text: instructions }]);
    }
  }

  #readItem(item: JsonReader, isLast: boolean): void {
    const type = item.string('type') ?? (item.has('role') ? 'message' : item.has('id') ? 'item_reference' : undefined);
    switch (type) {
      case undefined:
        throw item.refusal('type', `must name the kind of item ('message', 'function_call', …)`);
      case 'message':
        this.#readMessage(item);
        return;
      case 'reasoning':
        this.#readReasoning(item);
        return;
      case 'function_call':
      case 'custom_tool_call':
        this.#add('assistant', [this.#readCall(item, type === 'custom_tool_call')]);
        return;
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#add('tool', [this.#readOutput(item)]);
        return;
      case 'compaction':
      case 'compaction_summary':
        this.#readCompaction(item);
        return;
      case 'compaction_trigger':
        // The request is read as one for a summary.
        if (!isLast) throw item.refusal('type', 'must be the last item of the input');
        return;
      case 'additional_tools':
        // They were read with the others.
        return;
      case 'web_search_call':
        this.#add('assistant', [readSearchCall(item.value)]);
        return;
      case 'code_interpreter_call':
        this.#add('assistant', [readCodeCall(item.value)]);
        return;
      case 'item_reference':
        throw item.refusal('id', 'refers to an item of an earlier response. Send the item itself');
      default:
        this.#add(type.endsWith('_output') ? 'user' : 'assistant', [
          { type: 'opaque', format: 'openai-responses', value: item.value },
        ]);
    }
  }

  #readMessage(item: JsonReader): void {
    const role = item.oneOf('role', ROLES);
    if (role === undefined) throw item.wrongChoice('role', ROLES);
    const parts = readContent(item, 'content');
    if (role === 'assistant') this.#add(role, parts);
    // Turns of the client are never joined: where one ends may mean something to the model.
    else this.#push(role, parts);
  }

  #readCompaction(item: JsonReader): void {
    const text = textOfSummary(item.value);
    if (text !== undefined) this.#push('user', [{ type: 'text', text }]);
    else this.#add('assistant', [{ type: 'opaque', format: 'openai-responses', value: item.value }]);
  }

  #readReasoning(item: JsonReader): void {
    const content = readCarried(item.string('id'), item.string('encrypted_content'));
    if (content.carries === 'call-signature') {
      this.#release();
      this.#carried = content.signature;
      return;
    }
    if (content.carries !== 'reasoning') {
      this.#signLastText(content.signature);
      return;
    }
    this.#release();
    const text = textOfReasoning(item.value);
    this.#add('assistant', [{ type: 'reasoning', text, ...content.part }]);
  }

  #readCall(item: JsonReader, isCustom: boolean): ToolCallPart {
    const id = item.requiredName('call_id');
    const name = item.requiredName('name');
    const flatName = this.#tools.flatNameOf(name, item.string('namespace'));
    this.#toolNames.set(id, flatName);
    const written = isCustom ? argumentsOfText(item.string('input') ?? '') : (item.string('arguments') ?? '{}');
    const signature = this.#carried;
    this.#carried = undefined;
    return {
      type: 'tool-call',
      id,
      name: flatName,
      arguments: written === '' ? '{}' : written,
      ...defined({ signature }),
    };
  }

  #readOutput(item: JsonReader): ToolResultPart {
    const callId = item.requiredName('call_id');
    return {
      type: 'tool-result',
      callId,
      ...defined({ name: this.#toolNames.get(callId) }),
      content: readContent(item, 'output').map(asResult),
    };
  }

  #signLastText(signature: ReasoningSignature): void {
    const parts = this.#turns.at(-1)?.parts ?? [];
    const last = parts.length - 1;
    const text = parts[last];
    if (text?.type === 'text') parts[last] = { ...text, signature };
    else this.#add('assistant', [{ type: 'text', text: '', signature }]);
  }

  /** A signature whose call did not follow stays with the answer. */
  #release(): void {
    const signature = this.#carried;
    this.#carried = undefined;
    if (signature !== undefined) this.#add('assistant', [{ type: 'reasoning', text: '', signature }]);
  }

  #add(role: Role, parts: readonly Part[]): void {
    const last = this.#turns.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else this.#push(role, parts);
  }

  #push(role: Role, parts: readonly Part[]): void {
    if (role !== 'assistant') this.#release();
    this.#turns.push({ role, parts: [...parts] });
  }
}

/** What a reasoning item says: its summary, or its content if it has no summary. */
export function textOfReasoning({ summary, content }: JsonObject): string {
  const texts = (list: JsonValue | undefined): string =>
    itemsOf(list)
      .map((part) => stringOf(objectOf(part)?.text) ?? '')
      .filter((text) => text !== '')
      .join('\n\n');
  return texts(summary) || texts(content);
}

/** The tools of the request, those that items bring along included. */
export function toolsOf({ tools, input }: JsonObject): JsonValue[] {
  return [...itemsOf(tools), ...itemsOf(input).flatMap((item) => itemsOf(toolsInItem(item)))];
}

function toolsInItem(item: JsonValue): JsonValue | undefined {
  const { type, tools } = objectOf(item) ?? {};
  return type === 'additional_tools' ? tools : undefined;
}

/** What the answers to a request repeat: its body, of whose input only the tools matter. */
export function repeatedOf({ input, ...members }: JsonObject): JsonObject {
  return { ...members, input: itemsOf(input).filter((item) => toolsInItem(item) !== undefined) };
}
