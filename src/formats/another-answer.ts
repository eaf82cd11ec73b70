/**
 * Watches a relayed stream whose events say to which answer they belong for those of another one. What repeats the bytes of the id is
 * not parsed.
 */
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';
import { endOfEvent } from '../wire/event-boundary.ts';
import { dataOfEvent } from '../wire/event-data.ts';
import { FormatError, type StreamCheck } from './format.ts';

const NOTHING = Buffer.alloc(0);
const CARRIAGE_RETURN = 0x0d;

/** How a format's events name their answer. */
interface AnswerIds {
  /** Only events that hold these bytes are looked at; all if absent. */
  readonly mark?: Buffer;
  /** The id of the answer that an event adds to; undefined if it names none, or adds nothing. */
  idOf(event: JsonObject): string | undefined;
}

/** The check of one stream. */
export class AnotherAnswerCheck implements StreamCheck {
  problem: FormatError | undefined;
  readonly #ids: AnswerIds;
  #id: string | undefined;
  #idBytes: Buffer | undefined;

  constructor(ids: AnswerIds) {
    this.#ids = ids;
  }

  push(events: Buffer): Buffer {
    if (this.problem !== undefined) return NOTHING;
    const { mark } = this.#ids;
    if (mark !== undefined && !events.includes(mark)) return events;
    const hasReturn = events.includes(CARRIAGE_RETURN);
    for (let start = 0; start < events.length; ) {
      const found = endOfEvent(events, start, hasReturn);
      const end = found === -1 ? events.length : found;
      const event = events.subarray(start, end);
      if (this.#idBytes === undefined || !event.includes(this.#idBytes)) this.#take(event);
      if (this.problem !== undefined) return events.subarray(0, start);
      start = end;
    }
    return events;
  }

  end(): Buffer {
    return NOTHING;
  }

  #take(event: Buffer): void {
    const { mark, idOf } = this.#ids;
    const value = mark === undefined || event.includes(mark) ? parsed(dataOfEvent(event)) : undefined;
    const id = value === undefined ? undefined : idOf(value);
    if (id === undefined || id === '' || id === this.#id) return;
    if (this.#id !== undefined) {
      this.problem = new FormatError('', 'The stream is broken: the events of another answer follow in it.');
      return;
    }
    this.#id = id;
    this.#idBytes = Buffer.from(JSON.stringify(id));
  }
}

function parsed(data: string): JsonObject | undefined {
  try {
    const value = parseJson(data);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // An event that cannot be read is the client's to judge, as any other of a relayed stream.
    return undefined;
  }
}
