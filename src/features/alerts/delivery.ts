import { setTimeout as wait } from 'node:timers/promises';

/** What became of a post: the status of the answer, or why there is none. */
export type PostOutcome = { readonly status: number } | { readonly fault: string };

/** Posts a JSON body once. Never rejects; ends by itself in a few seconds, and follows no redirect. */
export type Post = (address: string, body: string, headers: Readonly<Record<string, string>>) => Promise<PostOutcome>;

/** Something to post. */
export interface Letter {
  readonly address: string;
  readonly body: string;
  /** Made for each try, because a signature holds the time. */
  readonly headers: () => Readonly<Record<string, string>>;
}

export interface DeliveryOptions {
  readonly post: Post;
  readonly onSent: () => void;
  /** Hears that a letter is given up, and why. */
  readonly onDropped: (letter: Letter, reason: string) => void;
  /** Waits before each further try; a tenth more or less by chance. */
  readonly backOffMs?: readonly number[];
  /** Most letters that wait for one address. */
  readonly capacity?: number;
  readonly random?: () => number;
}

const BACK_OFF_MS = [500, 2_000, 8_000];
const CAPACITY = 1_000;

interface Box {
  readonly letters: Letter[];
  isEmptying: boolean;
}

/** Delivers letters, a queue for each address, so that a receiver that is slow or down holds up no other. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #boxes = new Map<string, Box>();
  readonly #backOffMs: readonly number[];
  readonly #ending = new AbortController();
  #isClosed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#backOffMs = options.backOffMs ?? BACK_OFF_MS;
  }

  send(letter: Letter): void {
    const box = this.#boxes.get(letter.address) ?? { letters: [], isEmptying: false };
    this.#boxes.set(letter.address, box);
    if (this.#isClosed) this.#options.onDropped(letter, 'the gateway ends');
    else if (box.letters.length >= (this.#options.capacity ?? CAPACITY))
      this.#options.onDropped(letter, 'too many wait');
    else box.letters.push(letter);
    if (!box.isEmptying) void this.#empty(letter.address, box);
  }

  /** Lets what waits go out, at most so long; the rest is dropped. Resolves when nothing is under way. */
  async close(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.#boxes.size > 0 && performance.now() < deadline) await wait(10);
    this.#isClosed = true;
    this.#ending.abort();
    for (const { letters } of this.#boxes.values()) {
      for (const letter of letters.splice(0)) this.#options.onDropped(letter, 'the gateway ends');
    }
  }

  async #empty(address: string, box: Box): Promise<void> {
    box.isEmptying = true;
    for (let letter = box.letters.shift(); letter !== undefined; letter = box.letters.shift()) {
      const reason = await this.#deliver(letter);
      if (reason === undefined) this.#options.onSent();
      else this.#options.onDropped(letter, reason);
    }
    this.#boxes.delete(address);
  }

  /** Resolves to why it could not be delivered. */
  async #deliver(letter: Letter): Promise<string | undefined> {
    const random = this.#options.random ?? Math.random;
    for (let tries = 0; ; tries++) {
      const reason = failureOf(await this.#options.post(letter.address, letter.body, letter.headers()));
      const pause = this.#backOffMs[tries];
      if (reason === undefined || pause === undefined) return reason;
      try {
        await wait(pause * (0.9 + random() * 0.2), undefined, { signal: this.#ending.signal, ref: false });
      } catch {
        return reason;
      }
    }
  }
}

function failureOf(outcome: PostOutcome): string | undefined {
  if ('fault' in outcome) return outcome.fault;
  return outcome.status >= 200 && outcome.status < 300 ? undefined : `it answered ${outcome.status}`;
}
