/** Who may make a key for whom, and that it is no more than its giver has. */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Key, Limits, Team } from '../../stores/contracts/directory.ts';
import { limitsOf } from '../../tenancy/scopes.ts';
import { administersTeam, isAdmin, isPermitted, notYours, readTeam, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { beyond, type Holding, inherit, type Rights } from '../delegation.ts';
import { wrongField } from '../fields.ts';
import type { KeyChanges } from './key-fields.ts';

/** Whose a new key is. */
export interface Owner {
  readonly of: Pick<KeyChanges, 'userId' | 'teamId' | 'organizationId'>;
  readonly team?: Team | undefined;
}

interface Asked {
  readonly isServiceAccount?: boolean;
  readonly sent: JsonObject;
}

/** Whose the new key is to be; throws where the caller may not make one for them. */
export async function grantable(call: ManagementCall, changes: KeyChanges, asked: Asked): Promise<Owner> {
  const { keyGeneration, requireTeam } = call.context.config().management;
  const teamId = changes.teamId ?? undefined;
  if (teamId === undefined) {
    if (asked.isServiceAccount === true) throw wrongField('team_id', 'is required for the key of a service account');
    if (requireTeam && !isAdmin(call)) throw wrongField('team_id', 'is required: every key belongs to a team here');
    if (!isAdmin(call) && !call.roles.has('internal_user')) throw notYours('make keys of its own');
    checkGeneration(call, keyGeneration.personal_key_generation, asked.sent, () => call.caller.role ?? 'key');
    const userId = changes.userId ?? call.caller.userId;
    if (!isAdmin(call) && userId !== call.caller.userId) throw notYours('make keys for other users');
    await checkOrganization(call, changes.organizationId ?? undefined);
    // What members of an organisation make is the organisation's, so that its budget holds for it.
    const own = isAdmin(call) ? undefined : call.caller.objects.organizations[0]?.organizationId;
    return { of: { userId, teamId: undefined, organizationId: changes.organizationId ?? own } };
  }
  const team = await readTeam(call, teamId);
  const permission = asked.isServiceAccount === true ? '/key/service-account/generate' : '/key/generate';
  const isRunning = administersTeam(call, team);
  if (!isRunning && !(call.roles.has('internal_user') && isPermitted(call, team, permission))) {
    throw notYours(`${permission} for this team`);
  }
  const membership = call.caller.objects.teams.find((member) => member.teamId === teamId);
  checkGeneration(call, keyGeneration.team_key_generation, asked.sent, () => membership?.role ?? 'admin');
  const organizationId = changes.organizationId ?? undefined;
  await checkOrganization(call, organizationId);
  if (organizationId !== undefined && team.organizationId !== undefined && team.organizationId !== organizationId) {
    throw wrongField('organization_id', 'is not the organisation of the team');
  }
  // A key that an admin makes for a team must not be an admin's: it is nobody's unless it says whose.
  const own = isAdmin(call) && call.caller.from !== 'master' ? undefined : call.caller.userId;
  const userId = asked.isServiceAccount === true ? null : (changes.userId ?? own);
  if (!isAdmin(call) && typeof userId === 'string' && userId !== call.caller.userId) {
    if (!isRunning) throw notYours('make keys for other users');
    const member = await call.context.directory.teamMember(teamId, userId);
    if (member === undefined) throw wrongField('user_id', 'is not a member of the team');
  }
  return { of: { userId, teamId, organizationId: changes.organizationId }, team };
}

async function checkOrganization({ context }: ManagementCall, id: string | undefined): Promise<void> {
  if (id === undefined) return;
  if ((await context.directory.get('organization', id)) === undefined)
    throw unknownObject('organisation', 'organization_id');
}

/** `key_generation_settings`: who may make keys of this kind, and what a request for one must say. */
function checkGeneration(
  call: ManagementCall,
  settings: JsonObject[string],
  sent: JsonObject,
  roleOf: () => string,
): void {
  if (!isJsonObject(settings) || isAdmin(call)) return;
  const allowed = settings.allowed_user_roles ?? settings.allowed_team_member_roles;
  if (Array.isArray(allowed) && !allowed.includes(roleOf())) {
    throw notYours('the operator has left the making of such keys to other roles');
  }
  const required = Array.isArray(settings.required_params) ? settings.required_params : [];
  for (const name of required) {
    if (typeof name === 'string' && (sent[name] === undefined || sent[name] === null)) {
      throw new GatewayError('invalid_request', `\`${name}\` is required by the operator for such keys.`, {
        param: name,
      });
    }
  }
}

/** A new key as it may be given: what it leaves open narrowed to the giver's, what goes beyond refused. */
export async function checkGrant(call: ManagementCall, key: Key, team: Team | undefined): Promise<Key> {
  return await check(call, key, team, true);
}

/** Refuses a changed key, or one whose new text the caller will see, where it is more than the caller has. */
export async function checkChange(call: ManagementCall, key: Key, team: Team | undefined): Promise<void> {
  await check(call, key, team, false);
}

async function check(call: ManagementCall, key: Key, team: Team | undefined, isNew: boolean): Promise<Key> {
  const named = await budgetOf(call, key);
  if (isAdmin(call)) return key;
  const holdings = await holdingsOf(call, key, team);
  const granted = isNew ? holdings.reduce((grant, { holding }) => inherit(grant, holding), key) : key;
  for (const { whose, holding } of holdings) {
    const field = beyond(rightsOf(granted, named), holding);
    if (field !== undefined) {
      const what = `\`${field}\` of the key goes beyond what ${whose} allows`;
      throw new GatewayError('route_denied', `user not allowed to hand on more than it has: ${what}.`, {
        param: field,
      });
    }
  }
  return granted;
}

async function holdingsOf(
  call: ManagementCall,
  key: Key,
  team: Team | undefined,
): Promise<{ readonly whose: string; readonly holding: Holding }[]> {
  const { caller, context } = call;
  const { objects } = caller;
  const holdings: { readonly whose: string; readonly holding: Holding }[] = [];
  const hold = async (whose: string, rights: Rights & Limits, isEnforced: boolean): Promise<void> => {
    const named = rights.budgetId === undefined ? undefined : await context.directory.get('budget', rights.budgetId);
    holdings.push({ whose, holding: { rights: rightsOf(rights, named), isEnforced } });
  };
  if (objects.key !== undefined) await hold('the calling key', objects.key, false);
  const { userId } = key;
  if (team === undefined) {
    const own = userId === caller.userId ? objects.user : undefined;
    const user = own ?? (userId === undefined ? undefined : await context.directory.get('user', userId));
    if (user !== undefined) await hold('its user', user, true);
  } else {
    await hold('its team', team, true);
    const member = userId === undefined ? undefined : await context.directory.teamMember(team.id, userId);
    const limits = limitsOf(member ?? {}, team.memberDefaults);
    await hold('its membership', { ...limits, models: [] }, true);
  }
  const organizationId = key.organizationId ?? team?.organizationId;
  const organization =
    organizationId === undefined ? undefined : await context.directory.get('organization', organizationId);
  if (organization !== undefined) await hold('its organisation', organization, true);
  return holdings;
}

/** The named budget of a key, which must exist. */
async function budgetOf({ context }: ManagementCall, { budgetId }: Limits): Promise<Limits | undefined> {
  if (budgetId === undefined) return undefined;
  const budget = await context.directory.get('budget', budgetId);
  if (budget === undefined) throw unknownObject('budget', 'budget_id');
  return budget;
}

function rightsOf(rights: Rights, named: Limits | undefined): Rights {
  return named === undefined ? rights : { ...rights, ...limitsOf(rights, named) };
}
