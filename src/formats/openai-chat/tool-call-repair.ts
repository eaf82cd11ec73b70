/**
 * Puts the tool calls of a relayed answer in the order that clients expect: an index and an id for each call, its name once, and
 * no arguments of two calls under one index. Clients put fragments together by their index alone.
 */
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, objectOf } from '../../core/json.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { ToolCallReader } from './tool-call-reader.ts';

/** The calls of one relayed stream. */
export class ToolCallRepair {
  readonly #ids: CallIds;
  readonly #choices = new Map<number, Calls>();
  #latest: JsonObject | undefined;

  constructor(callSeed: string) {
    this.#ids = new CallIds(callSeed);
  }

  /** The chunk to send; the same object if its calls are in order. */
  repair(chunk: JsonObject): JsonObject {
    this.#latest = chunk;
    const choices = itemsOf(chunk.choices);
    const repaired = choices.map((choice) => (isJsonObject(choice) ? this.#choice(choice) : choice));
    return repaired.some((choice, index) => choice !== choices[index]) ? { ...chunk, choices: repaired } : chunk;
  }

  /** A chunk with what was held back, if the stream ends without saying why. */
  rest(): JsonObject | undefined {
    const choices: JsonValue[] = [];
    for (const [index, { reader }] of this.#choices) {
      const fragments = fragmentsOf((emit) => reader.finish(emit), undefined);
      if (fragments.length > 0) choices.push({ index, delta: { tool_calls: fragments }, finish_reason: null });
    }
    return choices.length === 0 ? undefined : { ...this.#latest, choices };
  }

  #choice(choice: JsonObject): JsonObject {
    const index = typeof choice.index === 'number' ? choice.index : 0;
    const delta = objectOf(choice.delta);
    const sent = delta === undefined ? [] : itemsOf(delta.tool_calls);
    const isEnd = typeof choice.finish_reason === 'string' && choice.finish_reason !== '';
    if (sent.length === 0 && (!isEnd || !this.#choices.has(index))) return choice;
    const calls = this.#callsOf(index);
    const written: JsonValue[] = [];
    let isChanged = false;
    for (const fragment of sent) {
      const fragments = fragmentsOf((emit) => calls.reader.readFragment(fragment, emit), fragment);
      const [first] = fragments;
      const isKept =
        first === undefined ? isSilent(fragment) && !calls.isMoved : fragments.length === 1 && isSame(first, fragment);
      written.push(...(isKept ? [fragment] : fragments));
      isChanged ||= !isKept;
      calls.isMoved ||= fragments.some((each) => each.index !== objectOf(fragment)?.index);
    }
    const rest = isEnd ? fragmentsOf((emit) => calls.reader.finish(emit), undefined) : [];
    if (!isChanged && rest.length === 0) return choice;
    written.push(...rest);
    const { tool_calls: _sent, ...others } = delta ?? {};
    return { ...choice, delta: written.length === 0 ? others : { ...others, tool_calls: written } };
  }

  #callsOf(index: number): Calls {
    let calls = this.#choices.get(index);
    if (calls === undefined) {
      calls = { reader: new ToolCallReader(index, this.#ids, false), isMoved: false };
      this.#choices.set(index, calls);
    }
    return calls;
  }
}

/** The calls of one choice. `isMoved`: a call has another index for the client than at the server. */
interface Calls {
  readonly reader: ToolCallReader;
  isMoved: boolean;
}

/** The fragments that say what reading `sent` made known; members that only the provider knows stay on the first. */
function fragmentsOf(read: (emit: (event: StreamEvent) => void) => void, sent: JsonValue | undefined): JsonObject[] {
  const fragments: JsonObject[] = [];
  const { index: _index, id: _id, type: _type, function: _function, custom: _custom, ...others } = objectOf(sent) ?? {};
  const holders = new Map<number, { fragment: JsonObject; custom: boolean }>();
  read((event) => {
    if (event.type === 'tool-call') {
      const custom = event.custom === true;
      const call = custom
        ? { custom: { name: event.name, input: '' } }
        : { function: { name: event.name, arguments: '' } };
      const fragment: JsonObject = { index: event.call, id: event.id, type: custom ? 'custom' : 'function', ...call };
      fragments.push(fragment);
      holders.set(event.call, { fragment, custom });
    } else if (event.type === 'tool-arguments') {
      const holder = holders.get(event.call);
      if (holder === undefined) fragments.push({ index: event.call, function: { arguments: event.text } });
      else if (holder.custom) Object.assign(objectOf(holder.fragment.custom) ?? {}, { input: event.text });
      else Object.assign(objectOf(holder.fragment.function) ?? {}, { arguments: event.text });
    }
  });
  const [first] = fragments;
  if (first !== undefined) Object.assign(first, others);
  return fragments;
}

/** Whether a client reads the same from both; an empty id (DashScope) says nothing, but a null breaks some clients. */
function isSame(fragment: JsonObject, sent: JsonValue | undefined): boolean {
  if (!isJsonObject(sent) || sent.index !== fragment.index) return false;
  if (sent.id !== fragment.id && !(sent.id === '' && fragment.id === undefined)) return false;
  const [one, other] = [objectOf(fragment.function), objectOf(sent.function)];
  if (one === undefined || other === undefined) return isJsonObject(sent.custom);
  return one.name === other.name && (one.arguments ?? '') === (other.arguments ?? '');
}

/** Whether a fragment says nothing that a client could misread. */
function isSilent(sent: JsonValue): boolean {
  if (!isJsonObject(sent)) return true;
  const { name, arguments: text } = objectOf(sent.function) ?? {};
  return [sent.id, name, text].every((value) => value === undefined || value === '');
}

/** A whole answer in which every call has an id of its own; the same object if it was so already. */
export function withCallIds(answer: JsonObject, callSeed: string): JsonObject {
  const ids = new CallIds(callSeed);
  let isChanged = false;
  const choices = itemsOf(answer.choices).map((choice, place): JsonValue => {
    const message = isJsonObject(choice) ? objectOf(choice.message) : undefined;
    if (!isJsonObject(choice) || message === undefined || !Array.isArray(message.tool_calls)) return choice;
    const calls = message.tool_calls.map((call, number): JsonValue => {
      if (!isJsonObject(call)) return call;
      const id = ids.idOf(typeof call.id === 'string' ? call.id : undefined, place, number);
      isChanged ||= id !== call.id;
      return { ...call, id };
    });
    return { ...choice, message: { ...message, tool_calls: calls } };
  });
  return isChanged ? { ...answer, choices } : answer;
}
