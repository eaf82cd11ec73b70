/** How each kind of object is stored in its table. */
import type { Kinds, Limits, Stored } from '../../contracts/directory.ts';
import { encodeObject } from '../../contracts/object-text.ts';
import { refuseUnstorable, refuseUnstorableId } from './storable.ts';
import type { ObjectRow, ObjectTable, SearchColumns } from './tables.ts';

/** What objects can be searched by, in the singular. */
export type SearchWord = 'alias' | 'email' | 'role' | 'budgetId' | 'modelName' | 'userId' | 'teamId' | 'organizationId';

/** Where a search looks: in a column of the object, or in memberships. */
export type SearchRule =
  | keyof SearchColumns
  | 'id'
  | {
      readonly members: 'team_members' | 'organization_members';
      /** The membership's column for the search word, and its column for the object. */
      readonly word: 'user_id' | 'team_id' | 'organization_id';
      readonly object: 'user_id' | 'team_id' | 'organization_id';
    };

/** One kind: its table, the values of its columns, and what it can be searched by besides `ids`. */
export interface KindOfObject<Value> {
  readonly table: ObjectTable;
  /** The field of the id, as errors name it. */
  readonly idField: string;
  readonly id: (value: Value) => string;
  readonly columns: (value: Value) => Partial<SearchColumns>;
  readonly search: Readonly<Partial<Record<SearchWord, SearchRule>>>;
  /** Columns in which a part of a text is looked for. */
  readonly contains?: readonly ('alias_search' | 'email' | 'id')[];
  /** What its account in the ledger begins with, before its id: `team:`. */
  readonly account?: string;
}

const aliasColumns = (alias: string | undefined): Pick<SearchColumns, 'alias' | 'alias_search'> => ({
  alias: alias ?? null,
  alias_search: alias?.toLowerCase() ?? null,
});

/** Every kind. */
export const KINDS: { readonly [Kind in keyof Kinds]: KindOfObject<Kinds[Kind]> } = {
  organization: {
    table: 'organizations',
    account: 'organization:',
    contains: ['alias_search', 'id'],
    idField: 'id',
    id: ({ id }) => id,
    columns: ({ alias, budgetId }) => ({ ...aliasColumns(alias), budget_id: budgetId ?? null }),
    search: {
      alias: 'alias',
      budgetId: 'budget_id',
      organizationId: 'id',
      userId: { members: 'organization_members', word: 'user_id', object: 'organization_id' },
    },
  },
  team: {
    table: 'teams',
    account: 'team:',
    contains: ['alias_search', 'id'],
    idField: 'id',
    id: ({ id }) => id,
    columns: ({ alias, organizationId, budgetId }) => ({
      ...aliasColumns(alias),
      organization_id: organizationId ?? null,
      budget_id: budgetId ?? null,
    }),
    search: {
      alias: 'alias',
      budgetId: 'budget_id',
      teamId: 'id',
      organizationId: 'organization_id',
      userId: { members: 'team_members', word: 'user_id', object: 'team_id' },
    },
  },
  user: {
    table: 'users',
    account: 'user:',
    contains: ['alias_search', 'email', 'id'],
    idField: 'id',
    id: ({ id }) => id,
    columns: ({ alias, email, role, budgetId }) => ({
      ...aliasColumns(alias),
      email: email?.toLowerCase() ?? null,
      role,
      budget_id: budgetId ?? null,
    }),
    search: {
      alias: 'alias',
      email: 'email',
      role: 'role',
      budgetId: 'budget_id',
      userId: 'id',
      teamId: { members: 'team_members', word: 'team_id', object: 'user_id' },
      organizationId: { members: 'organization_members', word: 'organization_id', object: 'user_id' },
    },
  },
  customer: {
    table: 'customers',
    account: 'customer:',
    contains: ['alias_search', 'id'],
    idField: 'id',
    id: ({ id }) => id,
    columns: ({ alias, budgetId }) => ({ ...aliasColumns(alias), budget_id: budgetId ?? null }),
    search: { alias: 'alias', budgetId: 'budget_id' },
  },
  key: {
    table: 'keys',
    account: 'key:',
    contains: ['alias_search'],
    idField: 'hash',
    id: ({ hash }) => hash,
    columns: (key) => ({
      ...aliasColumns(key.alias),
      user_id: key.userId ?? null,
      team_id: key.teamId ?? null,
      organization_id: key.organizationId ?? null,
      budget_id: key.budgetId ?? null,
      previous_hash: key.previousHash ?? null,
      previous_until: key.previousUntilMs ?? null,
      rotate_at: key.autoRotate?.nextAtMs ?? null,
    }),
    search: {
      alias: 'alias',
      budgetId: 'budget_id',
      userId: 'user_id',
      teamId: 'team_id',
      organizationId: 'organization_id',
    },
  },
  budget: { table: 'budgets', idField: 'id', id: ({ id }) => id, columns: () => ({}), search: {} },
  tag: {
    table: 'tags',
    account: 'tag:',
    idField: 'name',
    id: ({ name }) => name,
    columns: ({ budgetId }) => ({ budget_id: budgetId ?? null }),
    search: { budgetId: 'budget_id' },
  },
  model: {
    table: 'models',
    idField: 'id',
    id: ({ id }) => id,
    columns: ({ modelName }) => ({ model_name: modelName }),
    search: { modelName: 'model_name' },
  },
  credential: { table: 'credentials', idField: 'name', id: ({ name }) => name, columns: () => ({}), search: {} },
};

/** The object's fields of columns, as errors name them. */
const FIELDS: Readonly<Partial<Record<keyof SearchColumns, string>>> = {
  alias: 'alias',
  user_id: 'userId',
  team_id: 'teamId',
  organization_id: 'organizationId',
  email: 'email',
  budget_id: 'budgetId',
  model_name: 'modelName',
  previous_hash: 'previousHash',
};

/** The field of an object that is stored in a column. */
export function fieldOf(kind: KindOfObject<never>, column: string | undefined): string {
  return FIELDS[column as keyof SearchColumns] ?? kind.idField;
}

/** An object as a row; throws an InvalidValueError if one of its texts cannot be stored in a column. */
export function rowOf<Value extends Stored & Limits>(
  kind: KindOfObject<Value>,
  value: Value,
): ObjectRow & Partial<SearchColumns> {
  const columns = kind.columns(value);
  refuseUnstorableId(kind.idField, kind.id(value));
  for (const [column, field] of Object.entries(FIELDS)) {
    const text = columns[column as keyof SearchColumns];
    const refuse = column === 'alias' || column === 'email' ? refuseUnstorable : refuseUnstorableId;
    if (typeof text === 'string') refuse(field, text);
  }
  return {
    id: kind.id(value),
    created_at: Math.round(value.createdAtMs),
    updated_at: Math.round(value.updatedAtMs),
    ...columns,
    data: encodeObject(value),
  };
}
