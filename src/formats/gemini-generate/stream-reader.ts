/** The stream of `streamGenerateContent?alt=sse`: every event is an answer of its own that holds what is new. */

import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { FormatError, type StreamReader } from '../format.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { Citation, Finish, StreamEvent, Usage } from '../neutral/conversation.ts';
import type { ServerCallPart } from '../neutral/server-tools.ts';
import { readAnswerPart, signatureOf } from './answer-parts.ts';
import { countSearches, readCitations } from './citations.ts';
import { readCodeStep } from './code-execution.ts';
import { readError } from './errors.ts';
import { countOf } from './fields.ts';
import { type RawFinish, rawFinishOf, readBlock, readFinish } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { PartialArguments } from './partial-arguments.ts';
import { partsOf, readTime } from './read-response.ts';
import { readUsage } from './usage.ts';
import { readSearches } from './web-search.ts';

type Emit = (event: StreamEvent) => void;

/** What is known of one candidate so far. */
interface OpenChoice {
  calls: number;
  /** How often Google has run code. */
  codes: number;
  /** The call whose arguments are still coming in. */
  openCall:
    | { readonly call: number; readonly id: string | undefined; readonly arguments: PartialArguments }
    | undefined;
  finish: RawFinish | undefined;
  blocked: Finish | undefined;
  text: string;
  readonly citations: Set<string>;
  /** What Google searched for, told again and again with more in it: it is passed on when the text is over. */
  searches: ServerCallPart | undefined;
}

/** Opens a reader for one stream. */
export function openStreamReader(callSeed?: string): StreamReader {
  return new GeminiStreamReader(callSeed);
}

class GeminiStreamReader implements StreamReader {
  readonly #choices = new Map<number, OpenChoice>();
  readonly #callIds: CallIds;
  #hasStarted = false;
  #id: string | undefined;
  #usage: Usage | undefined;
  #searches: number | undefined;
  #isOver = false;

  constructor(callSeed: string | undefined) {
    this.#callIds = new CallIds(callSeed);
  }

  read(data: string, _eventName: string | undefined, emit: Emit): void {
    if (this.#isOver) return;
    const body = parse(data);
    const error = readError(body);
    if (error !== undefined) {
      this.#isOver = true;
      this.#emitUsage(emit);
      emit({ type: 'error', error });
      return;
    }
    if (!isJsonObject(body)) throw new FormatError('', 'A stream event is not an object.');
    const usage = readUsage(body);
    // The counts of every event include those before it.
    if (usage !== undefined) this.#usage = usage;
    if (!this.#hasStarted) this.#start(body, usage, emit);
    else this.#refuseAnother(body);
    for (const [position, candidate] of objectsOf(body.candidates).entries()) {
      this.#readCandidate(candidate, countOf(candidate.index) ?? position, emit);
    }
    if (isJsonObject(body.promptFeedback)) this.#readFeedback(body.promptFeedback);
  }

  /**
   * Gemini has no end mark: a stream is whole when every candidate has said why it ended. Finish and usage wait for this moment,
   * because older models tell a finish reason in every event.
   */
  close(emit: Emit): void {
    if (this.#isOver) return;
    this.#isOver = true;
    let isWhole = this.#choices.size > 0;
    for (const [choice, state] of this.#choices) {
      if (state.blocked !== undefined && state.finish === undefined) {
        emit({ type: 'finish', choice, finish: state.blocked });
      } else if (state.finish !== undefined) {
        this.#closeCall(choice, state, emit);
        if (state.searches !== undefined) emit({ type: 'server-call', choice, part: state.searches });
        emit({ type: 'finish', choice, finish: readFinish(state.finish, state.calls > 0) });
      } else {
        isWhole = false;
      }
    }
    this.#emitUsage(emit);
    if (isWhole) emit({ type: 'end' });
  }

  #emitUsage(emit: Emit): void {
    if (this.#usage === undefined) return;
    const searches = this.#searches === undefined ? {} : { webSearchRequests: this.#searches };
    emit({ type: 'usage', usage: { ...this.#usage, ...searches } });
  }

  #start(body: JsonObject, usage: Usage | undefined, emit: Emit): void {
    const id = stringOf(body.responseId);
    this.#id = id;
    const model = stringOf(body.modelVersion);
    const createdSeconds = readTime(body.createTime);
    this.#hasStarted = true;
    this.#callIds.seedIfNone(id);
    emit({
      type: 'start',
      ...(id === undefined ? {} : { id }),
      ...(model === undefined ? {} : { model }),
      ...(createdSeconds === undefined ? {} : { createdSeconds }),
      ...(usage === undefined ? {} : { usage }),
      ...(usage?.serviceTier === undefined ? {} : { serviceTier: usage.serviceTier }),
    });
  }

  /** Every event of an answer has the id of its first. Content of another answer would make one answer of two. */
  #refuseAnother(body: JsonObject): void {
    const id = idOfContent(body);
    if (id === undefined || id === this.#id) return;
    if (this.#id !== undefined) {
      throw new FormatError('responseId', 'The stream is broken: the events of another answer follow in it.');
    }
    this.#id = id;
  }

  #readCandidate(candidate: JsonObject, choice: number, emit: Emit): void {
    const state = this.#choiceAt(choice);
    let logprobs: JsonValue | undefined = readLogprobs(candidate);
    for (const part of partsOf(candidate)) {
      const code = readCodeStep(part, state.codes);
      if (code !== undefined) {
        if (code.step === 'begins') state.codes += 1;
        emit({ type: 'server-call', choice, part: code });
      } else if (isJsonObject(part.functionCall)) this.#readCall(part, part.functionCall, choice, state, emit);
      else if (this.#readPart(part, choice, state, logprobs, emit)) logprobs = undefined;
    }
    // Log-probabilities of an event without text would otherwise be lost.
    if (logprobs !== undefined) emit({ type: 'text', choice, text: '', logprobs });
    this.#readSources(candidate, choice, state, emit);
    const finish = rawFinishOf(candidate);
    if (finish.reason !== undefined && finish.reason !== 'FINISH_REASON_UNSPECIFIED') state.finish = finish;
  }

  /** Emits a part that is not a call; true if it took the log-probabilities with it. */
  #readPart(part: JsonObject, choice: number, state: OpenChoice, logprobs: JsonValue | undefined, emit: Emit): boolean {
    const read = readAnswerPart(part, (given) => given ?? '');
    switch (read?.type) {
      case 'text':
        state.text += read.text;
        emit({
          type: 'text',
          choice,
          text: read.text,
          ...(read.signature === undefined ? {} : { signature: read.signature }),
          ...(logprobs === undefined ? {} : { logprobs }),
        });
        return true;
      case 'reasoning':
        if (read.text !== '') emit({ type: 'reasoning', choice, text: read.text });
        if (read.signature !== undefined) emit({ type: 'reasoning-signature', choice, signature: read.signature });
        return false;
      case 'image':
      case 'audio':
        emit({ type: 'media', choice, part: read });
        return false;
      case 'opaque':
        emit({ type: 'opaque', choice, format: read.format, value: read.value });
        return false;
      default:
        return false;
    }
  }

  /**
   * A call comes whole (`name`, `args`), or opens with `willContinue`, goes on in parts without a name, and ends with the first
   * part that does not promise more, which may be empty.
   */
  #readCall(part: JsonObject, call: JsonObject, choice: number, state: OpenChoice, emit: Emit): void {
    const name = stringOf(call.name) ?? '';
    const id = stringOf(call.id) || undefined;
    const continues = state.openCall !== undefined && (name === '' || (id !== undefined && id === state.openCall.id));
    if (!continues) {
      if (name === '' && !isJsonObject(call.args)) return;
      this.#closeCall(choice, state, emit);
      const signature = signatureOf(part);
      const number = state.calls;
      state.calls += 1;
      emit({
        type: 'tool-call',
        choice,
        call: number,
        id: this.#callIds.idOf(id, choice, number),
        name,
        ...(signature === undefined ? {} : { signature }),
      });
      if (isJsonObject(call.args) && (call.willContinue !== true || Object.keys(call.args).length > 0)) {
        emit({ type: 'tool-arguments', choice, call: number, text: JSON.stringify(call.args) });
        return;
      }
      state.openCall = { call: number, id, arguments: new PartialArguments() };
    }
    const open = state.openCall;
    if (open === undefined) return;
    for (const piece of objectsOf(call.partialArgs)) {
      const text = open.arguments.add(piece);
      if (text !== '') emit({ type: 'tool-arguments', choice, call: open.call, text });
    }
    if (call.willContinue !== true) this.#closeCall(choice, state, emit);
  }

  #closeCall(choice: number, state: OpenChoice, emit: Emit): void {
    const open = state.openCall;
    if (open === undefined) return;
    state.openCall = undefined;
    emit({ type: 'tool-arguments', choice, call: open.call, text: open.arguments.end() });
  }

  /** Grounding comes once at the end, or again and again with more in it. */
  #readSources(candidate: JsonObject, choice: number, state: OpenChoice, emit: Emit): void {
    this.#searches = countSearches(candidate) ?? this.#searches;
    state.searches = readSearches(candidate, this.#id) ?? state.searches;
    if (candidate.groundingMetadata === undefined && candidate.citationMetadata === undefined) return;
    const isNew = (citation: Citation): boolean => {
      const key = JSON.stringify(citation.raw.value);
      if (state.citations.has(key)) return false;
      state.citations.add(key);
      return true;
    };
    for (const citation of readCitations(candidate, state.text).filter(isNew)) {
      emit({ type: 'citation', choice, citation });
    }
  }

  #readFeedback(promptFeedback: JsonObject): void {
    const blocked = readBlock(promptFeedback);
    if (blocked !== undefined) this.#choiceAt(0).blocked = blocked;
  }

  #choiceAt(index: number): OpenChoice {
    let state = this.#choices.get(index);
    if (state === undefined) {
      state = {
        calls: 0,
        codes: 0,
        openCall: undefined,
        finish: undefined,
        blocked: undefined,
        text: '',
        citations: new Set(),
        searches: undefined,
      };
      this.#choices.set(index, state);
    }
    return state;
  }
}

/** The id of the answer to which an event adds content. */
export function idOfContent(body: JsonObject): string | undefined {
  return objectsOf(body.candidates).some((each) => partsOf(each).length > 0) ? stringOf(body.responseId) : undefined;
}

function parse(data: string): JsonValue {
  try {
    return parseJson(data);
  } catch {
    throw new FormatError('', 'A stream event is not valid JSON.');
  }
}
