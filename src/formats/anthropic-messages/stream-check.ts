/**
 * Watches a relayed Claude stream for another message that begins inside it, and for blocks that begin twice or get what is not theirs.
 * The first delta of a block is parsed and shows how the provider spells what stands before a delta; those that begin with the same
 * bytes are not.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { isPlaced } from '../../wire/member-place.ts';
import { FormatError, type StreamCheck } from '../format.ts';

/** Inside a text the quotes would be escaped, so these are members. */
const INDEX = Buffer.from('"index"');
const DELTA = Buffer.from('"content_block_delta"');
const NOTHING = Buffer.alloc(0);
const CARRIAGE_RETURN = 0x0d;

/** The check of one stream. */
export class AnthropicStreamCheck implements StreamCheck {
  problem: FormatError | undefined;
  #id: JsonValue | undefined;
  #hasStarted = false;
  /** The open blocks, and with which bytes their deltas begin; undefined before the first. */
  readonly #open = new Map<number, Buffer | undefined>();
  readonly #used = new Set<number>();
  /** An event could not be read: which blocks are open is no longer known. */
  #isBlind = false;
  #isOver = false;

  push(events: Buffer): Buffer {
    if (this.#isOver) return events;
    if (this.problem !== undefined) return NOTHING;
    const hasReturn = events.includes(CARRIAGE_RETURN);
    let start = 0;
    while (start < events.length) {
      const found = endOfEvent(events, start, hasReturn);
      const end = found === -1 ? events.length : found;
      if (!this.#isKnownDelta(events, start, end)) this.#take(events.subarray(start, end));
      if (this.problem !== undefined) return events.subarray(0, start);
      if (this.#isOver) return events;
      start = end;
    }
    return events;
  }

  end(): Buffer {
    return NOTHING;
  }

  /** Whether an event begins as the deltas of an open block do. */
  #isKnownDelta(events: Buffer, start: number, end: number): boolean {
    for (const head of this.#open.values()) {
      if (head === undefined || end - start < head.length) continue;
      if (events.compare(head, 0, head.length, start, start + head.length) === 0) return true;
    }
    return false;
  }

  #take(bytes: Buffer): void {
    const event = parsed(bytes);
    if (event === undefined) return;
    if (event === 'unreadable') {
      this.#isBlind = true;
      return;
    }
    switch (event.type) {
      case 'message_start':
        this.#messageStart(event);
        return;
      case 'content_block_start':
        this.#blockStart(event.index);
        return;
      case 'content_block_delta':
        this.#delta(event.index, bytes);
        return;
      case 'content_block_stop':
        if (typeof event.index === 'number') this.#open.delete(event.index);
        return;
      case 'message_delta':
        this.#open.clear();
        return;
      case 'message_stop':
        this.#isOver = true;
    }
  }

  #messageStart(event: JsonObject): void {
    const message = isJsonObject(event.message) ? event.message : {};
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#id = message.id;
    } else if (message.id !== this.#id) this.problem = broken('another message begins inside it');
  }

  #blockStart(index: JsonValue | undefined): void {
    // Without an index nothing tells to which block a delta belongs.
    if (typeof index !== 'number') this.#isBlind = true;
    else if (this.#used.has(index)) this.problem = broken(`block ${index} begins a second time`);
    else {
      this.#used.add(index);
      this.#open.set(index, undefined);
    }
  }

  #delta(index: JsonValue | undefined, bytes: Buffer): void {
    if (this.#isBlind || typeof index !== 'number') return;
    if (this.#open.has(index)) this.#open.set(index, headOf(bytes));
    else this.problem = broken(`a delta is for block ${index}, which is not open`);
  }
}

function broken(what: string): FormatError {
  return new FormatError('', `The stream is broken: ${what}.`);
}

/** What stands before the delta itself, if that says already which block it is for. */
function headOf(event: Buffer): Buffer | undefined {
  const found = event.indexOf(INDEX);
  if (found === -1 || !isPlaced(event, found, undefined)) return undefined;
  const end = event.indexOf(',', found);
  const head = end === -1 ? NOTHING : event.subarray(0, end + 1);
  return head.includes(DELTA) ? Buffer.from(head) : undefined;
}

/** The event, with its type; undefined for a comment. */
function parsed(event: Buffer): JsonObject | 'unreadable' | undefined {
  const lines = event.toString('utf8').split(/\r\n|\n|\r/);
  const data = lines.flatMap((line) => (line.startsWith('data:') ? [line.slice('data:'.length)] : []));
  const isComment = lines.every((line) => line === '' || line.startsWith(':'));
  if (isComment) return undefined;
  try {
    const value = parseJson(data.join('\n'));
    if (!isJsonObject(value)) return 'unreadable';
    const name = lines
      .find((line) => line.startsWith('event:'))
      ?.slice('event:'.length)
      .trim();
    return typeof value.type === 'string' || name === undefined ? value : { ...value, type: name };
  } catch {
    // The client judges it, as any other event of a relayed stream.
    return 'unreadable';
  }
}
