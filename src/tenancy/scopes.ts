/** What limits hang on: for each identity the things whose budgets and rates its requests touch, in the order they are asked. */
import type { ScopeKind } from '../config/gateway-config.ts';
import { escapeId } from '../core/escape-id.ts';
import { type Budget, LIMIT_NAMES, type Limits } from '../stores/contracts/directory.ts';

/** One thing with limits, as a request meets it. */
export interface Scope {
  readonly kind: ScopeKind;
  /** The account's id, as the stores and the ledger call it: `key:<hash>`, `team:<id>`, `platform`. */
  readonly account: string;
  /** How an error calls it: `Key=sk-...abcd`, `Team=t1`. Never a secret, never another tenant's name. */
  readonly label: string;
  /** Its own limits, with those of a named budget where it has none. */
  readonly limits: Limits;
  /** When periods of fixed length count from. */
  readonly anchorMs: number;
  /** Its spend is counted, but its budget refuses nobody: a user's budget for requests under a key of a team. */
  readonly isCountedOnly?: boolean;
}

/** The ids of accounts; nobody else puts them together. Ids in them are escaped, so that no two things share an account. */
export const accountOf = {
  platform: 'platform',
  key: (hash: string): string => `key:${hash}`,
  team: (id: string): string => `team:${escapeId(id)}`,
  teamMember: (teamId: string, userId: string): string => `team_member:${escapeId(teamId)}/${escapeId(userId)}`,
  user: (id: string): string => `user:${escapeId(id)}`,
  organization: (id: string): string => `organization:${escapeId(id)}`,
  organizationMember: (organizationId: string, userId: string): string =>
    `organization_member:${escapeId(organizationId)}/${escapeId(userId)}`,
  customer: (id: string): string => `customer:${escapeId(id)}`,
  tag: (name: string): string => `tag:${escapeId(name)}`,
  deployment: (id: string): string => `deployment:${id}`,
  provider: (name: string): string => `provider:${name}`,
  /** The part of an account's spend that goes to one model group. */
  model: (account: string, group: string): string => `${account}/model:${group}`,
} as const;

/** An object's limits, filled up from the named budget where it has none of its own; a raise that has ended changes nothing. */
export function limitsOf(own: Limits, ...budgets: readonly (Limits | undefined)[]): Limits {
  let limits = own;
  for (const budget of budgets) if (budget !== undefined) limits = { ...present(budget), ...present(limits) };
  return limits;
}

function present(limits: Limits): Limits {
  const entries = LIMIT_NAMES.map((name) => [name, limits[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

/** Named budgets by id, as far as they were found. */
export type Budgets = ReadonlyMap<string, Budget>;
