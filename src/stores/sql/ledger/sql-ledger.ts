import type { PicoUsd } from '../../../core/money.ts';
import type {
  ActivityDimension,
  ActivityRow,
  Ledger,
  LedgerFilter,
  LedgerRow,
  SavingsDimension,
  SavingsFilter,
  SavingsRow,
} from '../../contracts/ledger.ts';
import { textOfRow } from '../../contracts/ledger-text.ts';
import type { SqlConnection, WriteOptions } from '../connection.ts';
import { retryConflicts } from '../sql-error.ts';
import { readActivity } from './activity.ts';
import { countRows, findRows } from './find-rows.ts';
import { pruneRows } from './prune-rows.ts';
import { readSavings } from './savings.ts';
import { readSpent, readTotals, resetSpend } from './spent.ts';
import { writeRows } from './write-rows.ts';

/** The ledger in a migrated SQL database. */
export class SqlLedger implements Ledger {
  readonly #connection: SqlConnection;
  readonly #options: WriteOptions;

  constructor(connection: SqlConnection, options: WriteOptions = { withoutRows: false }) {
    this.#connection = connection;
    this.#options = options;
  }

  async write(rows: readonly LedgerRow[]): Promise<void> {
    await this.writeTexts(rows.map(textOfRow));
  }

  async writeTexts(texts: readonly string[]): Promise<void> {
    if (texts.length === 0) return;
    const { writeLedger } = this.#connection;
    if (writeLedger === undefined) await writeRows(this.#connection, texts, this.#options);
    else await retryConflicts(() => writeLedger(texts, this.#options));
  }

  find(filter: LedgerFilter, page: Parameters<Ledger['find']>[1]): Promise<LedgerRow[]> {
    return findRows(this.#connection.read, filter, page);
  }

  count(filter: LedgerFilter): Promise<number> {
    return countRows(this.#connection.read, filter);
  }

  activity(filter: Parameters<Ledger['activity']>[0], by: readonly ActivityDimension[]): Promise<ActivityRow[]> {
    return readActivity(this.#connection.read, filter, by);
  }

  savings(filter: SavingsFilter, by: readonly SavingsDimension[]): Promise<SavingsRow[]> {
    return readSavings(this.#connection.read, filter, by);
  }

  spent(account: string, fromMs: number, toMs?: number): Promise<PicoUsd> {
    return readSpent(this.#connection, account, fromMs, toMs);
  }

  totals(accounts: readonly string[]): Promise<ReadonlyMap<string, PicoUsd>> {
    return readTotals(this.#connection, accounts);
  }

  resetTotal(account: string, to: PicoUsd, nowMs: number): Promise<void> {
    return resetSpend(this.#connection, account, to, nowMs);
  }

  prune(beforeMs: number): Promise<number> {
    return pruneRows(this.#connection, beforeMs);
  }
}
