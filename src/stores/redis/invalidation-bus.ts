/** The invalidation bus over Redis: messages make it fast, and their numbers show whether one was missed. */
import type { Changed } from '../contracts/directory.ts';
import type { Invalidation, InvalidationBus } from '../contracts/invalidation-bus.ts';

/** Sends one message; resolves to its number. Rejects while Redis is unavailable. */
type SendMessage = (message: string) => Promise<number>;

const MOST_KEPT = 10_000;

/** What this instance has received, and what it has to send. A message is `NUMBER SENDER [changes]`. */
export class RedisInvalidationBus implements InvalidationBus {
  readonly #self: string;
  readonly #send: SendMessage;
  readonly #callbacks: ((changed: Invalidation) => void)[] = [];
  /** Our own caches know every change up to this number. Empty: nothing can have been missed yet. */
  #heard = '';
  #unsent: string[] = [];

  constructor(self: string, send: SendMessage) {
    this.#self = self;
    this.#send = send;
  }

  /** The number of the last change before which none is missing. */
  get heard(): string {
    return this.#heard;
  }

  onChange(callback: (changed: Invalidation) => void): void {
    this.#callbacks.push(callback);
  }

  async publish(changed: readonly Changed[]): Promise<void> {
    this.#notify(changed);
    const message = `${this.#self} ${JSON.stringify(changed)}`;
    if (this.#unsent.length >= MOST_KEPT) this.#unsent.shift();
    this.#unsent.push(message);
    await this.sendUnsent();
  }

  /** Sends what could not be sent yet, in order. Never rejects. */
  async sendUnsent(): Promise<void> {
    const messages = this.#unsent;
    this.#unsent = [];
    const outcomes = await Promise.allSettled(messages.map((message) => this.#send(message)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') this.#advance(outcome.value);
      // Whether it arrived is unknown; a message that is received twice does no harm.
      else this.#unsent.push(messages[index] ?? '');
    }
  }

  /** Receives a published message. */
  hear(message: string): void {
    const read = readMessage(message);
    if (read === undefined) return;
    if (read.sender !== this.#self) this.#notify(read.changed);
    this.#advance(read.number);
  }

  /** Receives the messages after ours, newest first; if they are too many or not whole, everything is invalidated. */
  catchUp(current: string, missed: readonly string[]): void {
    if (current === this.#heard) return;
    const behind = Number(current) - Number(this.#heard);
    const read = missed.map(readMessage);
    const isWhole = this.#heard !== '' && behind === missed.length && read.every((one) => one !== undefined);
    if (!isWhole) this.#notify('all');
    else
      for (const one of read.toReversed())
        if (one !== undefined && one.sender !== this.#self) this.#notify(one.changed);
    this.#heard = current;
  }

  #advance(number: number): void {
    if (number === Number(this.#heard) + 1) this.#heard = String(number);
  }

  #notify(changed: Invalidation): void {
    for (const callback of this.#callbacks) callback(changed);
  }
}

interface Message {
  readonly number: number;
  readonly sender: string;
  readonly changed: readonly Changed[];
}

/** Reads a message; undefined for anything that no instance wrote. */
function readMessage(text: string): Message | undefined {
  const found = /^(\d+) (\S+) (\[.*\])$/s.exec(text);
  if (found === null) return undefined;
  try {
    return { number: Number(found[1]), sender: found[2] ?? '', changed: JSON.parse(found[3] ?? '[]') as Changed[] };
  } catch {
    return undefined;
  }
}
