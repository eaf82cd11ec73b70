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
const NOTHING = Buffer.alloc(0);

/** The check of one stream. */
export class AnthropicStreamCheck implements StreamCheck {
  problem: FormatError | undefined;
  #id: JsonValue | undefined;
  #hasStarted = false;
  #hasBlocks = false;
  /** The message began a second time, after its first block. */
  #isRestarted = false;
  #isOver = false;

  push(events: Buffer): Buffer {
    if (this.#isOver) return events;
    if (this.problem !== undefined) return NOTHING;
    // Once a block has begun, only the events of the message say anything.
    const mayTell = !this.#hasBlocks || this.#isRestarted || events.includes(MESSAGE);
    return mayTell ? this.#walk(events) : events;
  }

  end(): Buffer {
    return NOTHING;
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
    } else if (message.id === this.#id) this.#isRestarted ||= this.#hasBlocks;
    else this.problem = new FormatError('', 'The stream is broken: another message begins inside it.');
  }

  #block(event: Buffer): void {
    this.#hasBlocks = true;
    if (this.#isRestarted && parsed(event).index === 0) {
      this.problem = new FormatError('', 'The stream is broken: the message begins again.');
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
