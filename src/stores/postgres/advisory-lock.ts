import { Client } from 'pg';
import { libpqAddress } from './libpq-address.ts';
import { postgresError } from './postgres-errors.ts';

/** An arbitrary number, the same for every instance, and different from that of migrations. */
const LOCK = 7_311_405_603;
const RETAKE_AFTER_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;

/**
 * A lock that one instance on a database holds as long as its connection lives: the server releases it however the
 * process ends. After a lost connection it reconnects and takes the lock again as soon as possible. It needs a direct
 * connection: a pooler that gives every transaction another connection (PgBouncer's transaction mode) keeps no such
 * lock.
 */
export class AdvisoryLock {
  readonly #url: string;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Resolves to whether this instance has the lock now. */
  async take(): Promise<boolean> {
    if (this.#client !== undefined) return true;
    const client = new Client({
      connectionString: libpqAddress(this.#url),
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
      keepAlive: true,
      application_name: 'sluice lock',
    });
    client.on('error', () => this.#lose(client));
    client.on('end', () => this.#lose(client));
    try {
      await client.connect();
      const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [LOCK]);
      if (rows[0]?.taken === true && !this.#isClosed) {
        this.#client = client;
        return true;
      }
      await client.end();
      return false;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw postgresError(error);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #lose(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    void client.end().catch(() => undefined);
    this.#retakeLater();
  }

  #retakeLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      // The server is unavailable, or our own lost connection still holds the lock for a moment: tried until it is ours
      // again.
      this.take().then(
        (isTaken) => isTaken || this.#retakeLater(),
        () => this.#retakeLater(),
      );
    }, RETAKE_AFTER_MS);
    this.#timer.unref();
  }
}
