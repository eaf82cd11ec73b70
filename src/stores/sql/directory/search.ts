/** Searches as conditions. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ListOptions, Search, SortColumn } from '../../contracts/directory.ts';
import type { SqlConnection } from '../connection.ts';
import type { KindOfObject, SearchRule, SearchWord } from './kinds.ts';
import { isStorable } from './storable.ts';

type Condition = RawBuilder<SqlBool>;
type Database = SqlConnection['kind'];

/** The conditions of a search; of a list of values, any may match. */
const WORDS: readonly (readonly [SearchWord, (search: Search) => readonly string[] | undefined])[] = [
  ['alias', ({ alias }) => only(alias)],
  ['email', ({ email }) => only(email?.toLowerCase())],
  ['role', ({ role }) => only(role)],
  ['budgetId', ({ budgetId }) => only(budgetId)],
  ['modelName', ({ modelName }) => only(modelName)],
  ['userId', ({ userId }) => only(userId)],
  ['userId', ({ userIds }) => userIds],
  ['teamId', ({ teamId }) => only(teamId)],
  ['teamId', ({ teamIds }) => teamIds],
  ['organizationId', ({ organizationId }) => only(organizationId)],
  ['organizationId', ({ organizationIds }) => organizationIds],
];

const only = (text: string | undefined): readonly string[] | undefined => (text === undefined ? undefined : [text]);

/** All conditions of a search; throws if the kind cannot be searched by one of them, which is a bug of the caller. */
export function conditionsOf(database: Database, kind: KindOfObject<never>, search: Search): Condition[] {
  const conditions: Condition[] = [];
  if (search.ids !== undefined) conditions.push(isOneOf(database, 'id', search.ids));
  for (const [word, read] of WORDS) {
    const values = read(search);
    if (values === undefined) continue;
    const rule = kind.search[word];
    if (rule === undefined) throw new Error(`${kind.table} cannot be searched by ${word}`);
    conditions.push(matches(database, kind, rule, values));
  }
  if (search.aliasContains !== undefined) {
    if (kind.search.alias === undefined) throw new Error(`${kind.table} have no alias to search`);
    conditions.push(contains(['alias_search'], search.aliasContains));
  }
  if (search.emailContains !== undefined) {
    if (kind.search.email === undefined) throw new Error(`${kind.table} have no address to search`);
    conditions.push(contains(['email'], search.emailContains));
  }
  if (search.contains !== undefined) {
    if (kind.contains === undefined) throw new Error(`${kind.table} have no text to search`);
    conditions.push(contains(kind.contains, search.contains));
  }
  if (search.expiry !== undefined) {
    const { atMs, isOver } = search.expiry;
    const end = numberIn(database, 'expiresAtMs');
    conditions.push(isOver ? sql<SqlBool>`${end} <= ${atMs}` : sql<SqlBool>`(${end} is null or ${end} > ${atMs})`);
  }
  if (search.accessGroup !== undefined) conditions.push(hasAccessGroup(database, search.accessGroup));
  return conditions;
}

/** Whether the stored object names an access group. Lists of it are short, and those of whom this is asked too. */
function hasAccessGroup(database: Database, group: string): Condition {
  if (!isStorable(group)) return sql<SqlBool>`1 = 0`;
  return database === 'sqlite'
    ? sql<SqlBool>`exists (select 1 from json_each(data, '$.further.access_group_ids') where value = ${group})`
    : sql<SqlBool>`coalesce((data::jsonb -> 'further' -> 'access_group_ids') @> to_jsonb(${group}::text), false)`;
}

function matches(
  database: Database,
  kind: KindOfObject<never>,
  rule: SearchRule,
  values: readonly string[],
): Condition {
  if (typeof rule === 'string') return isOneOf(database, rule, values);
  const { members, word, object } = rule;
  return sql<SqlBool>`exists (select 1 from ${sql.table(members)}
    where ${sql.ref(`${members}.${object}`)} = ${sql.ref(`${kind.table}.id`)}
      and ${isOneOf(database, `${members}.${word}`, values)})`;
}

/** Whether a column has one of many values, in one parameter. Values that no column can store are left out. */
export function isOneOf(database: Database, column: string, values: readonly string[]): Condition {
  const storable = values.filter(isStorable);
  const [first] = storable;
  if (first === undefined) return sql<SqlBool>`1 = 0`;
  if (storable.length === 1) return sql<SqlBool>`${sql.ref(column)} = ${first}`;
  return database === 'sqlite'
    ? sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(storable)}))`
    : sql<SqlBool>`${sql.ref(column)} = any(${storable}::text[])`;
}

function contains(columns: readonly string[], text: string): Condition {
  if (text !== '' && !isStorable(text)) return sql<SqlBool>`1 = 0`;
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const parts = columns.map((column) => sql<SqlBool>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`);
  return sql<SqlBool>`(${sql.join(parts, sql` or `)})`;
}

const COLUMNS: Readonly<Record<Exclude<SortColumn, 'spend' | 'maxBudget'>, string>> = {
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  alias: 'alias',
  id: 'id',
  email: 'email',
  role: 'role',
};

/** The order of a list: the id comes last, so that each row is on exactly one page. */
export function orderOf(
  database: Database,
  kind: KindOfObject<never>,
  { sortBy = 'createdAt', descending = false }: ListOptions,
): RawBuilder<unknown> {
  const direction = descending ? sql`desc nulls last` : sql`asc nulls first`;
  const byId = descending ? sql`desc` : sql`asc`;
  if (sortBy === 'spend') return sql`${spendOf(database, kind)} ${byId}, id ${byId}`;
  if (sortBy === 'maxBudget') return sql`${numberIn(database, 'maxBudget')} ${direction}, id ${byId}`;
  if ((sortBy === 'email' || sortBy === 'role') && kind.search[sortBy] === undefined) {
    throw new Error(`${kind.table} cannot be sorted by ${sortBy}`);
  }
  // Kinds without an alias are sorted by id instead.
  const column = sortBy === 'alias' && kind.search.alias === undefined ? 'id' : COLUMNS[sortBy];
  if (column === 'id') return sql`id ${byId}`;
  // Only these can be missing; the others have an index in plain order.
  const isOptional = column === 'alias' || column === 'email';
  return sql`${sql.ref(column)} ${isOptional ? direction : byId}, id ${byId}`;
}

/** What an object spent, in micro-USD. A key's account bears the hash of its first text. */
function spendOf(database: Database, kind: KindOfObject<never>): RawBuilder<unknown> {
  if (kind.account === undefined) throw new Error(`${kind.table} spend nothing`);
  const id = sql.ref(`${kind.table}.id`);
  // As `escapeId` writes ids into accounts.
  const own =
    kind.table === 'keys'
      ? sql`coalesce(${textIn(database, 'accountHash')}, ${id})`
      : sql`replace(replace(${id}, '%', '%25'), '/', '%2F')`;
  return sql`coalesce((select cost_micro + cost_pico / 1000000.0 from account_totals
    where account = cast(${kind.account} as text) || ${own}), 0)`;
}

function numberIn(database: Database, member: string): RawBuilder<unknown> {
  const text = textIn(database, member);
  return database === 'sqlite' ? sql`cast(${text} as integer)` : sql`cast(${text} as numeric)`;
}

/** A member of the stored object, as text. */
function textIn(database: Database, member: string): RawBuilder<unknown> {
  return database === 'sqlite'
    ? sql`json_extract(data, ${`$.${member}`})`
    : sql`(data::json ->> cast(${member} as text))`;
}
