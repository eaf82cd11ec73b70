/** Watches a relayed Claude stream for another message that begins inside it. Only starts are parsed. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { FormatError, type StreamCheck } from '../format.ts';

/** Inside a text the quotes would be escaped, so these are types of events. */
const MESSAGE = Buffer.from('"message_');
const START = Buffer.from('"message_start"');
const STOP = Buffer.from('"message_stop"');
const BLOCK = Buffer.from('"content_block_start"');

/** The check of one stream. */
export class AnthropicStreamCheck implements StreamCheck {
  problem: FormatError | undefined;
  #id: JsonValue | undefined;
  #hasStarted = false;
  /** How many blocks began before the message began a second time; undefined until it does. */
  #blocksBefore: number | undefined;
  #blocks = 0;
  #isOver = false;

  push(events: Buffer): Buffer {
    if (this.#isOver || this.problem !== undefined) return this.#isOver ? events : events.subarray(0, 0);
    if (!events.includes(MESSAGE)) {
      return this.#blocksBefore === undefined ? this.#countBlocks(events) : this.#walk(events);
    }
    return this.#walk(events);
  }

  end(): Buffer {
    return Buffer.alloc(0);
  }

  #countBlocks(events: Buffer): Buffer {
    for (let found = events.indexOf(BLOCK); found !== -1; found = events.indexOf(BLOCK, found + BLOCK.length)) {
      this.#blocks += 1;
    }
    return events;
  }

  #walk(events: Buffer): Buffer {
    let start = 0;
    while (start < events.length) {
      const found = endOfEvent(events, start);
      const end = found === -1 ? events.length : found;
      this.#take(events.subarray(start, end));
      if (this.problem !== undefined) return events.subarray(0, start);
      if (this.#isOver) return events;
      start = end;
    }
    return events;
  }

  #take(event: Buffer): void {
    if (event.includes(START)) this.#start(parsed(event));
    else if (event.includes(STOP)) this.#isOver = true;
    else if (event.includes(BLOCK)) this.#block(event);
  }

  #start(event: JsonObject): void {
    const message = isJsonObject(event.message) ? event.message : {};
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#id = message.id;
    } else if (message.id === this.#id) this.#blocksBefore = this.#blocks;
    else this.problem = new FormatError('', 'The stream is broken: another message begins inside it.');
  }

  #block(event: Buffer): void {
    const { index } = this.#blocksBefore === undefined ? {} : parsed(event);
    this.#blocks += 1;
    if (typeof index === 'number' && index < (this.#blocksBefore ?? 0)) {
      this.problem = new FormatError('', `The stream is broken: the message begins again at block ${index}.`);
    }
  }
}

function parsed(event: Buffer): JsonObject {
  const text = event.toString('utf8');
  const data = text
    .split(/\r\n|\n|\r/)
    .flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length)] : []));
  try {
    const value = parseJson(data.join('\n'));
    return isJsonObject(value) ? value : {};
  } catch {
    // An event that cannot be read is the client's to judge, as any other of a relayed stream.
    return {};
  }
}
