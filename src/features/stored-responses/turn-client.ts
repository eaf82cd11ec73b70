import type { JsonObject } from '../../core/json.ts';
import type { Client } from '../../exchange/client.ts';
import { bufferOf, ClientWrapper } from '../../exchange/client-wrapper.ts';
import { isLastEvent, namesResponse, toldInEvent, toldInWhole } from '../../formats/openai-responses/told-response.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';

const OK = 200;
/** An answer does not wait longer for what is done with it. */
const MOST_HELD_MS = 5_000;
const EMPTY = Buffer.alloc(0);

/** What a client gets to know of a turn. */
interface Telling {
  /** Members of the response that its provider does not know. */
  readonly told: JsonObject;
  /** Whether the end is held until `release`. */
  readonly holdsEnd: boolean;
  readonly onLate: () => void;
}

/**
 * In front of a client whose turn goes on from what is kept. Its response says so. It does not end before its conversation has it,
 * because the next turn may come at once, to another instance.
 */
export class TurnClient extends ClientWrapper {
  readonly #telling: Telling;
  /** What of an event has come. */
  #rest: Buffer = EMPTY;
  #held: (() => void)[] | undefined;
  #isReleased: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Client, telling: Telling) {
    super(client);
    this.#telling = telling;
    this.#isReleased = !telling.holdsEnd;
  }

  override get hasStarted(): boolean {
    return this.#held !== undefined || this.client.hasStarted;
  }

  override sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    const told = status === OK ? toldInWhole(bufferOf(body), this.#telling.told) : body;
    if (status === OK) this.#hold();
    this.#send(() => this.client.sendWhole(status, headers, told));
  }

  override write(chunk: Uint8Array | string): boolean {
    const came = bufferOf(chunk);
    const bytes = this.#rest.length === 0 ? came : Buffer.concat([this.#rest, came]);
    let end = 0;
    let sent = 0;
    let hasRoom = true;
    for (let next = endOfEvent(bytes, 0); next !== -1; next = endOfEvent(bytes, end)) {
      const event = bytes.subarray(end, next);
      if (namesResponse(event)) {
        if (end > sent) hasRoom = this.#pass(bytes.subarray(sent, end));
        if (isLastEvent(event)) this.#hold();
        hasRoom = this.#pass(toldInEvent(event, this.#telling.told));
        sent = next;
      }
      end = next;
    }
    if (end > sent) hasRoom = this.#pass(bytes.subarray(sent, end));
    // A copy: whose the bytes are later is not known.
    this.#rest = Buffer.from(bytes.subarray(end));
    return hasRoom;
  }

  override endStream(chunk?: Uint8Array | string): void {
    if (chunk !== undefined) this.write(chunk);
    if (this.#rest.length > 0) this.#pass(this.#rest);
    this.#rest = EMPTY;
    this.#send(() => this.client.endStream());
  }

  /** Sends what was held. */
  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    for (const send of held ?? []) send();
  }

  #pass(bytes: Buffer): boolean {
    if (this.#held === undefined) return this.client.write(bytes);
    const copy = Buffer.from(bytes);
    this.#held.push(() => void this.client.write(copy));
    return true;
  }

  #send(send: () => void): void {
    if (this.#held === undefined) send();
    else this.#held.push(send);
  }

  #hold(): void {
    if (this.#isReleased) return;
    this.#held ??= [];
    this.#timer ??= setTimeout(() => {
      this.#telling.onLate();
      this.release();
    }, MOST_HELD_MS).unref();
  }
}
