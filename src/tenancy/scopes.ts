/** Scopes: the objects whose budgets and rates limit a request, in the order in which they are checked. */
import type { ScopeKind } from '../config/gateway-config.ts';
import { escapeId } from '../core/escape-id.ts';
import { type Budget, LIMIT_NAMES, type Limits } from '../stores/contracts/directory.ts';

/** One object with limits. */
export interface Scope {
  readonly kind: ScopeKind;
  /** The account's id in the stores and the ledger: `key:<hash>`, `team:<id>`, `platform`. */
  readonly account: string;
  /** Its name in errors: `Key=sk-...abcd`, `Team=t1`. Never a secret, never another tenant's name. */
  readonly label: string;
  /** Its own limits, completed by those of a named budget. */
  readonly limits: Limits;
  /** When periods of fixed length count from. */
  readonly anchorMs: number;
  /** Its spend is counted, but its budget refuses no request: a user's budget, if the key belongs to a team. */
  readonly isCountedOnly?: boolean;
}

/** Makes the ids of all accounts. Ids of objects are escaped, so that no two objects share an account. */
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

/** An object's limits, completed by those of the named budgets. */
export function limitsOf(own: Limits, ...budgets: readonly (Limits | undefined)[]): Limits {
  let limits = own;
  for (const budget of budgets) if (budget !== undefined) limits = { ...present(budget), ...present(limits) };
  return limits;
}

function present(limits: Limits): Limits {
  const entries = LIMIT_NAMES.map((name) => [name, limits[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

/** The named budgets that were found, by id. */
export type Budgets = ReadonlyMap<string, Budget>;
