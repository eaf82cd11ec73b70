/** Puts together the tool calls of one streamed choice from fragments that every server cuts in its own way. */
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import { JsonEnd } from '../../core/json-end.ts';
import type { CallIds } from '../neutral/call-ids.ts';
import type { ReasoningSignature, StreamEvent } from '../neutral/conversation.ts';
import { readCallArguments } from './call-arguments.ts';
import { readGoogleSignature } from './thinking-blocks.ts';

type Emit = (event: StreamEvent) => void;

interface Call {
  readonly number: number;
  id: string | undefined;
  name: string | undefined;
  custom: boolean;
  signature: ReasoningSignature | undefined;
  /** What came of the arguments and was not emitted yet. */
  unsent: string;
  hasArguments: boolean;
  end: JsonEnd;
  isAnnounced: boolean;
  /** The server makes up an id for each fragment. */
  hasManyIds: boolean;
  hasEmitted: boolean;
}

/** What a fragment says of the call that it belongs to. */
interface Fragment {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly text: string;
}

/**
 * Which call a fragment belongs to, in the order of trust: its `index`; its `id`; being the latest. Under an index already taken
 * another call begins with another id and another name (Gemini's compatible endpoint gives all parallel calls the index 0), with
 * another id, a name and an object, or with an object after the arguments were whole: two objects are the arguments of two calls, whatever else the server says of
 * them. Another id alone says nothing, because some servers make up an id for each fragment.
 */
export class ToolCallReader {
  readonly #choice: number;
  readonly #ids: CallIds;
  readonly #mayHold: boolean;
  readonly #calls: Call[] = [];
  readonly #byIndex = new Map<number, Call[]>();
  /** The first call of each id: under its index, and among all. */
  readonly #byId = new Map<string, Call>();

  /** Without `mayHold` arguments go out as they come, also an empty object that others may replace. */
  constructor(choice: number, ids: CallIds, mayHold = true) {
    this.#choice = choice;
    this.#ids = ids;
    this.#mayHold = mayHold;
  }

  get hasCalls(): boolean {
    return this.#calls.length > 0;
  }

  /** Takes one entry of `delta.tool_calls`. */
  readFragment(fragment: JsonValue, emit: Emit): void {
    if (!isJsonObject(fragment)) return;
    const custom = objectOf(fragment.custom);
    const holder = custom ?? objectOf(fragment.function) ?? {};
    const id = wordOf(fragment.id);
    const name = wordOf(holder.name);
    const text = custom === undefined ? readCallArguments(holder.arguments) : (stringOf(custom.input) ?? '');
    const call = this.#find(fragment.index, { id, name, text }, emit);
    if (call.id === undefined && id !== undefined) this.#name(call, fragment.index, id);
    call.hasManyIds ||= id !== undefined && id !== call.id;
    call.name ??= name;
    call.custom ||= custom !== undefined || fragment.type === 'custom';
    call.signature ??= readGoogleSignature(fragment) ?? readGoogleSignature(holder);
    this.#take(call, text, emit);
  }

  /** Takes OpenAI's legacy `delta.function_call`, of which an answer has at most one. */
  readLegacy(call: JsonObject, emit: Emit): void {
    this.readFragment({ index: 0, function: call }, emit);
  }

  /** The choice is finished: what was held back goes out, and a call without arguments gets `{}`. */
  finish(emit: Emit): void {
    for (const call of this.#calls) {
      if (!call.hasArguments && !call.custom && this.#mayHold) this.#add(call, '{}');
      this.#announce(call, emit);
      this.#emitRest(call, emit);
    }
  }

  #find(index: JsonValue | undefined, fragment: Fragment, emit: Emit): Call {
    let calls: Call[] = this.#calls;
    if (typeof index === 'number') {
      calls = this.#byIndex.get(index) ?? [];
      this.#byIndex.set(index, calls);
    }
    const sameId = fragment.id === undefined ? undefined : this.#byId.get(placeOf(index, fragment.id));
    const candidate = sameId ?? calls.at(-1);
    if (candidate !== undefined && !(sameId === undefined ? beginsAnother : isBeyond)(candidate, fragment)) {
      return candidate;
    }
    // A call that is followed by another one is complete as it is.
    if (candidate !== undefined && candidate.name !== undefined) this.#emitRest(candidate, emit);
    const call = this.#open();
    if (typeof index === 'number') calls.push(call);
    // Only its arguments tell it from the call before, so it calls the same tool.
    if (fragment.name === undefined && candidate?.end.isWhole === true) call.name = candidate.name;
    return call;
  }

  /** An answer may have a hundred thousand calls, so none is searched for among the others. */
  #name(call: Call, index: JsonValue | undefined, id: string): void {
    call.id = id;
    for (const place of [placeOf(index, id), placeOf(undefined, id)]) {
      if (!this.#byId.has(place)) this.#byId.set(place, call);
    }
  }

  #open(): Call {
    const call: Call = {
      number: this.#calls.length,
      id: undefined,
      name: undefined,
      custom: false,
      signature: undefined,
      unsent: '',
      hasArguments: false,
      end: new JsonEnd(),
      isAnnounced: false,
      hasManyIds: false,
      hasEmitted: false,
    };
    this.#calls.push(call);
    return call;
  }

  #take(call: Call, text: string, emit: Emit): void {
    if (isEmptyObject(call) && isObject(text)) {
      // Servers that write Claude's empty `input` into the first fragment send the true arguments behind it.
      call.unsent = '';
      call.end = new JsonEnd();
    }
    this.#add(call, text);
    // A call is emitted only with its name, which some servers send after the id.
    if (call.name === undefined) return;
    this.#announce(call, emit);
    if (!this.#mayHold || !isEmptyObject(call)) this.#emitRest(call, emit);
  }

  #add(call: Call, text: string): void {
    if (text === '') return;
    call.unsent += text;
    call.hasArguments = true;
    call.end.push(text);
  }

  #announce(call: Call, emit: Emit): void {
    if (call.isAnnounced) return;
    call.isAnnounced = true;
    emit({
      type: 'tool-call',
      choice: this.#choice,
      call: call.number,
      id: this.#ids.idOf(call.id, this.#choice, call.number),
      name: call.name ?? '',
      ...(call.signature === undefined ? {} : { signature: call.signature }),
      ...(call.custom ? { custom: true } : {}),
    });
  }

  #emitRest(call: Call, emit: Emit): void {
    const text = call.unsent;
    if (text === '') return;
    call.unsent = '';
    call.hasEmitted = true;
    emit({ type: 'tool-arguments', choice: this.#choice, call: call.number, text });
  }
}

/** Whether a fragment that no id assigns to this call begins another one. */
function beginsAnother(call: Call, fragment: Fragment): boolean {
  const { id, name, text } = fragment;
  const hasOtherId = id !== undefined && call.id !== undefined && id !== call.id;
  const hasOtherName = name !== undefined && call.name !== undefined && name !== call.name;
  if (call.custom) return hasOtherId && name !== undefined;
  if (isBeyond(call, fragment)) return true;
  if (call.end.isWhole) return name !== undefined && (hasOtherId || hasOtherName);
  if (hasOtherName) return hasOtherId || !call.hasArguments;
  // The same tool again. Arguments begin with a brace; inside those of one call a server that changes ids would have shown it.
  return hasOtherId && name !== undefined && !call.hasManyIds && (text === '' || isObject(text));
}

/** Whether the fragment is an object although the arguments are whole. An empty object says nothing unless a name follows. */
function isBeyond(call: Call, { id, name, text }: Fragment): boolean {
  if (call.custom || !call.end.isWhole || !isObject(text)) return false;
  return !isEmptyObject(call) || name !== undefined || (id !== undefined && id !== call.id);
}

function isObject(text: string): boolean {
  return /^\s*\{/.test(text);
}

/** Whether nothing but `{}` came so far, and none of it was emitted. */
function isEmptyObject(call: Call): boolean {
  return !call.hasEmitted && call.unsent.length < 16 && /^\s*\{\s*\}\s*$/.test(call.unsent);
}

function placeOf(index: JsonValue | undefined, id: string): string {
  return `${typeof index === 'number' ? index : ''} ${id}`;
}
