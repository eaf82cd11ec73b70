/** Opens everything that outlives a request: the database, the counters of limits, the journal; and books what a dead process left. */
import { join } from 'node:path';
import type { GatewayConfig, RedisConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import { newCallId } from '../core/ids.ts';
import { rowOfNote } from '../pipeline/money/ledger-rows.ts';
import type { Claims, Seed } from '../stores/contracts/claims.ts';
import type { Database } from '../stores/contracts/directory.ts';
import type { Invalidation, InvalidationBus } from '../stores/contracts/invalidation-bus.ts';
import type { Journal, JournalTrouble, LeftBehind } from '../stores/contracts/journal.ts';
import { adoptLeftBehind } from '../stores/journal/adopt.ts';
import { FileJournal } from '../stores/journal/file-journal.ts';
import { MemoryClaims } from '../stores/memory/claims.ts';
import { MemoryInvalidationBus } from '../stores/memory/invalidation-bus.ts';
import { MemoryJournal } from '../stores/memory/journal.ts';
import type { SqlConnection } from '../stores/sql/connection.ts';
import type { Tell } from '../stores/sql/directory/writing.ts';
import { SqlLedger } from '../stores/sql/ledger/sql-ledger.ts';
import { takeFileLock } from '../stores/sqlite/file-lock.ts';
import { openSqliteDatabase } from '../stores/sqlite/sqlite-database.ts';
import type { Log } from '../telemetry/log.ts';

/** What the stores are opened with. */
export interface OpenStoresOptions {
  readonly config: GatewayConfig;
  /** Where files are kept; undefined: nothing outlives the process. */
  readonly dataFolder: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Serve although other instances may count for themselves. */
  readonly unsharedLimits: boolean;
  /** Objects of the directory changed, here or at another instance. */
  readonly onChanged: (changed: Invalidation) => void;
}

/** The open stores. */
export interface Stores {
  readonly database: Database;
  readonly claims: Claims;
  readonly journal: Journal;
  /** Brings what is journalled to the ledger and lets go of everything. */
  close(): Promise<void>;
}

/** Another instance counts the same limits, and nothing is shared with it. */
export class NotAloneError extends Error {
  override readonly name = 'NotAloneError';
  constructor() {
    super(
      'Another instance serves from this database, and without Redis both would count limits and budgets for themselves. Stop it ' +
        'first, share a Redis (router_settings.redis_host), or start with --unshared-limits to let each keep its own.',
    );
  }
}

const ADOPT_EVERY_MS = 30_000;

/** Opens the stores. Rejects with a NotAloneError, or with why the database cannot be opened. */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const { config, dataFolder, clock, log, unsharedLimits } = options;
  // The database tells of changes; whom it tells is made only once it is open.
  const told: { by: InvalidationBus | undefined } = { by: undefined };
  const database = await openDatabase(options, async (changed) => {
    await told.by?.publish(changed);
  });
  try {
    const isShared = config.redis !== undefined;
    if (!isShared && !unsharedLimits && !(await isAlone(database))) throw new NotAloneError();
    const journal = makeJournal(options, database);
    const { claims, news } = await makeClaims(options, database, journal);
    told.by = news;
    const adopting = dataFolder === undefined ? undefined : new Adopting(options, dataFolder, database, claims);
    await adopting?.look();
    adopting?.start();
    return {
      database,
      claims,
      journal,
      async close() {
        adopting?.stop();
        // What is still being settled reaches the ledger once it is.
        await claims.close();
        await journal.end();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }

  /** A database that is away cannot say who else uses it: what can be served without it is served. */
  async function isAlone(opened: Database): Promise<boolean> {
    try {
      return await opened.beAlone();
    } catch (error) {
      log.app.warn({ error }, 'Whether another instance uses this database cannot be told now');
      return true;
    }
  }

  function makeJournal({ config: { stores } }: OpenStoresOptions, { ledger }: Database): Journal {
    const inMemory = () =>
      new MemoryJournal({ ledger, onTrouble: (reason) => sayTrouble(log, { kind: 'away', reason }) });
    if (dataFolder === undefined) return inMemory();
    try {
      return new FileJournal({
        folder: join(dataFolder, 'journal'),
        instanceId: newCallId(clock.nowMs()),
        ledger,
        takeLock: takeFileLock,
        clock,
        fsync: stores.journalFsync,
        onTrouble: (trouble) => sayTrouble(log, trouble),
      });
    } catch (reason) {
      if (!stores.serveWithoutJournal) throw reason;
      sayTrouble(log, { kind: 'full', reason });
      return inMemory();
    }
  }
}

async function openDatabase({ config, dataFolder, log }: OpenStoresOptions, tell: Tell): Promise<Database> {
  const { databaseUrl, databasePoolSize, withoutRows, journalFsync } = config.stores;
  const shared = {
    makeLedger: (connection: SqlConnection) => new SqlLedger(connection, { withoutRows, fsync: journalFsync }),
    tell,
  };
  if (databaseUrl !== undefined) {
    // Loaded only where it is used: its client is of no use to a gateway with a file.
    const { openPostgresDatabase } = await import('../stores/postgres/postgres-database.ts');
    return openPostgresDatabase({
      ...shared,
      url: databaseUrl,
      poolSize: databasePoolSize,
      onUnusable: (error) => log.app.fatal({ error }, 'The database cannot be served by this version'),
    });
  }
  return openSqliteDatabase({ ...shared, path: dataFolder === undefined ? ':memory:' : join(dataFolder, 'sluice.db') });
}

interface Counting {
  readonly claims: Claims;
  readonly news: InvalidationBus;
}

/** Counters in this process; or in Redis where instances share one, which also carries the news of changed objects. */
async function makeClaims(options: OpenStoresOptions, database: Database, journal: Journal): Promise<Counting> {
  const { clock, log, config, onChanged } = options;
  const { redis } = config;
  const seed = seedFrom(database, journal);
  const counting: Counting =
    redis === undefined
      ? {
          news: new MemoryInvalidationBus(),
          claims: new MemoryClaims({
            clock,
            seed,
            onSeedError: (account, error) =>
              log.app.warn(
                { error, kind: account.split(':', 1)[0] },
                'What an account has spent cannot be read from the ledger now',
              ),
          }),
        }
      : await joinRedis(redis, options, database, journal, seed);
  counting.news.onChange(onChanged);
  return counting;
}

async function joinRedis(
  address: RedisConfig,
  { clock, log }: OpenStoresOptions,
  { ledger }: Database,
  journal: Journal,
  seed: Seed,
): Promise<Counting> {
  // Loaded only here: the client library takes time and memory that a gateway without Redis need not spend.
  const { RedisClaims } = await import('../stores/redis/claims.ts');
  const claims = new RedisClaims({
    address,
    clock,
    random: Math.random,
    seed,
    onEmptied: () => journal.flush(),
    onOrphan: async ({ hold, note }) => {
      if (note !== '') await ledger.write([rowOfNote(note, hold)]);
    },
    onStatus: ({ isUp, reason }) => {
      if (isUp) log.app.info({}, 'Redis is back: limits and budgets are counted together again');
      else log.app.warn({ reason }, 'Redis is away: limits and budgets go by their `when_away` until it is back');
    },
    onWarning: (message) => log.app.warn({}, message),
  });
  return { claims, news: claims.news };
}

/** What an account spent before its counter was made: the ledger's sum, once everything journalled is in it. */
function seedFrom({ ledger }: Database, journal: Journal): Seed {
  return async (account, { startsAtMs, endsAtMs }) => {
    await journal.flush();
    return ledger.spent(account, startsAtMs, endsAtMs);
  };
}

const TROUBLES: Readonly<Record<JournalTrouble['kind'], string>> = {
  full: 'The journal cannot be written: a crash now would lose what is under way',
  away: 'The ledger takes nothing now: what is spent is kept in the journal until it does',
  damaged: 'Damaged lines of a journal were skipped',
  refused: 'The ledger refused an entry of the journal; it is kept in a file of its own',
};

function sayTrouble(log: Log, { kind, reason }: JournalTrouble): void {
  log.app.error({ error: reason }, TROUBLES[kind]);
}

/** Looks for journals of processes that died and books what they hold: at the start, and from time to time. */
class Adopting {
  readonly #options: OpenStoresOptions;
  readonly #folder: string;
  readonly #database: Database;
  readonly #claims: Claims;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: OpenStoresOptions, dataFolder: string, database: Database, claims: Claims) {
    this.#options = options;
    this.#folder = join(dataFolder, 'journal');
    this.#database = database;
    this.#claims = claims;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), ADOPT_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Never rejects: what cannot be booked now stays where it is until a later look. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock, log } = this.#options;
    try {
      const adopted = await adoptLeftBehind({
        folder: this.#folder,
        takeLock: takeFileLock,
        clock,
        book: (left) => this.#book(left),
        onDamaged: (path, lines) => sayTrouble(log, { kind: 'damaged', reason: `${path}: ${lines} lines` }),
      });
      if (adopted > 0)
        log.app.info({ journals: adopted }, 'Booked what a process that ended before its time left behind');
    } catch (error) {
      log.app.error({ error }, 'What another process left behind cannot be booked now; it is kept');
    } finally {
      this.#isLooking = false;
    }
  }

  async #book({ closed, orphans }: LeftBehind): Promise<void> {
    const { ledger } = this.#database;
    const nowMs = this.#options.clock.nowMs();
    // Claims first: a counter that is made from the ledger meanwhile would count twice what is in there already.
    for (const { settlement } of closed) if (settlement !== undefined) await this.#claims.settle(settlement);
    for (const { callId, hold = 0n } of orphans) {
      // Another instance may have found the claim before, and booked what it held.
      const booked = this.#claims.isUp === undefined ? [] : await ledger.find({ callId }, { limit: 1, offset: 0 });
      const cost = booked[0]?.cost ?? hold;
      await this.#claims.settle({ id: callId, nowMs, cost, inputTokens: 0, outputTokens: 0, charges: [] });
    }
    const rows = [...closed.flatMap((entry) => entry.rows), ...orphans.map(({ row }) => row)];
    if (rows.length > 0) await ledger.write(rows);
  }
}
