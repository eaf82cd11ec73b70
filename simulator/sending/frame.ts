import type { Framing, StreamEvent } from './reply.ts';

/** Turns the events of one stream into bytes, in the order they are sent. */
export class Framer {
  readonly #framing: Framing;
  #sent = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  /** The bytes of one event. */
  frame(event: StreamEvent, isLast: boolean): Buffer {
    const isFirst = this.#sent === 0;
    this.#sent += 1;
    if (this.#framing.style === 'json-array') return Buffer.from(`${isFirst ? '[' : ',\r\n'}${event.data}`);
    const { lineEnd, byteOrderMark, comments, emptyEvents } = this.#framing;
    let text = isFirst && byteOrderMark ? '\ufeff' : '';
    if (comments) text += `: a comment${lineEnd}${lineEnd}`;
    if (emptyEvents) text += `event: nothing${lineEnd}id: ${this.#sent}${lineEnd}retry: 3000${lineEnd}${lineEnd}`;
    if (event.name !== undefined) text += `event: ${event.name}${lineEnd}`;
    text += this.#data(event.data) + lineEnd;
    if (!(isLast && this.#framing.noTrailingNewline)) text += lineEnd;
    else text = text.slice(0, -lineEnd.length);
    return Buffer.from(text);
  }

  /** What closes the stream after its last event. */
  end(): Buffer | undefined {
    return this.#framing.style === 'json-array' ? Buffer.from(this.#sent === 0 ? '[]' : ']') : undefined;
  }

  /** Bytes cut into the pieces that each go out alone. */
  *pieces(bytes: Buffer): Generator<Buffer> {
    const { cutEvery } = this.#framing;
    if (cutEvery === undefined) {
      yield bytes;
      return;
    }
    for (let at = 0; at < bytes.length; at += cutEvery) yield bytes.subarray(at, at + cutEvery);
  }

  #data(data: string): string {
    const prefix = this.#framing.noSpace ? 'data:' : 'data: ';
    // Between two members of the outermost object a line break is white space for JSON.
    const lines = this.#framing.multiLine && data.startsWith('{') ? ['{', data.slice(1)] : [data];
    return lines.map((line) => prefix + line).join(this.#framing.lineEnd);
  }
}
