/** A row of the ledger as it is stored: what it is found by has a column, all else is JSON in `data`. */
import type { LedgerRow, LedgerStatus } from '../../contracts/ledger.ts';
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
] as const satisfies readonly Column[];

/** What is read of the table. A type and not an interface: Kysely takes only what can be read as a record. */
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

/** What stands in `data`. */
interface Further
  extends Omit<
    LedgerRow,
    | 'attemptId'
    | 'startedAtMs'
    | 'endedAtMs'
    | 'keyHash'
    | 'userId'
    | 'teamId'
    | 'organizationId'
    | 'customerId'
    | 'modelGroup'
    | 'model'
    | 'provider'
    | 'status'
    | 'cost'
    | 'accounts'
    | 'requestedCost'
    | 'hold'
  > {
  readonly requestedCost?: string;
  readonly hold?: string;
}

/** The values of a row in the order of the columns. */
function valuesOf(row: LedgerRow): readonly (string | number | null)[] {
  const {
    attemptId,
    startedAtMs,
    endedAtMs,
    keyHash,
    userId = null,
    teamId = null,
    organizationId = null,
    customerId = null,
    modelGroup = null,
    model = null,
    provider = null,
    status,
    cost,
    accounts,
    requestedCost,
    hold,
    ...plain
  } = row;
  const further: Further = {
    ...plain,
    ...(requestedCost !== undefined && { requestedCost: requestedCost.toString() }),
    ...(hold !== undefined && { hold: hold.toString() }),
  };
  return [
    attemptId,
    startedAtMs,
    endedAtMs,
    keyHash,
    userId,
    teamId,
    organizationId,
    customerId,
    modelGroup,
    model,
    provider,
    status,
    cost === undefined ? null : storableCost(cost),
    JSON.stringify(accounts),
    JSON.stringify(further),
  ];
}

/** SQLite would take the greatest integer for one beyond it, and say nothing. */
function storableCost(cost: bigint): string {
  if (BigInt.asIntN(64, cost) !== cost) throw new RangeError('An attempt cannot cost more than 9.2 million USD');
  return cost.toString();
}

/** The row that was stored. */
export function rowOf(stored: StoredRow): LedgerRow {
  const { requestedCost, hold, ...plain } = JSON.parse(stored.data) as Further;
  return {
    ...plain,
    attemptId: stored.attempt_id,
    startedAtMs: stored.started_at,
    endedAtMs: stored.ended_at,
    keyHash: stored.key_hash,
    ...(stored.user_id !== null && { userId: stored.user_id }),
    ...(stored.team_id !== null && { teamId: stored.team_id }),
    ...(stored.organization_id !== null && { organizationId: stored.organization_id }),
    ...(stored.customer_id !== null && { customerId: stored.customer_id }),
    ...(stored.model_group !== null && { modelGroup: stored.model_group }),
    ...(stored.model !== null && { model: stored.model }),
    ...(stored.provider !== null && { provider: stored.provider }),
    status: stored.status as LedgerStatus,
    ...(stored.cost_pico !== null && { cost: stored.cost_pico }),
    ...(requestedCost !== undefined && { requestedCost: BigInt(requestedCost) }),
    ...(hold !== undefined && { hold: BigInt(hold) }),
    accounts: accountsOf(stored.accounts),
  };
}

/** The accounts of a stored row. */
export function accountsOf(stored: string): readonly string[] {
  return JSON.parse(stored) as string[];
}

/** A row beside its values. */
export interface PreparedRow {
  readonly row: LedgerRow;
  readonly values: readonly (string | number | null)[];
}

/** A row with text that both databases can keep: Postgres has neither NUL nor half a surrogate pair. */
export function prepareRow(row: LedgerRow): PreparedRow {
  const values = valuesOf(row);
  if (values.every((value) => typeof value !== 'string' || !UNSTORABLE.test(value))) return { row, values };
  const mended = mendText(row) as LedgerRow;
  return { row: mended, values: valuesOf(mended) };
}

/** As it is in a column, and as it is in JSON. */
const UNSTORABLE = /[\0\p{Surrogate}]|\\u(?:0000|[dD][89a-fA-F])/u;

function mendText(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(mendText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [mendText(name), mendText(member)]));
}
