/** Every kind of object that is imported from LiteLLM, in the order in which they refer to each other. */

import { escapeId } from '../../core/escape-id.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Limits } from '../../stores/contracts/directory.ts';
import type { ImportedKinds } from '../../stores/contracts/imported-kinds.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import {
  budgetOf,
  customerOf,
  keyOf,
  type Note,
  organizationMemberOf,
  organizationOf,
  tagOf,
  teamMemberOf,
  teamOf,
  userOf,
} from './convert.ts';
import { credentialOf } from './credentials.ts';
import type { ModelKeys } from './model-values.ts';
import { modelOf } from './models.ts';
import { membersOf, type Preloaded } from './preload.ts';

/** How rows of a table become objects of a kind. */
interface ImportKind<Kind extends keyof ImportedKinds> {
  readonly kind: Kind;
  readonly table: string;
  /** The rows that a row of the table stands for; itself if absent. */
  readonly expand?: (row: JsonObject, known: Preloaded) => readonly JsonObject[];
  /** The column of a row that people know it by. */
  readonly nameOf: (row: JsonObject) => string;
  /** Why a row is left out on purpose. */
  readonly leftOut?: (row: JsonObject) => string | undefined;
  readonly convert: (row: JsonObject, known: Preloaded, note: Note, keys: ModelKeys) => ImportedKinds[Kind];
  readonly id: (value: ImportedKinds[Kind]) => string;
  /** The account that its spend is counted in; absent for what spends nothing. */
  readonly account?: (value: ImportedKinds[Kind]) => string;
  /** Its name in `LiteLLM_BudgetWindowSpend`. */
  readonly windows?: (row: JsonObject) => string;
}

const text = (row: JsonObject, ...columns: readonly string[]): string => {
  const found = columns.map((column) => row[column]).find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found.slice(0, 200) : '(no id)';
};

/** A key's name and alias; of its hash only the beginning. */
function nameOfKey(row: JsonObject): string {
  const hash = typeof row.token === 'string' ? row.token.slice(0, 8) : '?';
  const alias = typeof row.key_alias === 'string' && row.key_alias !== '' ? ` ${row.key_alias.slice(0, 200)}` : '';
  return `${text(row, 'key_name').slice(0, 20)} (${hash}…)${alias}`;
}

const budgets: ImportKind<'budget'> = {
  kind: 'budget',
  table: 'LiteLLM_BudgetTable',
  nameOf: (row) => text(row, 'budget_id'),
  convert: budgetOf,
  id: ({ id }) => id,
};

const organizations: ImportKind<'organization'> = {
  kind: 'organization',
  table: 'LiteLLM_OrganizationTable',
  nameOf: (row) => text(row, 'organization_alias', 'organization_id'),
  convert: organizationOf,
  id: ({ id }) => id,
  account: ({ id }) => accountOf.organization(id),
};

const users: ImportKind<'user'> = {
  kind: 'user',
  table: 'LiteLLM_UserTable',
  nameOf: (row) => text(row, 'user_email', 'user_alias', 'user_id'),
  convert: userOf,
  id: ({ id }) => id,
  account: ({ id }) => accountOf.user(id),
};

const teams: ImportKind<'team'> = {
  kind: 'team',
  table: 'LiteLLM_TeamTable',
  nameOf: (row) => text(row, 'team_alias', 'team_id'),
  convert: teamOf,
  id: ({ id }) => id,
  account: ({ id }) => accountOf.team(id),
  windows: ({ team_id }) => `Team:${String(team_id)}`,
};

const teamMembers: ImportKind<'team_member'> = {
  kind: 'team_member',
  table: 'LiteLLM_TeamTable',
  expand: membersOf,
  nameOf: (row) => `${text(row, 'user_id')} in ${text(row, 'team_id')}`,
  convert: teamMemberOf,
  id: ({ teamId, userId }) => `${escapeId(teamId)}/${escapeId(userId)}`,
  account: ({ teamId, userId }) => accountOf.teamMember(teamId, userId),
};

const organizationMembers: ImportKind<'organization_member'> = {
  kind: 'organization_member',
  table: 'LiteLLM_OrganizationMembership',
  nameOf: (row) => `${text(row, 'user_id')} in ${text(row, 'organization_id')}`,
  convert: organizationMemberOf,
  id: ({ organizationId, userId }) => `${escapeId(organizationId)}/${escapeId(userId)}`,
  account: ({ organizationId, userId }) => accountOf.organizationMember(organizationId, userId),
};

const keys: ImportKind<'key'> = {
  kind: 'key',
  table: 'LiteLLM_VerificationToken',
  nameOf: nameOfKey,
  leftOut: ({ team_id }) => (team_id === 'litellm-dashboard' ? 'is a session of LiteLLM’s own pages' : undefined),
  convert: keyOf,
  id: ({ hash }) => hash,
  account: ({ hash }) => accountOf.key(hash),
  windows: ({ token }) => `Key:${String(token)}`,
};

const customers: ImportKind<'customer'> = {
  kind: 'customer',
  table: 'LiteLLM_EndUserTable',
  nameOf: (row) => text(row, 'alias', 'user_id'),
  convert: customerOf,
  id: ({ id }) => id,
  account: ({ id }) => accountOf.customer(id),
};

const tags: ImportKind<'tag'> = {
  kind: 'tag',
  table: 'LiteLLM_TagTable',
  nameOf: (row) => text(row, 'tag_name'),
  convert: tagOf,
  id: ({ name }) => name,
  account: ({ name }) => accountOf.tag(name),
};

const credentials: ImportKind<'credential'> = {
  kind: 'credential',
  table: 'LiteLLM_CredentialsTable',
  nameOf: (row) => text(row, 'credential_name'),
  convert: credentialOf,
  id: ({ name }) => name,
};

const models: ImportKind<'model'> = {
  kind: 'model',
  table: 'LiteLLM_ProxyModelTable',
  nameOf: (row) => `${text(row, 'model_name')} (${text(row, 'model_id').slice(0, 36)})`,
  convert: modelOf,
  id: ({ id }) => id,
};

/** One of them, without which. */
export type AnyImportKind = ImportKind<keyof ImportedKinds>;

/** Those that others refer to come first. */
export const IMPORT_KINDS = [
  budgets,
  organizations,
  users,
  teams,
  teamMembers,
  organizationMembers,
  keys,
  customers,
  tags,
  credentials,
  models,
] as unknown as readonly AnyImportKind[];

/** The limits of an object; a model has none. */
export function limitsOfValue(value: ImportedKinds[keyof ImportedKinds]): Limits {
  return value as Limits;
}
