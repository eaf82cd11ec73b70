/**
 * Reads a provider's stream of chunks.
 *
 * The ends of the choices, the usage and the end of the stream are emitted together at `[DONE]`. If the connection ends
 * without it, `close()` emits `end` only if every choice that began had a finish reason (some local servers never send
 * the mark); otherwise the stream was cut, and `close()` emits only the usage seen so far.
 */

import { isJsonObject, type JsonObject, type JsonValue, objectOf, wordOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { FormatError, type StreamReader } from '../format.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { ProviderErrorFacts, StreamEvent, Usage } from '../neutral/conversation.ts';
import { ChoiceReader } from './choice-reader.ts';
import { ChunkBelonging } from './chunk-belonging.ts';
import { readSources } from './citations.ts';
import { readError } from './errors.ts';
import { readUsage } from './usage.ts';

type Emit = (event: StreamEvent) => void;

/** The reader of one stream. */
export class OpenAiChatStreamReader implements StreamReader {
  readonly #choices = new Map<number, ChoiceReader>();
  readonly #ids: CallIds;
  #hasStarted = false;
  #hasSources = false;
  #isOver = false;
  #usage: Usage | undefined;
  readonly #belongings = new ChunkBelonging();
  /** A chunk of which only the next one tells whether it belongs to this answer. */
  #unsure: JsonObject | undefined;

  constructor(callSeed?: string) {
    this.#ids = new CallIds(callSeed);
  }

  read(data: string, eventName: string | undefined, emit: Emit): void {
    if (this.#isOver || data === '') return;
    if (data === '[DONE]') {
      this.#finish(emit);
      return;
    }
    const chunk = this.#parse(data, emit);
    if (chunk === undefined) return;
    const error = errorOf(chunk, eventName);
    if (error === undefined) this.#readChunk(chunk, emit);
    else this.#fail(error, emit);
  }

  close(emit: Emit): void {
    if (this.#isOver) return;
    if (this.isFinished()) {
      this.#finish(emit);
      return;
    }
    this.#isOver = true;
    if (this.#usage !== undefined) emit({ type: 'usage', usage: this.#usage });
  }

  isFinished(): boolean {
    if (this.#unsure !== undefined) return false;
    return this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.isFinished);
  }

  #parse(data: string, emit: Emit): JsonObject | undefined {
    let value: JsonValue;
    try {
      value = parseJson(data);
    } catch {
      const text = data.trim();
      // Keep-alives that reach us as data: nothing, or a comment (OpenRouter's `: OPENROUTER PROCESSING`).
      if (text === '' || text.startsWith(':')) return undefined;
      if (text === '[DONE]') {
        this.#finish(emit);
        return undefined;
      }
      throw new FormatError('', `A stream event is not JSON: ${text.slice(0, 80)}`);
    }
    // Google's compatible endpoint wraps errors in an array.
    if (Array.isArray(value)) value = value[0] ?? null;
    if (!isJsonObject(value)) throw new FormatError('', 'A stream event is not a JSON object.');
    return value;
  }

  #readChunk(chunk: JsonObject, emit: Emit): void {
    const usage = readUsage(chunk);
    if (usage !== undefined) this.#takeUsage(usage);
    switch (this.#belongings.of(chunk)) {
      case 'other':
        throw anotherAnswer();
      case 'unsure':
        this.#unsure = chunk;
        return;
      case 'same':
        this.#readUnsure(emit);
        this.#readChoices(chunk, emit);
    }
  }

  #readUnsure(emit: Emit): void {
    const chunk = this.#unsure;
    this.#unsure = undefined;
    if (chunk !== undefined) this.#readChoices(chunk, emit);
  }

  #readChoices(chunk: JsonObject, emit: Emit): void {
    const { choices } = chunk;
    if (!Array.isArray(choices) || choices.length === 0) return;
    if (!this.#hasStarted) this.#start(chunk, emit);
    let position = 0;
    for (const choice of choices) {
      if (isJsonObject(choice)) {
        this.#choiceAt(choice.index, position).readChunk(choice, emit);
        const failure = failureOf(choice);
        if (failure !== undefined) {
          this.#fail(failure, emit);
          return;
        }
      }
      position += 1;
    }
    if (!this.#hasSources) this.#readSources(chunk, emit);
  }

  #start(chunk: JsonObject, emit: Emit): void {
    this.#hasStarted = true;
    const id = wordOf(chunk.id);
    this.#ids.seedIfNone(id);
    const model = wordOf(chunk.model);
    const serviceTier = wordOf(chunk.service_tier);
    const systemFingerprint = wordOf(chunk.system_fingerprint);
    const { created } = chunk;
    emit({
      type: 'start',
      ...(id === undefined ? {} : { id }),
      ...(model === undefined ? {} : { model }),
      ...(typeof created === 'number' && Number.isFinite(created) ? { createdSeconds: Math.floor(created) } : {}),
      ...(serviceTier === undefined ? {} : { serviceTier }),
      ...(systemFingerprint === undefined ? {} : { systemFingerprint }),
    });
  }

  #choiceAt(index: JsonValue | undefined, position: number): ChoiceReader {
    const number = typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : position;
    let choice = this.#choices.get(number);
    if (choice === undefined) {
      choice = new ChoiceReader(number, this.#ids);
      this.#choices.set(number, choice);
    }
    return choice;
  }

  /** The last counts win, but for zeros that some servers send after the true ones. */
  #takeUsage(usage: Usage): void {
    const isEmpty = usage.inputTokens === 0 && usage.outputTokens === 0;
    if (!isEmpty || this.#usage === undefined) this.#usage = usage;
  }

  /** Perplexity repeats the sources of the answer in every chunk. */
  #readSources(chunk: JsonObject, emit: Emit): void {
    const { citations, search_results: results, web_search: found } = chunk;
    if (citations === undefined && results === undefined && found === undefined) return;
    const sources = readSources(chunk);
    this.#hasSources = sources.length > 0;
    for (const citation of sources) emit({ type: 'citation', choice: 0, citation });
  }

  #fail(error: ProviderErrorFacts, emit: Emit): void {
    this.#isOver = true;
    if (this.#usage !== undefined) emit({ type: 'usage', usage: this.#usage });
    emit({ type: 'error', error });
  }

  #finish(emit: Emit): void {
    this.#isOver = true;
    if (this.#unsure !== undefined) throw anotherAnswer();
    for (const number of [...this.#choices.keys()].sort((one, other) => one - other)) {
      this.#choices.get(number)?.close(emit);
    }
    if (this.#usage !== undefined) emit({ type: 'usage', usage: this.#usage });
    emit({ type: 'end' });
  }
}

function anotherAnswer(): FormatError {
  return new FormatError('id', 'The stream is broken: the chunks of another answer follow in it.');
}

function errorOf(chunk: JsonObject, eventName: string | undefined): ProviderErrorFacts | undefined {
  const hasEnvelope = chunk.error !== undefined && chunk.error !== null;
  if (!hasEnvelope && eventName !== 'error' && (Array.isArray(chunk.choices) || chunk.usage !== undefined))
    return undefined;
  const error = readError(chunk);
  if (error !== undefined) return error;
  return eventName === 'error' ? { message: 'The provider reported an error in the stream.' } : undefined;
}

/** An error inside a choice: OpenRouter's `choices[].error`, or a finish reason that means the server broke off. */
function failureOf(choice: JsonObject): ProviderErrorFacts | undefined {
  const error = objectOf(choice.error);
  if (error !== undefined) return readError({ error });
  const word = choice.finish_reason;
  if (typeof word !== 'string' || !BROKEN_OFF.has(word)) return undefined;
  return { message: `The provider broke off the answer with the finish reason '${word}'.`, code: word };
}

const BROKEN_OFF: ReadonlySet<string> = new Set(['error', 'network_error', 'insufficient_system_resource', 'abort']);
