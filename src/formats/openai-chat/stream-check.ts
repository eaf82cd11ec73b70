/**
 * Looks at the events of a relayed stream: chunks of another answer break it, and tool calls are put in order. Once the server has
 * shown that it repeats its id, a chunk that holds the same bytes is not parsed, unless it holds a tool call of a server that is
 * not known to write them well.
 */
import { isJsonObject, type JsonObject, stringOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { dataOfEvent } from '../../wire/event-data.ts';
import { FormatError, type StreamCheck } from '../format.ts';
import { ChunkBelonging } from './chunk-belonging.ts';
import { ToolCallRepair } from './tool-call-repair.ts';

const TOOL_CALLS = Buffer.from('"tool_calls"');
const BLANK_LINE = '\n\n';
const DONE = '[DONE]';
const NOTHING = Buffer.alloc(0);
/** So many chunks with one id show that the server repeats it. */
const STEADY = 3;

/** The check of one stream. */
export class OpenAiStreamCheck implements StreamCheck {
  problem: FormatError | undefined;
  readonly #belonging = new ChunkBelonging();
  readonly #repair: ToolCallRepair | undefined;
  /** The bytes of the id that the chunks repeat. */
  #id: Buffer | undefined;
  #repeated: string | undefined;
  #count = 0;
  #hasCalls = false;
  #unsure: Buffer | undefined;

  /** `callSeed` is undefined if the server's calls need no repair. */
  constructor(callSeed: string | undefined) {
    this.#repair = callSeed === undefined ? undefined : new ToolCallRepair(callSeed);
  }

  push(events: Buffer): Buffer {
    if (this.problem !== undefined) return NOTHING;
    this.#hasCalls ||= this.#repair !== undefined && events.includes(TOOL_CALLS);
    if (!this.#hasCalls && this.#unsure === undefined && this.#isSteady(events)) return events;
    const sent: Buffer[] = [];
    let start = 0;
    while (start < events.length && this.problem === undefined) {
      const found = endOfEvent(events, start);
      const end = found === -1 ? events.length : found;
      this.#take(events.subarray(start, end), sent);
      start = end;
    }
    return sent.length === 1 ? (sent[0] as Buffer) : Buffer.concat(sent);
  }

  end(): Buffer {
    if (this.#unsure === undefined) return NOTHING;
    this.problem = anotherAnswer();
    return NOTHING;
  }

  /** Whether every event holds the id that the server repeats. */
  #isSteady(events: Buffer): boolean {
    const id = this.#id;
    if (id === undefined) return false;
    let start = 0;
    while (start < events.length) {
      const end = events.indexOf(BLANK_LINE, start, 'latin1');
      const found = events.indexOf(id, start);
      if (end === -1 || found === -1 || found >= end) return false;
      start = end + BLANK_LINE.length;
    }
    return true;
  }

  #take(event: Buffer, sent: Buffer[]): void {
    const data = dataOfEvent(event);
    const chunk = data === DONE ? undefined : parsed(data);
    if (chunk === undefined) {
      this.#takeOther(event, data, sent);
      return;
    }
    switch (this.#belonging.of(chunk)) {
      case 'other':
        this.problem = anotherAnswer();
        return;
      case 'unsure':
        this.#unsure = event;
        return;
      case 'same':
        if (this.#unsure !== undefined)
          sent.push(this.#repaired(this.#unsure, parsed(dataOfEvent(this.#unsure)) ?? {}));
        this.#unsure = undefined;
        this.#noteId(stringOf(chunk.id));
        sent.push(this.#repaired(event, chunk));
    }
  }

  #takeOther(event: Buffer, data: string, sent: Buffer[]): void {
    if (data === DONE && this.#unsure !== undefined) {
      this.problem = anotherAnswer();
      return;
    }
    const rest = data === DONE && this.#hasCalls ? this.#repair?.rest() : undefined;
    if (rest !== undefined) sent.push(bytesOf(rest));
    sent.push(event);
  }

  #repaired(event: Buffer, chunk: JsonObject): Buffer {
    if (!this.#hasCalls || this.#repair === undefined) return event;
    const repaired = this.#repair.repair(chunk);
    return repaired === chunk ? event : bytesOf(repaired);
  }

  #noteId(id: string | undefined): void {
    if (id === undefined || id === '' || this.#id !== undefined) return;
    this.#count = id === this.#repeated ? this.#count + 1 : 1;
    this.#repeated = id;
    if (this.#count === STEADY) this.#id = Buffer.from(JSON.stringify(id));
  }
}

function anotherAnswer(): FormatError {
  return new FormatError('id', 'The stream is broken: the chunks of another answer follow in it.');
}

function bytesOf(chunk: JsonObject): Buffer {
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
}

function parsed(data: string): JsonObject | undefined {
  if (data === '') return undefined;
  try {
    const value = parseJson(data);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // An event that cannot be read is the client's to judge, as any other of a relayed stream.
    return undefined;
  }
}
