/**
 * A notation for JSON values with fewer tokens, which parses back to an equal value, members in the same order. It is JSON, but:
 * texts that cannot be taken for anything else stand without quotes; and objects with the same members are a table, which names them
 * once:
 *
 *   {id,name,price{net,tax}}[a1,First,10,2        [{"id":"a1","name":"First","price":{"net":10,"tax":2}},
 *   a2,Second one,12,]                              {"id":"a2","name":"Second one","price":{"net":12}}]
 *
 * A cell without anything in it: the row has no such member. `[(…)` instead of `[` begins lists of rows, `{{columns}key:row` an object
 * of rows.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** A column of a table: the name of a member, and its own columns if its values are objects. */
export interface Column {
  readonly name: string;
  readonly inner: readonly Column[] | undefined;
}

/** Texts without quotes. What looks like a number or a word of JSON has quotes. */
const PLAIN = /^[\p{L}\p{N}_@#$](?:[\p{L}\p{N}\p{M}_@.:/+ #$'%&;!?=*-]*[\p{L}\p{N}\p{M}_@./+#$'%&;!?=*-])?$/u;
const PLAIN_NAME = /^[\p{L}\p{N}_@#$](?:[\p{L}\p{N}\p{M}_@./+ #$-]*[\p{L}\p{N}\p{M}_@./+#$-])?$/u;
const RESERVED = /^(?:true|false|null|[-+]?[\d.]+(?:[eE][-+]?\d+)?)$/;
const LEAST_ROWS = 2;
const MOST_COLUMNS = 64;

/** A text as it stands in the notation. */
const written = (text: string, plain: RegExp): string =>
  plain.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);

/** A value in the notation. */
export function toNotation(value: JsonValue): string {
  if (typeof value === 'string') return written(value, PLAIN);
  if (Array.isArray(value)) return listOf(value);
  return isJsonObject(value) ? objectOf(value) : JSON.stringify(value);
}

function listOf(items: readonly JsonValue[]): string {
  const columns = columnsOf(items);
  if (columns !== undefined) return `${shapeOf(columns)}[${rowsOf(items as readonly JsonObject[], columns)}]`;
  if (items.length >= LEAST_ROWS && items.every((item) => Array.isArray(item) && item.length > 0)) {
    const lists = items as readonly (readonly JsonValue[])[];
    const shared = columnsOf(lists.flat());
    if (shared !== undefined) {
      const groups = lists.map((list) => `(${rowsOf(list as readonly JsonObject[], shared)})`);
      return `${shapeOf(shared)}[${groups.join('')}]`;
    }
  }
  return `[${items.map(toNotation).join(',')}]`;
}

function objectOf(value: JsonObject): string {
  const members = Object.entries(value) as [string, JsonValue][];
  const columns = columnsOf(members.map(([, member]) => member));
  if (columns !== undefined) {
    const rows = members.map(
      ([name, member]) => `${written(name, PLAIN_NAME)}:${rowOf(member as JsonObject, columns)}`,
    );
    return `{${shapeOf(columns)}${rows.join('\n')}}`;
  }
  return `{${members.map(([name, member]) => `${written(name, PLAIN_NAME)}:${toNotation(member)}`).join(',')}}`;
}

/** The columns of objects that have the same members, or nearly so; undefined if they are no table. */
function columnsOf(values: readonly JsonValue[]): readonly Column[] | undefined {
  if (values.length < LEAST_ROWS || !values.every(isRow)) return undefined;
  return joined(values as readonly JsonObject[]);
}

const isRow = (value: JsonValue): boolean => isJsonObject(value) && Object.keys(value).length > 0;

function joined(rows: readonly JsonObject[]): readonly Column[] | undefined {
  const names: string[] = [];
  for (const row of rows) {
    let at = 0;
    for (const name of Object.keys(row)) {
      const found = names.indexOf(name);
      if (found === -1) names.splice(at, 0, name);
      // The order of members has to be that of all rows.
      else if (found < at) return undefined;
      at = (found === -1 ? at : found) + 1;
    }
    if (names.length > MOST_COLUMNS) return undefined;
  }
  let present = 0;
  for (const row of rows) present += Object.keys(row).length;
  // Mostly holes: no table.
  if (present * 2 < names.length * rows.length) return undefined;
  return names.map((name) => {
    const values = rows.flatMap((row) => (Object.hasOwn(row, name) ? [row[name] as JsonValue] : []));
    return { name, inner: values.every(isRow) ? joined(values as readonly JsonObject[]) : undefined };
  });
}

const shapeOf = (columns: readonly Column[]): string =>
  `{${columns.map(({ name, inner }) => written(name, PLAIN_NAME) + (inner === undefined ? '' : shapeOf(inner))).join(',')}}`;

const rowsOf = (rows: readonly JsonObject[], columns: readonly Column[]): string =>
  rows.map((row) => rowOf(row, columns)).join('\n');

const rowOf = (row: JsonObject | undefined, columns: readonly Column[]): string =>
  columns
    .map(({ name, inner }) => {
      const has = row !== undefined && Object.hasOwn(row, name);
      if (inner !== undefined) return rowOf(has ? (row[name] as JsonObject) : undefined, inner);
      return has ? toNotation(row[name] as JsonValue) : '';
    })
    .join(',');
