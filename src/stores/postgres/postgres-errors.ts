import { DatabaseUnavailableError, type UnavailableReason } from '../contracts/directory.ts';
import { SqlError } from '../sql/sql-error.ts';

/** SQLSTATE codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) that mean the server, not the statement. */
const AWAY: ReadonlyMap<string, readonly [UnavailableReason, string]> = new Map<
  string,
  readonly [UnavailableReason, string]
>(
  Object.entries({
    '25006': ['read-only', 'Postgres is read-only: a standby, or set so'],
    '25P03': ['timeout', 'Postgres ended a transaction that was idle for too long'],
    '28000': ['unreachable', 'Postgres refuses the user'],
    '28P01': ['unreachable', 'Postgres refuses the password'],
    '3D000': ['unreachable', 'Postgres has no database of that name'],
    '53100': ['full', 'The disk of Postgres is full'],
    '53200': ['broken', 'Postgres has no memory left'],
    '53300': [
      'crowded',
      'Postgres has too many clients: lower database_connection_pool_limit or raise max_connections',
    ],
    '55P03': ['busy', 'Postgres could not get a lock in time'],
    '57014': ['timeout', 'Postgres took too long over a statement'],
    '57P01': ['unreachable', 'Postgres is shutting down'],
    '57P02': ['unreachable', 'Postgres crashed and is starting again'],
    '57P03': ['unreachable', 'Postgres is starting or recovering'],
    '58030': ['broken', 'Postgres cannot read or write its files'],
  }),
);

const CONFLICTS = new Set(['40001', '40P01']);
const UNIQUE = '23505';

/** An error of Postgres as one of the gateway's, without the values that its messages quote. */
export function postgresError(error: unknown): Error {
  if (error instanceof DatabaseUnavailableError || error instanceof SqlError) return error;
  const { code, message, constraint } = error as { code?: unknown; message?: unknown; constraint?: unknown };
  const text = String(message);
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return connectionError(code, text);
  const away = AWAY.get(code) ?? (code.startsWith('08') ? (['unreachable', 'Postgres was lost'] as const) : undefined);
  if (away !== undefined) return new DatabaseUnavailableError(away[0], `${away[1]} (${code}).`);
  if (CONFLICTS.has(code)) return new SqlError('conflict', code, `Transactions were in each other's way (${code}).`);
  if (code === UNIQUE) {
    const column = /^\w+?_unique_(\w+)$/.exec(String(constraint))?.[1] ?? 'id';
    return new SqlError('unique', code, `A value of ${String(constraint)} is taken (${code}).`, column);
  }
  // Messages of class 42 quote only the statement's text, which is ours; all others may quote values.
  const why = code.startsWith('42') ? `: ${text}` : '';
  return new SqlError(
    code.startsWith('23') ? 'constraint' : 'other',
    code,
    `Postgres refused a statement (${code})${why}`,
  );
}

/** Errors of the socket and of the client library; their codes are those of system errors (`ECONNREFUSED`) or absent. */
function connectionError(code: unknown, text: string): Error {
  if (/timeout exceeded when trying to connect/i.test(text)) {
    return new DatabaseUnavailableError('crowded', 'No connection to Postgres became free or was made in time.');
  }
  if (/timeout/i.test(text)) return new DatabaseUnavailableError('timeout', 'Postgres did not answer in time.');
  const detail = typeof code === 'string' ? ` (${code})` : '';
  return new DatabaseUnavailableError('unreachable', `Postgres cannot be reached${detail}.`);
}
