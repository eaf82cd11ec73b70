import type { UserRole } from '../../contracts/directory.ts';

/** Columns that every table of objects has. */
export interface ObjectRow {
  id: string;
  created_at: number;
  updated_at: number;
  data: string;
}

/** Columns that some tables of objects have, for what their kind can be searched by. */
export interface SearchColumns {
  alias: string | null;
  /** In lower case, for searches for a part of it. */
  alias_search: string | null;
  user_id: string | null;
  team_id: string | null;
  organization_id: string | null;
  /** In lower case, so that spellings of an address that differ in case are the same. */
  email: string | null;
  role: UserRole;
  budget_id: string | null;
  model_name: string;
  previous_hash: string | null;
  previous_until: number | null;
  rotate_at: number | null;
}

type Columns<Names extends keyof SearchColumns> = ObjectRow & Pick<SearchColumns, Names>;
type Alias = 'alias' | 'alias_search';

interface MemberRow {
  user_id: string;
  budget_id: string | null;
  created_at: number;
  data: string;
}

/** The directory's tables. */
export type DirectoryTables = {
  organizations: Columns<Alias | 'budget_id'>;
  teams: Columns<Alias | 'organization_id' | 'budget_id'>;
  users: Columns<Alias | 'email' | 'role' | 'budget_id'>;
  customers: Columns<Alias | 'budget_id'>;
  keys: Columns<
    Alias | 'user_id' | 'team_id' | 'organization_id' | 'budget_id' | 'previous_hash' | 'previous_until' | 'rotate_at'
  >;
  budgets: ObjectRow;
  tags: Columns<'budget_id'>;
  models: Columns<'model_name'>;
  credentials: ObjectRow;
  team_members: MemberRow & { team_id: string };
  organization_members: MemberRow & { organization_id: string };
  audit: {
    id: string;
    at: number;
    changed_by: string;
    key_hash: string;
    action: string;
    object_table: string;
    object_id: string;
    data: string;
  };
  notes: { name: string; value: string };
};

/** Tables of objects. */
export type ObjectTable =
  | 'organizations'
  | 'teams'
  | 'users'
  | 'customers'
  | 'keys'
  | 'budgets'
  | 'tags'
  | 'models'
  | 'credentials';

/** A row of any table of objects, as if it had every search column: its kind says which it really has. */
export type AnyObjectRow = ObjectRow & SearchColumns;

/** The tables of objects if the kind is known at run time only. */
export type AnyObjectTables = Record<ObjectTable, AnyObjectRow>;
