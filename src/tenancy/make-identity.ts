/** Makes an identity from a key and the objects that it belongs to. */
import { defined } from '../core/defined.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Key, Organization, OrganizationMember, Team, TeamMember, User } from '../stores/contracts/directory.ts';
import type { Identity } from './identity.ts';
import { accountOf, type Budgets, limitsOf, type Scope } from './scopes.ts';

/** The user of the master key, and so of every key that it makes without naming another: a name that many share, and no tenant. */
export const NO_USER = 'default_user_id';

/** A key with everything that was found for it. */
interface IdentityParts {
  readonly key: Key;
  readonly from: Identity['from'];
  readonly team?: Team | undefined;
  readonly user?: User | undefined;
  readonly organization?: Organization | undefined;
  readonly teamMember?: TeamMember | undefined;
  readonly teams?: readonly TeamMember[];
  readonly organizations?: readonly OrganizationMember[];
  /** The named budgets of all of them. */
  readonly budgets?: Budgets;
}

/** The identity of a key. */
export function makeIdentity(parts: IdentityParts): Identity {
  const { key, from, team, user, organization, teamMember, teams = [], organizations = [] } = parts;
  const organizationId = key.organizationId ?? team?.organizationId;
  // People without its user's rights know the text of such a key.
  const role = from === 'master' ? 'proxy_admin' : isSeenByOthers(key) ? undefined : user?.role;
  const made: Omit<Identity, 'scopes'> = {
    keyHash: key.hash,
    isAdmin: role === 'proxy_admin',
    role,
    from,
    ...defined({ alias: key.alias, userId: key.userId, teamId: key.teamId, organizationId }),
    isBlocked: key.blocked,
    ...defined({ expiresAtMs: key.expiresAtMs }),
    models: key.models,
    metadata: metadataOf(key, team),
    ...defined({ allowedRoutes: key.allowedRoutes }),
    keyType: key.keyType,
    caller: {
      keyHash: key.hash,
      ...defined({ keyAlias: key.alias, userId: key.userId, teamId: key.teamId, teamAlias: team?.alias }),
    },
    objects: {
      key,
      ...defined({ team, user, organization, teamMember }),
      teams,
      organizations,
    },
  };
  return { ...made, scopes: scopesOf(made, parts.budgets ?? new Map()) };
}

/** The name, among a key's further fields, of the mark that its text was shown to people other than its user. */
export const SEEN_BY_OTHERS = 'text_seen_by_others';

/** Whether people other than its user know a key's text. */
export function isSeenByOthers({ further }: Pick<Key, 'further'>): boolean {
  return further[SEEN_BY_OTHERS] === true;
}

/**
 * The identity of a key in the management API: a key whose text others know has no user there, nor has one that the master key made for
 * no user. All such keys have the same user, and would read what each other spent and asked.
 */
export function managingIdentity(identity: Identity): Identity {
  const { key, team, organization } = identity.objects;
  const isOfNobody = key?.userId === NO_USER && !identity.isAdmin;
  if (key === undefined || !(isOfNobody || isSeenByOthers(key))) return identity;
  const { userId: _userId, ...rest } = identity;
  const { userId: _ofKey, ...keyWithoutUser } = key;
  return {
    ...rest,
    objects: {
      key: keyWithoutUser,
      ...defined({ team, organization }),
      teams: [],
      organizations: [],
    },
  };
}

/** The identity of the master key, with LiteLLM's names for it in labels and logs. */
export function masterIdentity(keyHash: string): Identity {
  const userId = NO_USER;
  return {
    keyHash,
    isAdmin: true,
    role: 'proxy_admin',
    from: 'master',
    alias: 'master-key',
    userId,
    isBlocked: false,
    models: [],
    metadata: {},
    keyType: 'default',
    caller: { keyHash: MASTER_KEY_HASH, keyAlias: 'master-key', userId },
    scopes: [
      { kind: 'key', account: accountOf.key(MASTER_KEY_HASH), label: 'Key=master-key', limits: {}, anchorMs: 0 },
      { kind: 'user', account: accountOf.user(userId), label: `User=${userId}`, limits: {}, anchorMs: 0 },
    ],
    objects: { teams: [], organizations: [] },
  };
}

/** Whose key the ledger names for the gateway's own calls: no client has it. */
export const PLATFORM_KEY_HASH = 'sluice-platform';
/** How people see it. */
export const PLATFORM_KEY_ALIAS = 'platform';

const PLATFORM: Identity = {
  keyHash: PLATFORM_KEY_HASH,
  isAdmin: false,
  role: undefined,
  from: 'file',
  alias: PLATFORM_KEY_ALIAS,
  isBlocked: false,
  models: [],
  metadata: {},
  keyType: 'default',
  caller: { keyHash: PLATFORM_KEY_HASH, keyAlias: PLATFORM_KEY_ALIAS },
  scopes: [],
  objects: { teams: [], organizations: [] },
};

/** The identity of the gateway's own requests: only the gateway's own budget holds for them. */
export const platformIdentity = (): Identity => PLATFORM;

/** The master key's name in place of its hash, wherever hashes of keys are stored. */
export const MASTER_KEY_HASH = 'litellm-master-key';

/** The team's metadata, overridden by the key's own, with the tags of both. */
function metadataOf(key: Key, team: Team | undefined): JsonObject {
  const tags = [...new Set([...(team?.tags ?? []), ...(key.tags ?? []), ...texts(key.metadata.tags)])];
  return { ...team?.metadata, ...key.metadata, ...(tags.length > 0 && { tags }) };
}

function texts(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The scopes of an identity, narrowest first: errors name the first that refuses. */
function scopesOf(
  { keyHash, userId, teamId, organizationId, objects }: Omit<Identity, 'scopes'>,
  budgets: Budgets,
): Scope[] {
  const { key, team, user, organization, teamMember } = objects;
  const named = (id: string | undefined) => (id === undefined ? undefined : budgets.get(id));
  const scopes: Scope[] = [];
  if (key !== undefined) {
    scopes.push({
      kind: 'key',
      account: accountOf.key(key.accountHash ?? keyHash),
      label: `Key=${key.alias ?? key.name}`,
      limits: limitsOf(key, named(key.budgetId)),
      anchorMs: key.createdAtMs,
    });
  }
  if (teamId !== undefined) {
    if (userId !== undefined) {
      const member = teamMember ?? {};
      scopes.push({
        kind: 'team_member',
        account: accountOf.teamMember(teamId, userId),
        label: `TeamMember=${userId} of team ${teamId}`,
        limits: limitsOf(
          member,
          named(teamMember?.budgetId),
          team?.memberDefaults,
          named(team?.memberDefaults?.budgetId),
        ),
        anchorMs: teamMember?.createdAtMs ?? team?.createdAtMs ?? 0,
      });
    }
    scopes.push({
      kind: 'team',
      account: accountOf.team(teamId),
      label: `Team=${teamId}`,
      limits: team === undefined ? {} : limitsOf(team, named(team.budgetId)),
      anchorMs: team?.createdAtMs ?? 0,
    });
  }
  if (userId !== undefined) {
    scopes.push({
      kind: 'user',
      account: accountOf.user(userId),
      label: `User=${userId}`,
      limits: user === undefined ? {} : limitsOf(user, named(user.budgetId)),
      anchorMs: user?.createdAtMs ?? 0,
      // As in LiteLLM, a user's own budget does not limit what its teams spend.
      ...(teamId !== undefined && { isCountedOnly: true }),
    });
  }
  if (organizationId !== undefined) {
    const membership = objects.organizations.find((each) => each.organizationId === organizationId);
    if (userId !== undefined && membership !== undefined) {
      scopes.push({
        kind: 'organization_member',
        account: accountOf.organizationMember(organizationId, userId),
        label: `OrganizationMember=${userId} of organization ${organizationId}`,
        limits: limitsOf(membership, named(membership.budgetId)),
        anchorMs: membership.createdAtMs,
      });
    }
    scopes.push({
      kind: 'organization',
      account: accountOf.organization(organizationId),
      label: `Organization=${organizationId}`,
      limits: organization === undefined ? {} : limitsOf(organization, named(organization.budgetId)),
      anchorMs: organization?.createdAtMs ?? 0,
    });
  }
  return scopes;
}
