/** Those who read the events of a response while it is made, or afterwards. */
import { GatewayError } from '../../core/errors.ts';
import type { Client } from '../../exchange/client.ts';
import { formatParts } from '../../formats/index.ts';
import { eventsIn, isEnd, lastEvent } from '../../formats/openai-responses/background-events.ts';
import type { ResponseOwner } from '../../stores/contracts/responses.ts';
import type { EventLog } from './event-log.ts';
import type { Shelf } from './shelf.ts';

/** Whose events are read, and from which number on. */
interface Following {
  readonly owner: ResponseOwner;
  readonly id: string;
  readonly from: number;
  /** The events as they come, if the response is made on this instance. */
  readonly log: EventLog | undefined;
}

/** How often the store is asked for events that another instance writes. */
const LOOKED_EVERY_MS = 250;
/** A wait for events that come from here ends at the latest after this time, because its reader may be gone. */
const WAIT_MS = 5_000;
const MOST_BATCHES = 8;
const MOST_OF_SCOPE = 256;
/** A client that takes nothing for this time is left. */
const MOST_STALLED_MS = 60_000;
const { ping: PING = '' } = formatParts('openai-responses');

/** All of them on this instance. */
export class Followers {
  readonly #shelf: Shelf;
  readonly #ofScope = new Map<string, number>();
  /** After so much silence a reader is sent a comment; undefined: never. */
  pingMs: number | undefined;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Throws if those who share a scope have as many as they may have. */
  refuseOneMore({ scope }: ResponseOwner): void {
    const count = this.#ofScope.get(scope) ?? 0;
    if (count < MOST_OF_SCOPE) return;
    throw new GatewayError(
      'rate_limited',
      `${count} streams of stored responses are being read for your team or key on this instance, as many as there may be. Close some of them, or ask without \`stream\`.`,
      { retryAfterMs: 1_000 },
    );
  }

  /** The events of a response until its end. */
  async *follow(following: Following): AsyncGenerator<string, void> {
    const { scope } = following.owner;
    this.#ofScope.set(scope, (this.#ofScope.get(scope) ?? 0) + 1);
    try {
      yield* this.#pinged(following);
    } finally {
      const count = (this.#ofScope.get(scope) ?? 1) - 1;
      if (count === 0) this.#ofScope.delete(scope);
      else this.#ofScope.set(scope, count);
    }
  }

  async *#pinged(following: Following): AsyncGenerator<string, void> {
    let silentSince = performance.now();
    for await (const text of this.#events(following)) {
      const { pingMs } = this;
      const nowMs = performance.now();
      if (text !== '') yield text;
      else if (pingMs === undefined || nowMs - silentSince < pingMs) continue;
      else yield PING;
      silentSince = nowMs;
    }
  }

  /** Events as they are there; an empty text whenever there are none yet. */
  async *#events({ owner, id, from, log }: Following): AsyncGenerator<string, void> {
    let next = from;
    let live = log;
    let hasEnded = false;
    for (;;) {
      const here = live?.read(next);
      if (here !== undefined && live !== undefined) {
        const { text } = here;
        next = here.next;
        if (text !== '') {
          hasEnded = isEnd(eventsIn(text).at(-1) ?? '');
          yield text;
        } else if (live.isOver) {
          if (hasEnded) return;
          // It ended elsewhere, and the store knows how.
          live = undefined;
        } else {
          await live.change(Math.min(WAIT_MS, this.pingMs ?? WAIT_MS));
          yield '';
        }
        continue;
      }
      const stored = await this.#stored(owner, id, next);
      if (stored.text !== '') yield stored.text;
      next = stored.next;
      if (stored.isLast) return;
      if (stored.text !== '') continue;
      await new Promise((resolve) => setTimeout(resolve, LOOKED_EVERY_MS));
      yield '';
    }
  }

  /** Events from the store, with an end if there is none and none will come. */
  async #stored(owner: ResponseOwner, id: string, from: number) {
    const page = await this.#shelf.events(owner, id, from, MOST_BATCHES);
    if (page === undefined) return { text: '', next: from, isLast: true };
    const { batches, isRunning } = page;
    const events = batches.flatMap(({ first, data }) =>
      eventsIn(data).flatMap((event, index) => (first + index < from ? [] : [event])),
    );
    const isLast = batches.some(({ data }) => isEnd(eventsIn(data).at(-1) ?? ''));
    const next = from + events.length;
    if (isLast || isRunning || batches.length === MOST_BATCHES) return { text: events.join(''), next, isLast };
    const found = await this.#shelf.find(owner, id);
    const end = found === undefined ? '' : lastEvent(found.response, next);
    return { text: events.join('') + end, next: next + 1, isLast: true };
  }
}

/** Sends events to the client that asked for the response. If it goes, or takes nothing any more, it is left: the response goes on. */
export async function sendEvents(client: Client, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    if (client.isGone) return;
    if (client.write(piece) || (await hasRoomAgain(client))) continue;
    client.breakOff();
    return;
  }
  if (!client.isGone) client.endStream();
}

/** Resolves when a client takes more, or is gone. False if it does neither. */
function hasRoomAgain(client: Client): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), MOST_STALLED_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    client.onDrain(done);
    client.onGone(done);
  });
}
