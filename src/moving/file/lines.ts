/** Objects and rows as lines of a file, and back. Money is a text of pico-USD, because JSON has no integers of that size. */
import { escapeId } from '../../core/escape-id.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ImportedKinds } from '../../stores/contracts/imported-kinds.ts';
import { ACTIVITY_SHAPE, type MovedObject, type MovedRow, SAVINGS_SHAPE } from '../../stores/contracts/moved.ts';
import { decodeObject } from '../../stores/contracts/object-text.ts';

/** An object that was read. */
export type ReadObject = {
  readonly [Kind in keyof ImportedKinds]: {
    readonly kind: Kind;
    readonly id: string;
    readonly value: ImportedKinds[Kind];
  };
}[keyof ImportedKinds];

/** A line that does not say what it should, as the end of a sentence. */
class LineFault extends Error {
  override readonly name = 'LineFault';
}

/** An object as a line: its text is JSON already. */
export function lineOfObject({ kind, text }: MovedObject): string {
  return `{"kind":"${kind}","object":${text}}`;
}

/** A row as a line. */
export function lineOfRow(row: MovedRow): string {
  switch (row.kind) {
    case 'spend':
      return JSON.stringify({ ...row, costs: row.costs.map(([atMs, cost]) => [atMs, cost.toString()]) });
    case 'total':
    case 'reset':
      return JSON.stringify({ ...row, cost: row.cost.toString() });
    case 'activity':
    case 'savings':
      return JSON.stringify({ ...row, sums: row.sums.map(String) });
    case 'ledger':
      return `{"kind":"ledger","row":${row.text}}`;
    case 'change': {
      const { text, ...rest } = row;
      return JSON.stringify({ ...rest, data: JSON.parse(text) as JsonValue });
    }
    default:
      return JSON.stringify(row);
  }
}

/** Every kind of object, those that others refer to before them. */
export const OBJECT_KINDS = [
  'budget',
  'organization',
  'user',
  'team',
  'team_member',
  'organization_member',
  'key',
  'customer',
  'tag',
  'credential',
  'model',
] as const satisfies readonly (keyof ImportedKinds)[];

const IDS: ReadonlyMap<string, (object: JsonObject) => string> = new Map<
  (typeof OBJECT_KINDS)[number],
  (object: JsonObject) => string
>([
  ['team_member', (object) => `${escapeId(textIn(object, 'teamId'))}/${escapeId(textIn(object, 'userId'))}`],
  [
    'organization_member',
    (object) => `${escapeId(textIn(object, 'organizationId'))}/${escapeId(textIn(object, 'userId'))}`,
  ],
  ['key', hashIn],
  ['tag', (object) => textIn(object, 'name')],
  ['credential', (object) => textIn(object, 'name')],
  ...(['budget', 'organization', 'user', 'team', 'customer', 'model'] as const).map(
    (kind) => [kind, (object: JsonObject) => textIn(object, 'id')] as const,
  ),
]);

/** Reads a line. Throws an error whose message ends the sentence “Line 7 …”. */
export function readLine(line: JsonObject): ReadObject | MovedRow {
  const kind = textIn(line, 'kind');
  const idOf = IDS.get(kind);
  if (idOf !== undefined) return objectIn(kind as keyof ImportedKinds, line.object, idOf);
  switch (kind) {
    case 'spend':
      return { kind, account: textIn(line, 'account'), dayMs: numberIn(line, 'dayMs'), costs: costsIn(line.costs) };
    case 'total':
      return { kind, account: textIn(line, 'account'), cost: integerIn(line.cost, 'cost') };
    case 'reset':
      return {
        ...{ kind, account: textIn(line, 'account'), atMs: numberIn(line, 'atMs') },
        cost: integerIn(line.cost, 'cost'),
      };
    case 'activity':
      return activityIn(line);
    case 'savings':
      return { kind, ...sumsIn(line, SAVINGS_SHAPE) };
    case 'attempt':
      return { kind, id: textIn(line, 'id'), startedAtMs: numberIn(line, 'startedAtMs') };
    case 'ledger':
      return ledgerIn(line.row);
    case 'change':
      return changeIn(line);
    default:
      throw new LineFault(`is of an unknown kind, “${kind.slice(0, 40)}”: was the file written by a newer release?`);
  }
}

function objectIn(
  kind: keyof ImportedKinds,
  object: JsonValue | undefined,
  idOf: (object: JsonObject) => string,
): ReadObject {
  if (!isJsonObject(object)) throw new LineFault(`has no object, although it is of the kind ${kind}`);
  const id = idOf(object);
  numberIn(object, 'createdAtMs');
  if (!kind.endsWith('_member')) {
    numberIn(object, 'updatedAtMs');
    if (!isJsonObject(object.metadata) || !isJsonObject(object.further)) throw new LineFault(`has a damaged ${kind}`);
  }
  try {
    return { kind, id, value: decodeObject(JSON.stringify(object)) } as ReadObject;
  } catch {
    throw new LineFault(`has a ${kind} with a damaged amount of money`);
  }
}

function hashIn(object: JsonObject): string {
  const hash = textIn(object, 'hash');
  // A key that stood here in plain text would be stored so.
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new LineFault('has a key without a true hash');
  return hash;
}

function activityIn(line: JsonObject): MovedRow {
  return {
    kind: 'activity',
    ...(line.tag !== undefined && { tag: textIn(line, 'tag') }),
    ...sumsIn(line, ACTIVITY_SHAPE),
  };
}

function sumsIn({ by, sums }: JsonObject, shape: { readonly by: number; readonly sums: number }) {
  if (!Array.isArray(by) || by.length !== shape.by || !by.every((each) => typeof each === 'string')) {
    throw new LineFault('has a damaged `by`');
  }
  if (!Array.isArray(sums) || sums.length !== shape.sums) throw new LineFault('has damaged `sums`');
  return { by: by as string[], sums: sums.map((sum) => integerIn(sum, 'sums')) };
}

function ledgerIn(row: JsonValue | undefined): MovedRow {
  if (!isJsonObject(row)) throw new LineFault('has no row of the ledger');
  for (const name of ['startedAtMs', 'endedAtMs']) numberIn(row, name);
  if (typeof row.keyHash !== 'string' || !Array.isArray(row.accounts) || !Array.isArray(row.tags)) {
    throw new LineFault('has a damaged row of the ledger');
  }
  for (const name of ['cost', 'requestedCost', 'hold']) if (row[name] !== undefined) integerIn(row[name], name);
  if (row.savings !== undefined) {
    if (!isJsonObject(row.savings)) throw new LineFault('has damaged `savings`');
    for (const saved of Object.values(row.savings)) integerIn(saved, 'savings');
  }
  return {
    kind: 'ledger',
    id: textIn(row, 'attemptId'),
    isOrphan: textIn(row, 'status') === 'orphan',
    ...(row.cost !== undefined && { cost: integerIn(row.cost, 'cost') }),
    text: JSON.stringify(row),
  };
}

function changeIn(line: JsonObject): MovedRow {
  const { changedBy, keyHash, data } = line;
  if (typeof changedBy !== 'string' || typeof keyHash !== 'string' || !isJsonObject(data)) {
    throw new LineFault('has a damaged entry of the log of changes');
  }
  return {
    ...{ kind: 'change', changedBy, keyHash, id: textIn(line, 'id'), atMs: numberIn(line, 'atMs') },
    ...{ action: textIn(line, 'action'), table: textIn(line, 'table'), objectId: textIn(line, 'objectId') },
    text: JSON.stringify(data),
  };
}

function costsIn(costs: JsonValue | undefined): readonly (readonly [number, bigint])[] {
  if (!Array.isArray(costs)) throw new LineFault('has no `costs`');
  return costs.map((entry) => {
    const [atMs, cost] = Array.isArray(entry) ? entry : [];
    if (!Number.isSafeInteger(atMs)) throw new LineFault('has damaged `costs`');
    return [Number(atMs), integerIn(cost, 'costs')];
  });
}

function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== 'string' || value === '') throw new LineFault(`has no \`${name}\``);
  return value;
}

function numberIn(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new LineFault(`has no \`${name}\``);
  return value;
}

function integerIn(value: JsonValue | undefined, name: string): bigint {
  if (typeof value !== 'string' || !/^-?\d{1,38}$/.test(value)) throw new LineFault(`has a damaged \`${name}\``);
  return BigInt(value);
}
