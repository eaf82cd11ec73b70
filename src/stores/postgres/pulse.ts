import { Client } from 'pg';

const ANSWER_WITHIN_MS = 850;
/** When our own event loop was held up, an answer may have come that nobody read yet. */
const GRACE_MS = 100;
/** The socket's own deadline: after ours, which decides. */
const GIVE_UP_AFTER_MS = 2_000;
const LOOK_AGAIN_AFTER_MS = 500;

/** `refuses`: somebody is there and lets us in no more, or not yet. `silent`: nothing comes back. */
export type PulseReading = 'answers' | 'refuses' | 'silent';

/**
 * Whether a server answers, asked within a second by a connection of its own: those of a pool may all be busy, which is no reason
 * to be called down. Tells a statement that takes long from a server that is gone without closing anything (frozen, cut off).
 */
export class Pulse {
  readonly #url: string;
  #reading: Promise<PulseReading> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** It was silent when it was asked last: nothing needs to wait to find that out again. */
  isSilent = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Asks; all who ask at once share one question. */
  read(): Promise<PulseReading> {
    this.#reading ??= readPulse(this.#url).then((reading) => {
      this.#reading = undefined;
      this.isSilent = reading === 'silent' && !this.#isClosed;
      if (this.isSilent) this.#lookAgainLater();
      return reading;
    });
    return this.#reading;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookAgainLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.read(), LOOK_AGAIN_AFTER_MS);
    this.#timer.unref();
  }
}

async function readPulse(url: string): Promise<PulseReading> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: GIVE_UP_AFTER_MS,
    query_timeout: GIVE_UP_AFTER_MS,
    application_name: 'sluice ping',
  });
  client.on('error', () => undefined);
  const { promise: tooLate, resolve } = Promise.withResolvers<PulseReading>();
  let timer = setTimeout(() => {
    timer = setTimeout(() => resolve('silent'), GRACE_MS);
  }, ANSWER_WITHIN_MS);
  const ask = async (): Promise<PulseReading> => {
    try {
      await client.connect();
      await client.query('select 1');
      return 'answers';
    } catch (error) {
      // The server's own words have a code of five characters, the system's begin with E; a deadline that passed has none.
      return typeof (error as { readonly code?: unknown }).code === 'string' ? 'refuses' : 'silent';
    }
  };
  try {
    return await Promise.race([ask(), tooLate]);
  } finally {
    clearTimeout(timer);
    void client.end().catch(() => undefined);
  }
}
