/** One connection to Redis that is either fast or closed, and reconnects by itself. */
import { CONNECT_LIMIT_MS, type RedisAddress, type RedisClient, RedisNodes } from './nodes.ts';
import { ReadableTime } from './readable-time.ts';

export type { RedisAddress, RedisClient } from './nodes.ts';

/** Whether Redis is available; if not, with the reason. */
export interface RedisStatus {
  readonly isUp: boolean;
  readonly reason?: string;
}

/** What a link needs from outside. */
interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** How long Redis may be silent while it owes an answer; 100 ms by default. */
  readonly commandLimitMs?: number;
  /** Prepares a new connection. The connection is up when this resolves, and failed if it rejects. */
  readonly prepare: (client: RedisClient) => Promise<void>;
  /** Called when the connection is up: for work that takes longer than `prepare` may. */
  readonly onUp?: () => void;
  /** Called on the first failure, and on lasting recovery: a connection that comes and goes is reported once. */
  readonly onStatus: (status: RedisStatus) => void;
}

const COMMAND_LIMIT_MS = 100;
/** More commands than this wait here and not at Redis. */
const MOST_UNDER_WAY = 64;
/** A Redis that keeps a command waiting for longer counts as unavailable. */
const LONGEST_TURN_MS = 2_000;
/** The longest wait for an answer, even if Redis is busy and answers other commands. */
const BUSY_LIMIT_MS = 5 * COMMAND_LIMIT_MS;
/** Preparing a connection takes several round trips, each of which may take as long as a command. */
const PREPARE_LIMIT_MS = 10 * COMMAND_LIMIT_MS;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/**
 * A connection that lasts this long is good: only then Redis is reported as back, and the next reconnection is tried at
 * once.
 */
const PROVEN_MS = 5_000;

/** Redis is unavailable, or did not answer in time. */
export class RedisUnavailableError extends Error {}

/**
 * A connection to Redis with deadlines. The client library limits how long a command waits to be sent, not how long its
 * answer takes. A Redis that is frozen, or whose packets vanish, would hold every command for minutes. So each command
 * has a deadline here, and the first that fails closes the connection.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #nodes: RedisNodes;
  #client: RedisClient | undefined;
  #isUp = false;
  #isClosed = false;
  #failures = 0;
  #isFailureReported = false;
  #pause: NodeJS.Timeout | undefined;
  #proof: NodeJS.Timeout | undefined;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #time = new ReadableTime();
  /** When the last answer came, in readable time. */
  #answeredAtMs = 0;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#nodes = new RedisNodes(options.address);
    void this.#connect();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Sends commands; rejects if no answer came for 100 ms, and at once while Redis is unavailable. */
  async run<Result>(send: (client: RedisClient) => Promise<Result>): Promise<Result> {
    while (this.#isUp && this.#underWay >= MOST_UNDER_WAY) await this.#turn();
    const client = this.#client;
    if (client === undefined || !this.#isUp) throw new RedisUnavailableError('Redis is unavailable');
    this.#underWay += 1;
    try {
      return await this.#within(this.#options.commandLimitMs ?? COMMAND_LIMIT_MS, client, send(client));
    } finally {
      this.#underWay -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Waits until fewer commands are under way, so that each is answered in time. */
  async #turn(): Promise<void> {
    const client = this.#client;
    const sinceMs = performance.now();
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (performance.now() - sinceMs > LONGEST_TURN_MS && client !== undefined) {
      this.#lose(
        client,
        new RedisUnavailableError(`answers too slowly: ${MOST_UNDER_WAY} commands are under way all the time`),
      );
    }
  }

  /** Replaces the connection by a new one, which is prepared again. This is not reported as a failure. */
  renew(): void {
    const client = this.#client;
    if (client !== undefined) this.#lose(client, new Renewal());
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    for (const resume of this.#waiting.splice(0)) resume();
    clearTimeout(this.#pause);
    clearTimeout(this.#proof);
    this.#client?.destroy();
    this.#client = undefined;
  }

  async #connect(): Promise<void> {
    const { prepare, onStatus, onUp } = this.#options;
    let client: RedisClient;
    try {
      client = await this.#nodes.next();
    } catch (error) {
      if (!this.#isClosed) this.#retry(error);
      return;
    }
    if (this.#isClosed) return;
    this.#client = client;
    // A gateway that cannot listen must end, and this connection must not keep it alive.
    client.unref();
    client.on('error', (error) => this.#lose(client, error));
    try {
      await this.#within(
        (this.#options.address.connectTimeoutMs ?? CONNECT_LIMIT_MS) + PREPARE_LIMIT_MS,
        client,
        client.connect().then(() => prepare(client)),
      );
      // A connection that is too slow for commands must not count as up.
      await this.#within(COMMAND_LIMIT_MS, client, client.ping());
    } catch {
      // `#lose` has handled it.
      return;
    }
    if (this.#client !== client) return;
    this.#isUp = true;
    this.#proof = setTimeout(() => {
      this.#failures = 0;
      if (this.#isFailureReported) onStatus({ isUp: true });
      this.#isFailureReported = false;
    }, PROVEN_MS);
    this.#proof.unref();
    onUp?.();
  }

  async #within<Result>(limitMs: number, client: RedisClient, work: Promise<Result>): Promise<Result> {
    const time = this.#time;
    const late = Promise.withResolvers<never>();
    const sentAtMs = time.ms;
    const longestMs = Math.max(limitMs, BUSY_LIMIT_MS);
    const stop = time.onTick(() => {
      // A Redis that answers other commands is busy, and will answer this one.
      const quietMs = time.ms - Math.max(sentAtMs, this.#answeredAtMs);
      if (quietMs >= limitMs || time.ms - sentAtMs >= longestMs)
        late.reject(new RedisUnavailableError(`no answer within ${limitMs} ms`));
    });
    try {
      const result = await Promise.race([work, late.promise]);
      this.#answeredAtMs = time.ms;
      return result;
    } catch (error) {
      this.#lose(client, error);
      throw error;
    } finally {
      stop();
    }
  }

  #lose(client: RedisClient, error: unknown): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = undefined;
    client.destroy();
    clearTimeout(this.#proof);
    this.#isUp = false;
    for (const resume of this.#waiting.splice(0)) resume();
    this.#retry(error);
  }

  #retry(error: unknown): void {
    // A cluster's redirection is not a failure, nor is a connection that we closed ourselves.
    const isFailure = !(this.#nodes.isPointer(error) || error instanceof Renewal);
    if (isFailure) this.#nodes.failed();
    if (isFailure && !this.#isFailureReported) {
      this.#isFailureReported = true;
      this.#options.onStatus({ isUp: false, reason: reasonOf(error) });
    }
    this.#pause = setTimeout(() => void this.#connect(), this.#pauseMs());
    this.#pause.unref();
  }

  #pauseMs(): number {
    const longestMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    // Instances that lost a Redis at the same time must not reconnect at the same time.
    return longestMs * (0.5 + this.#options.random() / 2);
  }
}

/** We closed the connection ourselves. */
class Renewal extends Error {}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.message !== '') return error.message;
  // If several addresses were tried, their common error has no message of its own.
  return 'code' in error ? String(error.code) : error.name;
}
