import type { JsonObject } from '../../core/json.ts';

/** Names and numbers the events of one stream. */
export class EventWriter {
  #sequence: number;

  /** `next` is the number of the first event: a stream that is continued goes on counting. */
  constructor(next = 0) {
    this.#sequence = next;
  }

  /** One event. */
  readonly write = (type: string, members: JsonObject): string => {
    const written = JSON.stringify({ type, sequence_number: this.#sequence, ...members });
    this.#sequence += 1;
    return `event: ${type}\ndata: ${written}\n\n`;
  };

  /** A piece of text: once for every event of a stream, so it is put together from strings. `place` and `rest` are written members. */
  delta(type: string, place: string, text: string, rest = ''): string {
    const sequence = this.#sequence++;
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence}${place},"delta":${JSON.stringify(text)}${rest}}\n\n`;
  }
}
