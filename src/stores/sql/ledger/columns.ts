/** A row of the ledger as it is stored: all of it as JSON in `data`, and the searchable fields in columns. */
import { defined } from '../../../core/defined.ts';
import type { LedgerRow, LedgerStatus } from '../../contracts/ledger.ts';
import { type PlainRow, rowOfJson } from '../../contracts/ledger-text.ts';
import type { Column } from './json-rows.ts';

/** The columns of the table `ledger`. */
export const LEDGER_COLUMNS = [
  { name: 'attempt_id', type: 'text' },
  { name: 'started_at', type: 'bigint' },
  { name: 'ended_at', type: 'bigint' },
  { name: 'key_hash', type: 'text' },
  { name: 'user_id', type: 'text' },
  { name: 'team_id', type: 'text' },
  { name: 'organization_id', type: 'text' },
  { name: 'customer_id', type: 'text' },
  { name: 'model_group', type: 'text' },
  { name: 'model', type: 'text' },
  { name: 'provider', type: 'text' },
  { name: 'status', type: 'text' },
  { name: 'cost_pico', type: 'bigint' },
  { name: 'accounts', type: 'text' },
  { name: 'data', type: 'text' },
  { name: 'answer_id', type: 'text' },
] as const satisfies readonly Column[];

/** A row as it is read. A type and not an interface: Kysely accepts only types that are assignable to a record. */
export type StoredRow = {
  readonly attempt_id: string;
  readonly started_at: number;
  readonly ended_at: number;
  readonly key_hash: string;
  readonly user_id: string | null;
  readonly team_id: string | null;
  readonly organization_id: string | null;
  readonly customer_id: string | null;
  readonly model_group: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly status: string;
  readonly cost_pico: bigint | null;
  readonly accounts: string;
  readonly data: string;
};

/** The values of a row in the order of the columns. */
function valuesOf(row: PlainRow, text: string): readonly (string | number | null)[] {
  return [
    row.attemptId,
    row.startedAtMs,
    row.endedAtMs,
    row.keyHash,
    row.userId ?? null,
    row.teamId ?? null,
    row.organizationId ?? null,
    row.customerId ?? null,
    row.modelGroup ?? null,
    row.model ?? null,
    row.provider ?? null,
    row.status,
    row.cost === undefined ? null : storableCost(row.cost),
    JSON.stringify(row.accounts),
    text,
    row.answerId ?? null,
  ];
}

/** SQLite would silently store the greatest integer in place of a larger one. */
function storableCost(cost: string): string {
  // Nineteen digits may be too large; fewer are not.
  if (cost.length > 18 && BigInt.asIntN(64, BigInt(cost)) !== BigInt(cost)) {
    throw new RangeError('An attempt cannot cost more than 9.2 million USD');
  }
  return cost;
}

/**
 * The row that was stored. Columns repeat its data, and are the only source for rows written before `data` held
 * everything.
 */
export function rowOf(stored: StoredRow): LedgerRow {
  const { cost: _cost, ...rest } = rowOfJson(JSON.parse(stored.data));
  return {
    ...rest,
    attemptId: stored.attempt_id,
    startedAtMs: stored.started_at,
    endedAtMs: stored.ended_at,
    keyHash: stored.key_hash,
    status: stored.status as LedgerStatus,
    accounts: accountsOf(stored.accounts),
    ...defined({
      userId: stored.user_id ?? undefined,
      teamId: stored.team_id ?? undefined,
      organizationId: stored.organization_id ?? undefined,
      customerId: stored.customer_id ?? undefined,
      modelGroup: stored.model_group ?? undefined,
      model: stored.model ?? undefined,
      provider: stored.provider ?? undefined,
      cost: stored.cost_pico ?? undefined,
    }),
  };
}

/** The accounts of a stored row. */
export function accountsOf(stored: string): readonly string[] {
  return JSON.parse(stored) as string[];
}

/** A row beside its values. */
export interface PreparedRow {
  readonly row: PlainRow;
  readonly values: readonly (string | number | null)[];
}

/**
 * A row, given with its text, in a form that both databases can store: Postgres stores neither NUL nor half a surrogate
 * pair.
 */
export function prepareRow(row: PlainRow, text: string): PreparedRow {
  if (!UNSTORABLE.test(text)) return { row, values: valuesOf(row, text) };
  const repaired = repairText(row) as PlainRow;
  return { row: repaired, values: valuesOf(repaired, JSON.stringify(repaired)) };
}

/** Such characters in JSON. An escaped backslash before a `u` matches as well; then nothing needs repair. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

function repairText(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(repairText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [repairText(name), repairText(member)]));
}
