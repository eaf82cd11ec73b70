/**
 * One instance's membership in a cluster that shares a Redis: its connection, its epoch and fence, and its heartbeats.
 */
import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import type { OrphanedClaim } from '../contracts/claims.ts';
import { type Answer, amountIn, numberIn } from './claims-wire.ts';
import { RedisInvalidationBus } from './invalidation-bus.ts';
import { type RedisAddress, type RedisClient, RedisLink, type RedisStatus, RedisUnavailableError } from './link.ts';
import { loadScripts, runScript, type ScriptName } from './scripts.ts';

/** How often instances send a heartbeat, and after what silence their claims are given up. */
export interface MembershipTimes {
  readonly beatMs: number;
  readonly leaseMs: number;
  /**
   * Updates that Redis confirmed within this time are repeated after a lost connection, because a failover may have
   * lost them.
   */
  readonly keptMs: number;
}

/** The usual times. */
export const MEMBERSHIP_TIMES: MembershipTimes = { beatMs: 2_000, leaseMs: 15_000, keptMs: 10_000 };

/**
 * How long a request waits for a dead Redis: deciding without Redis is not exact, so a mere hiccup is not a reason for it.
 */
const COMMAND_LIMIT_MS = 150;

/** What an instance found when it joined. */
export interface Entry {
  /** Redis has lost what it had when we last joined. False for the first time. */
  readonly isOtherEpoch: boolean;
  /** Our claims were given up as orphaned. */
  readonly wasGivenUp: boolean;
}

/** What a membership is made with. */
interface MembershipOptions {
  readonly address: RedisAddress;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly prefix: string;
  readonly times: MembershipTimes;
  /** Milliseconds that rates use instead of the clock of Redis; for tests. */
  readonly clockMs: (() => number) | undefined;
  readonly onStatus: (status: RedisStatus) => void;
  readonly onWarning: (message: string) => void;
  /** Called if Redis may drop counters, which is then not used for counting; undefined: it is used, with a warning. */
  readonly onEvicting: ((why: string) => void) | undefined;
  /** Called when the connection is up again; everything sent before has been carried out or never will be. */
  readonly onEntry: (entry: Entry) => void;
  readonly onBeat: (found: Found) => void;
}

/** What the answer to a heartbeat says. */
export interface Found {
  /** Dead instances that have claims left. */
  readonly dead: readonly string[];
  readonly orphans: readonly OrphanedClaim[];
}

/** Talks to Redis for one instance. */
export class Membership {
  readonly self = randomUUID();
  readonly invalidations: RedisInvalidationBus;
  readonly #options: MembershipOptions;
  readonly #link: RedisLink;
  readonly #timer: NodeJS.Timeout;
  #epoch = '';
  /** The epoch in which Redis, or the ledger behind it, has everything that we had settled. */
  #settledEpoch = '';
  #fence = 0;
  #confirmedFence = 0;
  #beats = 0;
  #confirmedBeats: { readonly atMs: number; readonly beat: number }[] = [];
  #peers: readonly string[] = [this.self];
  #isPolicyReported = false;
  #entry: Entry = { isOtherEpoch: false, wasGivenUp: false };

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.invalidations = new RedisInvalidationBus(this.self, (message) => this.#publish(message));
    const { address, random, onStatus } = options;
    this.#link = new RedisLink({
      address,
      random,
      onStatus,
      commandLimitMs: COMMAND_LIMIT_MS,
      prepare: (client) => this.#enter(client),
      onUp: () => {
        options.onEntry(this.#entry);
        void this.invalidations.sendUnsent();
        void this.#beat();
      },
    });
    this.#timer = setInterval(() => void this.#beat(), options.times.beatMs);
    this.#timer.unref();
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Grows each time we join. */
  get session(): number {
    return this.#fence;
  }

  /** How many instances there were at the last heartbeat. */
  get instances(): number {
    return Math.max(1, this.#peers.length);
  }

  /** Runs a script of claims; rejects while Redis is unavailable, and if Redis does not know this instance any more. */
  async run(name: ScriptName, words: readonly string[]): Promise<Answer> {
    const answer = await this.#link.run((client) =>
      runScript(client, name, this.#options.prefix, [...this.#head(), ...words]),
    );
    if (answer[0] !== 'resync') return answer;
    // Redis was emptied, or gave us up, or our own next connection has raised the fence: we join again.
    this.#link.renew();
    throw new RedisUnavailableError('Redis does not know this instance any more');
  }

  /**
   * Says that the ledger has what was settled before we joined. `late`: the others did not wait for that, and we join
   * again.
   */
  async ready(): Promise<'open' | 'closed' | 'late'> {
    const epoch = this.#epoch;
    const [state] = await this.run('ready', []);
    if (state === 'late') this.#link.renew();
    else this.#settledEpoch = epoch;
    return state as 'open' | 'closed' | 'late';
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#link.isUp) await this.run('leave', [String(this.#options.times.leaseMs)]).catch(() => undefined);
    this.#link.close();
  }

  #head(): string[] {
    const clockMs = this.#options.clockMs?.();
    return [this.#epoch, this.self, String(this.#fence), clockMs === undefined ? '' : String(clockMs)];
  }

  async #enter(client: RedisClient): Promise<void> {
    const { prefix, times, address } = this.#options;
    await this.#checkPolicy(client);
    this.#fence += 1;
    const fence = this.#fence;
    const [answer] = await Promise.all([
      loadScripts(client).then(() =>
        runScript(client, 'join', prefix, [
          this.self,
          String(fence),
          this.#settledEpoch,
          randomUUID().slice(0, 8),
          String(times.leaseMs),
          String(this.#confirmedFence),
          String(this.#leastBeat()),
          ...this.#peers,
        ]),
      ),
      // Pub/sub knows no databases; two clusters in two databases must not hear each other.
      client.subscribe(`${prefix}news:${address.database}`, (text) => this.invalidations.hear(text)),
    ]);
    this.#epoch = String(answer[0]);
    this.#confirmedFence = fence;
    const isOtherEpoch = this.#settledEpoch !== '' && this.#settledEpoch !== this.#epoch;
    this.#entry = { isOtherEpoch, wasGivenUp: numberIn(answer, 2) === 1 && !isOtherEpoch };
    // Messages were missed while there was no connection; the next claim asks which.
    if (this.invalidations.heard === '') this.invalidations.catchUp(String(answer[1]), []);
  }

  /** Redis must know of a heartbeat this old; a Redis that does not has lost more than we can repeat. */
  #leastBeat(): number {
    const kept = performance.now() - this.#options.times.keptMs / 2;
    return this.#confirmedBeats.findLast(({ atMs }) => atMs < kept)?.beat ?? 0;
  }

  async #beat(): Promise<void> {
    if (!this.#link.isUp) return;
    const beat = ++this.#beats;
    try {
      const answer = await this.run('beat', [
        String(this.#options.times.leaseMs),
        String(beat),
        this.invalidations.heard,
      ]);
      this.#confirmedBeats = [...this.#confirmedBeats.slice(-20), { atMs: performance.now(), beat }];
      this.#peers = answer[3] as string[];
      const [stale, ...missed] = (answer[6] as Answer).map(String);
      if (stale === 'stale') this.invalidations.catchUp(missed[0] ?? '', missed.slice(1));
      this.#options.onBeat({ dead: answer[4] as string[], orphans: orphansIn(answer[5] as Answer, 0) });
    } catch {
      // The link reports it, and a heartbeat follows each time we join.
    }
  }

  async #publish(message: string): Promise<number> {
    const { prefix, address } = this.#options;
    const words = [`${prefix}news:${address.database}`, message];
    return numberIn(await this.#link.run((client) => runScript(client, 'publish', prefix, words)), 0);
  }

  /** Rejects, before anything is written, for a Redis that may drop counters or does not say so, unless that is allowed. */
  async #checkPolicy(client: RedisClient): Promise<void> {
    if (this.#isPolicyReported) return;
    const { onEvicting, onWarning } = this.#options;
    const policy = await evictionPolicy(client);
    if (policy === 'noeviction' || (policy === undefined && onEvicting === undefined)) return;
    const words =
      policy === undefined
        ? 'Redis does not say whether it may evict counters (allow INFO)'
        : `Redis may evict counters (maxmemory-policy is ${policy})`;
    if (onEvicting !== undefined) {
      onEvicting(words);
      throw new Error(words);
    }
    this.#isPolicyReported = true;
    onWarning(`${words}: budgets are exact only with noeviction`);
  }
}

/** How a Redis makes room; undefined if it does not say. Managed ones often forbid CONFIG, and allow INFO. */
async function evictionPolicy(client: RedisClient): Promise<string | undefined> {
  const memory = await client.info('memory').catch(() => '');
  const read = (name: string): string | undefined => new RegExp(`^${name}:(.+?)\r?$`, 'm').exec(memory)?.[1];
  if (read('maxmemory') === '0') return 'noeviction';
  const told = read('maxmemory_policy');
  if (told !== undefined) return told;
  const found: Record<string, string> = await client.configGet('maxmemory-policy').catch(() => ({}));
  return found['maxmemory-policy'];
}

/** Orphans in an answer, as the scripts write them. */
export function orphansIn(answer: Answer, from: number): OrphanedClaim[] {
  const orphans: OrphanedClaim[] = [];
  for (let at = from; at < answer.length; at += 10) {
    orphans.push({
      id: String(answer[at]),
      hold: amountIn(answer, at + 1),
      exposure: amountIn(answer, at + 3),
      claimedAtMs: numberIn(answer, at + 5) * 1_000,
      ...defined({ sentAtMs: timeIn(answer, at + 6), aliveAtMs: timeIn(answer, at + 7) }),
      hasGrown: numberIn(answer, at + 8) === 1,
      note: String(answer[at + 9]),
    });
  }
  return orphans;
}

function timeIn(answer: Answer, at: number): number | undefined {
  return answer[at] === '' ? undefined : numberIn(answer, at);
}
