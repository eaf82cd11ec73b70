/** Objects as spenders: the account that their spend is counted in, and their limits. */
import { defined } from '../core/defined.ts';
import type { Kinds, Limits, Team, TeamMember } from '../stores/contracts/directory.ts';
import { accountOf, limitsOf } from '../tenancy/scopes.ts';
import type { Spender } from './spent.ts';

/** Kinds of objects that spend money. */
export type SpendingKind = 'organization' | 'team' | 'user' | 'customer' | 'key' | 'tag';

/** An object of each kind as a spender. */
export const spenderOf: { readonly [Kind in SpendingKind]: (value: Kinds[Kind]) => Spender } = {
  organization: (value) => spender(accountOf.organization(value.id), value),
  team: (value) => spender(accountOf.team(value.id), value),
  user: (value) => spender(accountOf.user(value.id), value),
  customer: (value) => spender(accountOf.customer(value.id), value),
  key: (value) => spender(accountOf.key(value.accountHash ?? value.hash), value),
  tag: (value) => spender(accountOf.tag(value.name), value),
};

/** A member of a team as a spender, held to its own limits and, for those it lacks, to the team's limits for members. */
export function memberSpender(team: Team, member: TeamMember): Spender {
  const limits = { ...limitsOf(member, team.memberDefaults), ...defined({ budgetId: member.budgetId }) };
  return { account: accountOf.teamMember(member.teamId, member.userId), limits, createdAtMs: member.createdAtMs };
}

function spender(account: string, value: Limits & { readonly createdAtMs: number }): Spender {
  return { account, limits: value, createdAtMs: value.createdAtMs };
}
