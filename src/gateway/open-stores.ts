/** Opens everything that outlives a request: the database, the counters of limits, the journal; and books what killed processes left. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { GatewayConfig, RedisConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import { newCallId } from '../core/ids.ts';
import type { Claims, Seed } from '../stores/contracts/claims.ts';
import type { Database } from '../stores/contracts/database.ts';
import type { InvalidationBus } from '../stores/contracts/invalidation-bus.ts';
import type { Journal, JournalTrouble } from '../stores/contracts/journal.ts';
import { FileJournal } from '../stores/journal/file-journal.ts';
import { Undelivered } from '../stores/journal/undelivered.ts';
import { MemoryClaims } from '../stores/memory/claims.ts';
import { MemoryInvalidationBus } from '../stores/memory/invalidation-bus.ts';
import { MemoryJournal } from '../stores/memory/journal.ts';
import type { SqlConnection } from '../stores/sql/connection.ts';
import type { OnChanged } from '../stores/sql/directory/writing.ts';
import { SqlLedger } from '../stores/sql/ledger/sql-ledger.ts';
import { takeFileLock } from '../stores/sqlite/file-lock.ts';
import { openSqliteDatabase } from '../stores/sqlite/sqlite-database.ts';
import type { Log } from '../telemetry/log.ts';
import { carriedInto } from '../tenancy/carried-spend.ts';
import { scopeOfTokens } from '../tenancy/day-limits.ts';
import { Adopting } from './adopting.ts';
import { bookedClaim } from './orphaned-claims.ts';
import { tokensOfDay } from './tokens-of-day.ts';

/** How long a start waits for Redis, if the configuration does not say. */
const REDIS_WITHIN_MS = 2_000;
const REDIS_LOOK_EVERY_MS = 10;

/** What the stores are opened with. */
interface OpenStoresOptions {
  readonly config: GatewayConfig;
  /** The folder of the database and the journal; undefined: everything is kept in memory and lost with the process. */
  readonly dataFolder?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Serve although other instances may count limits for themselves. */
  readonly unsharedLimits?: boolean;
}

/** The open stores. */
export interface Stores {
  readonly database: Database;
  readonly claims: Claims;
  readonly journal: Journal;
  /** Says which objects of the directory were changed, here or by another instance. */
  readonly changes: InvalidationBus;
  /** Brings what is in the journal to the ledger, and closes everything. */
  close(): Promise<void>;
}

/** Another instance counts the same limits, and nothing is shared with it. */
class NotAloneError extends Error {
  override readonly name = 'NotAloneError';
  constructor() {
    super(
      'Another instance serves from this database, and without Redis both would count limits and budgets for themselves. Stop it ' +
        'first, share a Redis (router_settings.redis_host), or start with --unshared-limits to let each keep its own.',
    );
  }
}

/** The Redis that was named as a cache may drop counters. */
class EvictingRedisError extends Error {
  override readonly name = 'EvictingRedisError';
  constructor(why: string) {
    super(
      `The Redis of litellm_settings.cache_params is the one in which instances count together, but budgets would not hold: ${why}. ` +
        'Set its maxmemory-policy to noeviction, name another Redis in router_settings.redis_host, or accept it with ' +
        'budget_settings.allow_evicting_redis: true.',
    );
  }
}

/** Opens the stores. Rejects with a NotAloneError, an EvictingRedisError, or with why the database cannot be opened. */
export async function openStores(options: OpenStoresOptions): Promise<Stores> {
  const { config, dataFolder, clock, log, unsharedLimits } = options;
  // The database publishes changes, and the bus that carries them needs the database: the bus is known a moment later.
  let changes: InvalidationBus | undefined;
  const database = await openDatabase(options, async (changed) => {
    await changes?.publish(changed);
  });
  try {
    if (config.redis === undefined && unsharedLimits !== true && !(await isAlone(database, log)))
      throw new NotAloneError();
    const journal = makeJournal(options, database);
    const undelivered = new Undelivered();
    const counting = await makeClaims(
      options,
      database,
      seedFrom(database, journal, undelivered, options.config.budgets.timeZone),
      journal,
    );
    changes = counting.changes;
    const { claims } = counting;
    if (config.redis !== undefined) await waitForRedis(counting, config.redis, options);
    const { ledger } = database;
    const onTrouble = (trouble: JournalTrouble): void => logTrouble(log, trouble);
    const tellAgainMs = tellAgainMsOf(config);
    const adopting =
      dataFolder === undefined
        ? undefined
        : new Adopting({ dataFolder, ledger, claims, undelivered, clock, log, onTrouble, tellAgainMs });
    await adopting?.start();
    const close = async (): Promise<void> => {
      await adopting?.stop();
      // The rows of claims that are still being settled reach the ledger once they are.
      await claims.close();
      await journal.end();
      await database.close();
    };
    return { database, ...counting, journal, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

const DAY_MS = 86_400_000;

/** An SQLite file may lose its end with its write-ahead log. Rows that the retention deleted are not written again. */
function tellAgainMsOf({ stores: { databaseUrl, withoutRows, ledgerRetentionMs = DAY_MS } }: GatewayConfig): number {
  return databaseUrl !== undefined || withoutRows ? 0 : Math.min(DAY_MS, ledgerRetentionMs);
}

/** A database that is unavailable cannot say who else uses it: requests that do not need it are served meanwhile. */
async function isAlone(database: Database, log: Log): Promise<boolean> {
  try {
    return await database.beAlone();
  } catch (error) {
    log.app.warn({ error }, 'The database is unavailable, so it is unknown whether another instance uses it');
    return true;
  }
}

function makeJournal({ config, dataFolder, clock, log }: OpenStoresOptions, { ledger }: Database): Journal {
  const { journalFsync, serveWithoutJournal } = config.stores;
  const inMemory = () =>
    new MemoryJournal({ ledger, onTrouble: (reason) => logTrouble(log, { kind: 'unavailable', reason }) });
  if (dataFolder === undefined) return inMemory();
  try {
    return new FileJournal({
      folder: join(dataFolder, 'journal'),
      instanceId: newCallId(clock.nowMs()),
      ledger,
      takeLock: takeFileLock,
      clock,
      fsync: journalFsync,
      onTrouble: (trouble) => logTrouble(log, trouble),
    });
  } catch (reason) {
    if (!serveWithoutJournal) throw reason;
    logTrouble(log, { kind: 'full', reason });
    return inMemory();
  }
}

/** Opens the database alone, also if other processes use it. */
export async function openDatabase(
  { config, dataFolder, log }: Pick<OpenStoresOptions, 'config' | 'dataFolder' | 'log'>,
  onChanged: OnChanged = () => undefined,
): Promise<Database> {
  const { databaseUrl, databasePoolSize, withoutRows, journalFsync } = config.stores;
  const shared = {
    makeLedger: (connection: SqlConnection) => new SqlLedger(connection, { withoutRows, fsync: journalFsync }),
    onChanged,
  };
  if (databaseUrl !== undefined) {
    // Loaded only if it is used: a gateway with an SQLite file needs no Postgres client.
    const { openPostgresDatabase } = await import('../stores/postgres/postgres-database.ts');
    return openPostgresDatabase({
      ...shared,
      url: databaseUrl,
      poolSize: databasePoolSize,
      onUnusable: (error) => log.app.fatal({ error }, 'This version cannot serve from the database'),
    });
  }
  return openSqliteDatabase({ ...shared, path: dataFolder === undefined ? ':memory:' : join(dataFolder, 'sluice.db') });
}

/** The counters of limits, and the bus of changed objects that goes with them. */
interface Counting {
  readonly claims: Claims;
  readonly changes: InvalidationBus;
  /** Why the Redis may not be used for counting, once it has answered; a later change of it is reported as an outage. */
  readonly refusal?: () => string | undefined;
}

/** Counters in this process; or in Redis if one is configured, which then carries the changes of objects as well. */
async function makeClaims(
  options: OpenStoresOptions,
  database: Database,
  seed: Seed,
  journal: Journal,
): Promise<Counting> {
  const { clock, log, config } = options;
  if (config.redis !== undefined) return claimInRedis(config.redis, options, database, journal, seed);
  const claims = new MemoryClaims({
    clock,
    seed,
    onSeedError: (account, error) => {
      const [kind] = account.split(':', 1);
      log.app.warn({ error, kind }, 'The ledger is unavailable, so it is unknown what an account has spent');
    },
  });
  return { claims, changes: new MemoryInvalidationBus() };
}

/** A Redis that is there is used from the first request on; one that does not answer does not end the start. */
async function waitForRedis(
  { claims, refusal }: Counting,
  { connectTimeoutMs = REDIS_WITHIN_MS }: RedisConfig,
  { clock, log }: OpenStoresOptions,
): Promise<void> {
  const untilMs = clock.monotonicMs() + connectTimeoutMs;
  const refused = (): string | undefined => refusal?.();
  while (claims.isUp !== true && refused() === undefined && clock.monotonicMs() < untilMs)
    await wait(REDIS_LOOK_EVERY_MS);
  const why = refused();
  if (why !== undefined) {
    await claims.close();
    throw new EvictingRedisError(why);
  }
  if (claims.isUp === true) return;
  const message = 'Redis did not answer before the start: limits and budgets follow their `when_away` until it does';
  log.app.warn({ waited_ms: connectTimeoutMs }, message);
}

async function claimInRedis(
  address: RedisConfig,
  { clock, log, config }: OpenStoresOptions,
  { ledger }: Database,
  journal: Journal,
  seed: Seed,
): Promise<Counting> {
  let refusal: string | undefined;
  // Loaded only here: the client library takes time and memory that a gateway without Redis need not spend.
  const { RedisClaims } = await import('../stores/redis/claims.ts');
  const claims = new RedisClaims({
    address,
    clock,
    random: Math.random,
    seed,
    onEmptied: () => journal.flush(),
    onOrphan: async (orphan) => {
      const { row, cost } = bookedClaim(orphan);
      if (row !== undefined) await ledger.write([row]);
      return cost;
    },
    onStatus: ({ isUp, reason }) => {
      if (isUp) log.app.info({}, 'Redis is back: limits and budgets are counted together again');
      else
        log.app.warn({ reason }, 'Redis is unavailable: limits and budgets follow their `when_away` until it is back');
    },
    onWarning: (message) => log.app.warn({}, message),
    // The operator who names a Redis for counting knows what it is; a cache may forget by nature.
    ...(address.isCache === true &&
      !config.budgets.allowEvictingRedis && {
        onEvicting: (why: string) => {
          refusal = why;
        },
      }),
  });
  return { claims, changes: claims.invalidations, refusal: () => refusal };
}

/**
 * What an account spent before its counter was made: the ledger's sum, once everything in the journal is in it, and what
 * killed processes left behind.
 */
function seedFrom({ ledger }: Database, journal: Journal, undelivered: Undelivered, timeZone: string): Seed {
  return async (account, { window, startsAtMs, endsAtMs }) => {
    await journal.flush();
    const counted = scopeOfTokens(account);
    if (counted !== undefined)
      return undelivered.spent(account, startsAtMs, endsAtMs, () => tokensOfDay(ledger, counted, startsAtMs));
    const spent = await undelivered.spent(account, startsAtMs, endsAtMs, () =>
      ledger.spent(account, startsAtMs, endsAtMs),
    );
    return spent + (await carriedInto(window, timeZone, (from, to) => ledger.spent(account, from, to)));
  };
}

const TROUBLES: Readonly<Record<JournalTrouble['kind'], string>> = {
  full: 'The journal cannot be written: a crash now would lose the requests under way',
  unavailable: 'The ledger is unavailable: what is spent is kept in the journal until it is back',
  damaged: 'Damaged lines of a journal were skipped',
  refused: 'The ledger refused an entry of the journal; the entry is kept in a file of its own',
};

function logTrouble(log: Log, { kind, reason }: JournalTrouble): void {
  log.app.error({ error: reason }, TROUBLES[kind]);
}
