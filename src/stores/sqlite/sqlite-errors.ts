import { DatabaseUnavailableError, type UnavailableReason } from '../contracts/directory.ts';
import { SqlError } from '../sql/sql-error.ts';

/** Primary result codes that mean the database, not the statement (https://www.sqlite.org/rescode.html). */
const AWAY: Readonly<Record<number, readonly [UnavailableReason, string]>> = {
  5: ['busy', 'SQLITE_BUSY: another process held the database for too long'],
  6: ['busy', 'SQLITE_LOCKED: another connection held a table for too long'],
  7: ['broken', 'SQLITE_NOMEM: there is no memory left'],
  8: ['read-only', 'SQLITE_READONLY: the database cannot be written'],
  10: ['broken', 'SQLITE_IOERR: the disk failed'],
  11: ['broken', 'SQLITE_CORRUPT: the database file is damaged'],
  13: ['full', 'SQLITE_FULL: the disk is full'],
  14: ['unreachable', 'SQLITE_CANTOPEN: the database file cannot be opened'],
  26: ['broken', 'SQLITE_NOTADB: the file is not an SQLite database'],
};

const CONSTRAINT = 19;
const UNIQUE: Readonly<Record<number, string>> = {
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
  2579: 'SQLITE_CONSTRAINT_ROWID',
};

/** The error for a result code. SQLite's messages name tables and columns, never values. */
export function sqliteError(code: number, message: string): Error {
  const away = AWAY[code & 0xff];
  if (away !== undefined) return new DatabaseUnavailableError(away[0], `${away[1]}.`);
  const unique = UNIQUE[code];
  if (unique !== undefined) {
    const column = /failed: \w+\.(\w+)/.exec(message)?.[1];
    return new SqlError('unique', unique, `${unique}: ${message}`, column);
  }
  const kind = (code & 0xff) === CONSTRAINT ? 'constraint' : 'other';
  const name = kind === 'constraint' ? 'SQLITE_CONSTRAINT' : `SQLITE_${code}`;
  return new SqlError(kind, name, `${name}: ${message}`);
}
