/** One connection to Redis that is always either fast or gone, and comes back by itself. */
import { createClient } from 'redis';

/** Where Redis is and how to log in there. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly isTls: boolean;
}

/** Whether Redis works for us; with the reason where it does not. */
export interface RedisStatus {
  readonly isUp: boolean;
  readonly reason?: string;
}

/** What a link needs from outside. */
export interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Makes a fresh connection ready for use. It counts as up when this is done, and as failed where it rejects. */
  readonly prepare: (client: RedisClient) => Promise<void>;
  /** Hears of the first failure, and of what lasts after that: a connection that comes and goes is told once. */
  readonly onStatus: (status: RedisStatus) => void;
}

const COMMAND_LIMIT_MS = 100;
const CONNECT_LIMIT_MS = 100;
/** Greeting and preparing are several round trips, each of which may take as long as a command. */
const READY_LIMIT_MS = 10 * COMMAND_LIMIT_MS;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** A connection that held this long was a good one: only then Redis is said to be back, and the next is tried at once. */
const PROVEN_MS = 5_000;

function makeClient({ username, password, database, isTls }: RedisAddress, host: string, port: number) {
  return createClient({
    socket: {
      host,
      port,
      ...(isTls && { tls: true as const }),
      connectTimeout: CONNECT_LIMIT_MS,
      // The link makes a new client instead: one that froze would keep what was sent to it.
      reconnectStrategy: false,
    },
    database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
}

/** The client as a link makes it: one connection for commands and for news, by RESP3. */
export type RedisClient = ReturnType<typeof makeClient>;

/** Redis is away, or did not answer in time. */
export class RedisAwayError extends Error {}

/**
 * The client library limits how long a command waits to be sent, not how long its answer takes. A Redis that is frozen, or whose
 * packets vanish, would hold every command for minutes; so each is timed here, and the first that fails takes the connection
 * with it.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  #client: RedisClient | undefined;
  #isUp = false;
  #isClosed = false;
  #failures = 0;
  #isFailureTold = false;
  #pause: NodeJS.Timeout | undefined;
  #proof: NodeJS.Timeout | undefined;
  /** Where a node of a cluster said that our keys are. */
  #moved: { readonly host: string; readonly port: number } | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    void this.#connect();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Sends commands; rejects after 100 ms at the latest, and at once while Redis is away. */
  async run<Result>(send: (client: RedisClient) => Promise<Result>): Promise<Result> {
    const client = this.#client;
    if (client === undefined || !this.#isUp) throw new RedisAwayError('Redis is away');
    return this.#within(COMMAND_LIMIT_MS, client, send(client));
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    clearTimeout(this.#pause);
    clearTimeout(this.#proof);
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #connect(): Promise<void> {
    const { address, prepare, onStatus } = this.#options;
    const { host, port } = this.#moved ?? address;
    const client = makeClient(address, host, port);
    this.#client = client;
    // A gateway that cannot listen must end, and this connection not keep it.
    client.unref();
    client.on('error', (error) => this.#lose(client, error));
    try {
      await this.#within(
        READY_LIMIT_MS,
        client,
        client.connect().then(() => prepare(client)),
      );
      // One that is too slow for commands must not be up in between.
      await this.#within(COMMAND_LIMIT_MS, client, client.ping());
    } catch {
      // `#lose` has seen to it.
      return;
    }
    if (this.#client !== client) return;
    this.#isUp = true;
    this.#proof = setTimeout(() => {
      this.#failures = 0;
      if (this.#isFailureTold) onStatus({ isUp: true });
      this.#isFailureTold = false;
    }, PROVEN_MS);
    this.#proof.unref();
  }

  async #within<Result>(limitMs: number, client: RedisClient, work: Promise<Result>): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // After a long pause of our own process the answer may lie unread: it is read before this second look.
      setImmediate(() => late.reject(new RedisAwayError(`no answer within ${limitMs} ms`)));
    }, limitMs);
    timer.unref();
    try {
      return await Promise.race([work, late.promise]);
    } catch (error) {
      this.#lose(client, error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #lose(client: RedisClient, error: unknown): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = undefined;
    client.destroy();
    clearTimeout(this.#proof);
    this.#isUp = false;
    // A cluster's pointer is no failure: the next connection goes where it leads. Two of them in a row are one.
    const moved = this.#moved === undefined ? movedTo(error, this.#options.address.host) : undefined;
    this.#moved = moved;
    if (moved === undefined && !this.#isFailureTold) {
      this.#isFailureTold = true;
      this.#options.onStatus({ isUp: false, reason: reasonOf(error) });
    }
    this.#pause = setTimeout(() => void this.#connect(), this.#pauseMs());
    this.#pause.unref();
  }

  #pauseMs(): number {
    const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    // Instances that lost one Redis together must not come back together.
    return longestMs * (0.5 + this.#options.random() / 2);
  }
}

/** `MOVED 8146 10.0.0.7:6379`, as a node of a Redis Cluster answers for keys that are at another one. */
function movedTo(error: unknown, ownHost: string): { readonly host: string; readonly port: number } | undefined {
  const found = error instanceof Error ? /^MOVED \d+ (.*):(\d+)$/.exec(error.message) : null;
  if (found === null) return undefined;
  const [, host = '', port] = found;
  return { host: host === '' ? ownHost : host, port: Number(port) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.message !== '') return error.message;
  // Several addresses were tried: the error of them all has no words of its own.
  return 'code' in error ? String(error.code) : error.name;
}
