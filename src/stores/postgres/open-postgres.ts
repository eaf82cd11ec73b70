import { Kysely } from 'kysely';
import { Pool, types } from 'pg';
import type { NoTables, SqlConnection } from '../sql/connection.ts';
import { libpqAddress } from './libpq-address.ts';
import { postgresPoolDialect } from './postgres-dialect.ts';
import { Pulse } from './pulse.ts';

const CONNECT_WITHIN_MS = 5_000;
const STATEMENT_WITHIN_MS = 30_000;
/** Our own deadline is a little later, for a server that does not answer at all. */
const ANSWER_WITHIN_MS = 31_000;

const BIGINT = 20;
const NUMERIC = 1_700;

/** How a pool is opened. */
interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  /** 0: no limit. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * False while the schema does not exist yet: everything rejects as if the server were unavailable. Default: always
   * ready.
   */
  readonly isReady?: () => boolean;
}

/** Opens a pool. It connects when a connection is needed, so that an unavailable database does not prevent a start. */
export function openPostgres({ url, poolSize, statementTimeoutMs, isReady }: PostgresOptions): SqlConnection {
  const pool = new Pool({
    connectionString: libpqAddress(url),
    max: poolSize,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: statementTimeoutMs ?? STATEMENT_WITHIN_MS,
    ...(statementTimeoutMs === undefined ? { query_timeout: ANSWER_WITHIN_MS } : {}),
    idle_in_transaction_session_timeout: STATEMENT_WITHIN_MS,
    keepAlive: true,
    application_name: 'sluice',
    types: { getTypeParser },
  });
  // If an idle connection is lost, the pool makes another when one is needed. Without a listener it would end the
  // process.
  pool.on('error', () => undefined);
  const pulse = new Pulse(url);
  const database = new Kysely<NoTables>({ dialect: postgresPoolDialect(pool, pulse, isReady ?? (() => true)) });
  return {
    kind: 'postgres',
    write: database,
    read: database,
    ping: async () => (await pulse.read()) === 'answers',
    async close() {
      pulse.close();
      await database.destroy();
    },
  };
}

/** Every 64-bit integer and every whole sum of them is read as a bigint; its column decides whether it stays one. */
const getTypeParser: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === BIGINT) return BigInt;
  if (oid === NUMERIC) return (text: string) => (/^-?\d+$/.test(text) ? BigInt(text) : Number(text));
  return format === undefined ? types.getTypeParser(oid) : types.getTypeParser(oid, format as 'text');
};
