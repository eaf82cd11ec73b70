import { Client } from 'pg';
import { libpqAddress } from './libpq-address.ts';

const ANSWER_WITHIN_MS = 850;
/** If our own event loop was blocked, an answer may have come that is still unread. */
const GRACE_MS = 100;
/** The socket's own deadline, which is later than ours. */
const GIVE_UP_AFTER_MS = 2_000;
const LOOK_AGAIN_AFTER_MS = 500;

/** `refuses`: a server is there and accepts no connection, or not yet. `silent`: no answer comes. */
type PulseReading = 'answers' | 'refuses' | 'silent';

/**
 * Whether a server answers within a second, asked by a connection of its own: those of a pool may all be busy, which
 * does not mean that the server is down. Distinguishes a slow statement from a server that is silent without closing
 * anything (frozen, cut off).
 */
export class Pulse {
  readonly #url: string;
  #reading: Promise<PulseReading> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** The server was silent when it was last asked: callers need not wait to find that out again. */
  isSilent = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Asks the server; callers at the same time share one question. */
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
    connectionString: libpqAddress(url),
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
      // Errors of the server have a code of five characters, those of the system begin with E; a missed deadline has no
      // code.
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
