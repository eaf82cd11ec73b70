import type { JsonObject } from '../../core/json.ts';
import type { Client } from '../../exchange/client.ts';
import { bufferOf } from '../../exchange/client-wrapper.ts';
import { backgroundEvent } from '../../formats/openai-responses/background-events.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { BackgroundClient } from './background-client.ts';
import type { EventLog } from './event-log.ts';

/** What is known of the response whose events are taken. */
interface StreamFacts {
  /** Members of the response that only the gateway knows. */
  readonly told: JsonObject;
  /** All events together may not be larger. */
  readonly mostBytes: number;
}

const OPENING_BRACE = 0x7b;

/** In the place of a client whose stream goes on without it: puts the events into their log. */
export class BackgroundStream extends BackgroundClient {
  readonly #log: EventLog;
  readonly #facts: StreamFacts;
  readonly #splitter: SseSplitter;
  /** The response as its stream said that it failed. */
  failed: JsonObject | undefined;
  /** Whether any event of the answer came. */
  hasEvents = false;
  isTooLarge = false;

  constructor(client: Client, log: EventLog, facts: StreamFacts) {
    super(client);
    this.#log = log;
    this.#facts = facts;
    this.#splitter = new SseSplitter((data) => this.#take(data));
  }

  override sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    super.sendWhole(status, headers, body);
    // What failed is known once the request is settled; a response that came as an object becomes events once it is stored.
    if (status !== OK || body[0] === OPENING_BRACE) return;
    this.#splitter.push(body);
    this.#splitter.end();
  }

  override write(chunk: Uint8Array | string): boolean {
    // A copy: whose the bytes are later is not known.
    this.#splitter.push(Buffer.from(bufferOf(chunk)));
    return this.#log.hasRoom;
  }

  override endStream(chunk?: Uint8Array | string): void {
    super.endStream(chunk);
    if (chunk !== undefined) this.write(chunk);
    this.#splitter.end();
  }

  override onDrain(callback: () => void): void {
    this.#log.onRoom = callback;
  }

  #take(data: string): void {
    if (this.isGone) return;
    const event = backgroundEvent(data, this.#facts.told);
    switch (event.kind) {
      case 'known':
        return;
      case 'end':
        this.failed = event.failed;
        return;
      case 'event':
        this.hasEvents = true;
        this.#log.add(event.write(this.#log.next));
    }
    if (this.#log.bytes <= this.#facts.mostBytes) return;
    this.isTooLarge = true;
    this.leave();
  }
}

const OK = 200;
