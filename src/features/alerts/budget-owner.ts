import { defined } from '../../core/defined.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Scope } from '../../tenancy/scopes.ts';
import type { BudgetOwner } from './watched-budget.ts';

/** Whose budget a scope's is: the key's, team's or user's own words, not those of who happened to ask under it. */
export function ownerOf(scope: Scope, identity: Identity | undefined, model: string | undefined): BudgetOwner {
  return { ...ownOf(scope, identity), ...defined({ model }) };
}

function ownOf({ kind, label }: Scope, identity: Identity | undefined): BudgetOwner {
  const name = label.slice(label.indexOf('=') + 1);
  switch (kind) {
    case 'key':
      return identity === undefined ? {} : keyOf(identity);
    case 'team':
      return { ...teamOf(identity), ...organizationOf(identity) };
    case 'team_member':
      return { ...teamOf(identity), ...userOf(identity) };
    case 'user':
      return userOf(identity);
    case 'organization_member':
      return { ...organizationOf(identity), ...userOf(identity) };
    case 'organization':
      return organizationOf(identity);
    case 'customer':
      return { customerId: name };
    case 'tag':
      return { tag: name };
    case 'deployment':
      return { deploymentId: name };
    case 'provider':
      return { provider: name };
    case 'platform':
      return {};
  }
}

function keyOf(identity: Identity): BudgetOwner {
  const { keyHash, alias, userId, teamId, organizationId } = identity;
  return {
    keyHash,
    ...defined({ keyAlias: alias, userId }),
    ...(teamId !== undefined && { teamId, ...teamOf(identity) }),
    ...defined({ organizationId }),
  };
}

function teamOf(identity: Identity | undefined): BudgetOwner {
  const { teamId, objects } = identity ?? {};
  const alias = objects?.team?.alias;
  return { ...defined({ teamId, teamAlias: alias }) };
}

function userOf(identity: Identity | undefined): BudgetOwner {
  const { userId, objects } = identity ?? {};
  const email = objects?.user?.email;
  return { ...defined({ userId, userEmail: email }) };
}

function organizationOf(identity: Identity | undefined): BudgetOwner {
  const { organizationId, objects } = identity ?? {};
  const alias = objects?.organization?.alias;
  return {
    ...defined({ organizationId, organizationAlias: alias }),
  };
}
