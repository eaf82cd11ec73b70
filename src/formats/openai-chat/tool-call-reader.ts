/** Puts together the tool calls of one streamed choice from fragments that every server cuts in its own way. */
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import type { ReasoningSignature, StreamEvent } from '../neutral/conversation.ts';
import { readGoogleSignature } from './thinking-blocks.ts';
import { callId, readCallArguments } from './tool-call-ids.ts';

type Emit = (event: StreamEvent) => void;

interface Call {
  readonly number: number;
  id: string | undefined;
  name: string | undefined;
  custom: boolean;
  signature: ReasoningSignature | undefined;
  arguments: string;
  isAnnounced: boolean;
}

/**
 * Which call a fragment belongs to, in the order of trust: its `index`; its `id`; being the latest. A fragment that brings
 * both another id and a name opens a new call even under an index already taken (Gemini's compatible endpoint gives all
 * parallel calls the index 0), unless the arguments so far are plainly unfinished (servers that make up a new id for each
 * fragment).
 */
export class ToolCallReader {
  readonly #choice: number;
  readonly #calls: Call[] = [];
  readonly #byIndex = new Map<number, Call>();

  constructor(choice: number) {
    this.#choice = choice;
  }

  get hasCalls(): boolean {
    return this.#calls.length > 0;
  }

  /** Takes one entry of `delta.tool_calls`. */
  readFragment(fragment: JsonValue, responseId: string, emit: Emit): void {
    if (!isJsonObject(fragment)) return;
    const custom = objectOf(fragment.custom);
    const holder = custom ?? objectOf(fragment.function) ?? {};
    const id = wordOf(fragment.id);
    const name = wordOf(holder.name);
    const call = this.#find(fragment.index, id, name);
    call.id ??= id;
    call.name ??= name;
    call.custom ||= custom !== undefined || fragment.type === 'custom';
    call.signature ??= readGoogleSignature(fragment) ?? readGoogleSignature(holder);
    const text = custom === undefined ? readCallArguments(holder.arguments) : (stringOf(custom.input) ?? '');
    this.#take(call, text, responseId, emit);
  }

  /** Takes OpenAI's legacy `delta.function_call`, of which an answer has at most one. */
  readLegacy(call: JsonObject, responseId: string, emit: Emit): void {
    this.readFragment({ index: 0, function: call }, responseId, emit);
  }

  /** The choice is finished: what was held back for want of a name goes out, and a call without arguments gets `{}`. */
  finish(responseId: string, emit: Emit): void {
    for (const call of this.#calls) {
      this.#announce(call, responseId, emit);
      if (call.arguments === '' && !call.custom) this.#append(call, '{}', emit);
    }
  }

  #find(index: JsonValue | undefined, id: string | undefined, name: string | undefined): Call {
    if (typeof index === 'number') {
      const known = this.#byIndex.get(index);
      if (known !== undefined && !isAnotherCall(known, id, name)) return known;
      const call = this.#open();
      this.#byIndex.set(index, call);
      return call;
    }
    const sameId = id === undefined ? undefined : this.#calls.find((call) => call.id === id);
    if (sameId !== undefined) return sameId;
    const latest = this.#calls.at(-1);
    if (latest === undefined || isAnotherCall(latest, id, name)) return this.#open();
    // Without index and id, a whole call (Ollama) differs from a further fragment only by bringing a name.
    const isWhole = id === undefined && name !== undefined && latest.name !== undefined && isFinished(latest.arguments);
    return isWhole ? this.#open() : latest;
  }

  #open(): Call {
    const call: Call = {
      number: this.#calls.length,
      id: undefined,
      name: undefined,
      custom: false,
      signature: undefined,
      arguments: '',
      isAnnounced: false,
    };
    this.#calls.push(call);
    return call;
  }

  #take(call: Call, text: string, responseId: string, emit: Emit): void {
    if (!call.isAnnounced) {
      // A call is emitted only with its name, which some servers send after the id.
      if (call.name === undefined) {
        call.arguments += text;
        return;
      }
      this.#announce(call, responseId, emit);
    }
    this.#append(call, text, emit);
  }

  #announce(call: Call, responseId: string, emit: Emit): void {
    if (call.isAnnounced) return;
    call.isAnnounced = true;
    emit({
      type: 'tool-call',
      choice: this.#choice,
      call: call.number,
      id: call.id ?? callId(responseId, this.#choice, call.number),
      name: call.name ?? '',
      ...(call.signature === undefined ? {} : { signature: call.signature }),
      ...(call.custom ? { custom: true } : {}),
    });
    const held = call.arguments;
    call.arguments = '';
    this.#append(call, held, emit);
  }

  #append(call: Call, text: string, emit: Emit): void {
    if (text === '') return;
    call.arguments += text;
    emit({ type: 'tool-arguments', choice: this.#choice, call: call.number, text });
  }
}

function isAnotherCall(call: Call, id: string | undefined, name: string | undefined): boolean {
  if (id === undefined || call.id === undefined || id === call.id || name === undefined) return false;
  return call.arguments === '' ? name !== call.name : call.custom || isFinished(call.arguments);
}

/** Whether the text is whole JSON. Runs only if a fragment is ambiguous. */
function isFinished(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
