/** Searches as conditions. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ListOptions, Search } from '../../contracts/directory.ts';
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
    conditions.push(contains(search.aliasContains));
  }
  return conditions;
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

function contains(text: string): Condition {
  if (text === '') return sql<SqlBool>`alias_search is not null`;
  if (!isStorable(text)) return sql<SqlBool>`1 = 0`;
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`alias_search like ${pattern} escape '\\'`;
}

const COLUMNS = { createdAt: 'created_at', updatedAt: 'updated_at', alias: 'alias', id: 'id' } as const;

/** The order of a list: the id comes last, so that each row is on exactly one page. */
export function orderOf(
  kind: KindOfObject<never>,
  { sortBy = 'createdAt', descending = false }: ListOptions,
): RawBuilder<unknown> {
  // Kinds without an alias are sorted by id instead.
  const column = sortBy === 'alias' && kind.search.alias === undefined ? 'id' : COLUMNS[sortBy];
  const direction = descending ? sql`desc nulls last` : sql`asc nulls first`;
  const byId = descending ? sql`desc` : sql`asc`;
  if (column === 'id') return sql`id ${byId}`;
  if (column === 'alias') return sql`alias ${direction}, id ${byId}`;
  return sql`${sql.ref(column)} ${byId}, id ${byId}`;
}
