/** Who may make a key for whom. A key may do no more than the one who makes it. */
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { OVERSEEING_ROUTES } from '../../pipeline/route-access.ts';
import type { Key, Limits, Team } from '../../stores/contracts/directory.ts';
import { limitsOf } from '../../tenancy/scopes.ts';
import { administersTeam, isAdmin, isPermitted, notYours, readTeam, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { beyond, type Holding, inherit, type Rights } from '../delegation.ts';
import { wrongField } from '../fields.ts';
import { checkExists } from '../stored.ts';
import type { KeyChanges } from './key-fields.ts';

/** The owner of a new key. */
export interface Owner {
  readonly of: Pick<KeyChanges, 'userId' | 'teamId' | 'organizationId'>;
  readonly team?: Team | undefined;
}

interface Asked {
  readonly isServiceAccount?: boolean;
  readonly sent: JsonObject;
}

/** Who will own the new key; throws if the caller may not make one for them. */
export async function grantable(call: ManagementCall, changes: KeyChanges, asked: Asked): Promise<Owner> {
  const { keyGeneration, requireTeam } = call.context.config().management;
  const teamId = changes.teamId ?? undefined;
  if (teamId === undefined) {
    if (asked.isServiceAccount === true) throw wrongField('team_id', 'is required for the key of a service account');
    if (requireTeam && !isAdmin(call))
      throw wrongField('team_id', 'is required: the operator allows keys of teams only');
    if (!isAdmin(call) && !call.roles.has('internal_user')) {
      throw notYours('make a key without a team: name one of your teams in `team_id`', 'team_id');
    }
    checkGeneration(call, keyGeneration.personal_key_generation, asked.sent, () => call.caller.role ?? 'key');
    const userId = changes.userId ?? call.caller.userId;
    if (!isAdmin(call) && userId !== call.caller.userId) throw notYours('make a key for another user', 'user_id');
    await checkExists(call, 'organization', changes.organizationId);
    // A key that a member of an organisation makes belongs to the organisation and counts against its budget.
    const own = isAdmin(call) ? undefined : call.caller.objects.organizations[0]?.organizationId;
    return { of: { userId, teamId: undefined, organizationId: changes.organizationId ?? own } };
  }
  const team = await readTeam(call, teamId);
  const permission = asked.isServiceAccount === true ? '/key/service-account/generate' : '/key/generate';
  const isRunning = administersTeam(call, team);
  if (!isRunning && !(call.roles.has('internal_user') && isPermitted(call, team, permission))) {
    throw notYours(`call ${permission} for this team`, 'team_id');
  }
  const membership = call.caller.objects.teams.find((member) => member.teamId === teamId);
  checkGeneration(call, keyGeneration.team_key_generation, asked.sent, () => membership?.role ?? 'admin');
  const organizationId = changes.organizationId ?? undefined;
  await checkExists(call, 'organization', organizationId);
  if (organizationId !== undefined && team.organizationId !== undefined && team.organizationId !== organizationId) {
    throw wrongField('organization_id', 'is not the organisation of the team');
  }
  // A key that an admin makes for a team must not act as the admin: it has no user unless the request names one.
  const own = isAdmin(call) && call.caller.from !== 'master' ? undefined : call.caller.userId;
  const userId = asked.isServiceAccount === true ? null : (changes.userId ?? own);
  if (!isAdmin(call) && typeof userId === 'string' && userId !== call.caller.userId) {
    if (!isRunning) throw notYours('make a key for another user: you are not an admin of the team', 'user_id');
    const member = await call.context.directory.teamMember(teamId, userId);
    if (member === undefined) throw wrongField('user_id', 'is not a member of the team');
  }
  return { of: { userId, teamId, organizationId: changes.organizationId }, team };
}

/** `key_generation_settings`: who may make keys of this kind, and which fields a request for one must have. */
function checkGeneration(
  call: ManagementCall,
  settings: JsonObject[string],
  sent: JsonObject,
  roleOf: () => string,
): void {
  if (!isJsonObject(settings) || isAdmin(call)) return;
  const allowed = settings.allowed_user_roles ?? settings.allowed_team_member_roles;
  if (Array.isArray(allowed) && !allowed.includes(roleOf())) {
    throw notYours('make such a key: `key_generation_settings` allows it to other roles only');
  }
  const required = Array.isArray(settings.required_params) ? settings.required_params : [];
  for (const name of required) {
    if (typeof name === 'string' && (ownValue(sent, name) ?? null) === null) {
      const message = `\`${name}\` is required: the operator demands it for such keys.`;
      throw new GatewayError('invalid_request', message, { param: name });
    }
  }
}

/** A new key limited to what its maker has, wherever the request sets no limit; throws if the request asks for more. */
export async function checkGrant(call: ManagementCall, key: Key, team: Team | undefined): Promise<Key> {
  return await check(call, key, team, true);
}

/** Throws if a changed key, or one whose new text the caller will see, may do more than the caller. */
export async function checkChange(call: ManagementCall, key: Key, team: Team | undefined): Promise<void> {
  await check(call, key, team, false);
}

async function check(call: ManagementCall, key: Key, team: Team | undefined, isNew: boolean): Promise<Key> {
  const named = await budgetOf(call, key);
  if (isAdmin(call)) return key;
  const overseeing = key.allowedRoutes?.find((route) => OVERSEEING_ROUTES.includes(route));
  if (overseeing !== undefined)
    throw notYours(`give a key \`${overseeing}\`, which is about all tenants`, 'allowed_routes');
  const holdings = await holdingsOf(call, key, team);
  const granted = isNew ? holdings.reduce((grant, { holding }) => inherit(grant, holding), key) : key;
  for (const { whose, holding } of holdings) {
    const field = beyond(rightsOf(granted, named), holding);
    if (field === undefined) continue;
    const message = `You may not give a key more than you have: \`${field}\` is more than ${whose} allows.`;
    throw new GatewayError('route_denied', message, { param: field });
  }
  return granted;
}

interface Held {
  readonly whose: string;
  readonly holding: Holding;
}

async function holdingsOf(call: ManagementCall, key: Key, team: Team | undefined): Promise<Held[]> {
  const { directory } = call.context;
  const { objects, userId: callerId } = call.caller;
  const holdings: Held[] = [];
  const hold = async (whose: string, rights: Rights | undefined, isEnforced: boolean): Promise<void> => {
    if (rights === undefined) return;
    const named = rights.budgetId === undefined ? undefined : await directory.get('budget', rights.budgetId);
    holdings.push({ whose, holding: { rights: rightsOf(rights, named), isEnforced } });
  };
  await hold('the calling key', objects.key, false);
  const { userId } = key;
  if (team === undefined) {
    const own = userId === callerId ? objects.user : undefined;
    await hold('its user', own ?? (userId === undefined ? undefined : await directory.get('user', userId)), true);
  } else {
    await hold('its team', team, true);
    const member = userId === undefined ? undefined : await directory.teamMember(team.id, userId);
    const limits = limitsOf(member ?? {}, team.memberDefaults);
    await hold('its membership', { ...limits, models: member?.models ?? team.memberModels ?? [] }, true);
  }
  const organizationId = key.organizationId ?? team?.organizationId;
  if (organizationId !== undefined) {
    await hold('its organisation', await directory.get('organization', organizationId), true);
  }
  return holdings;
}

/** The named budget of a key, which must exist. */
async function budgetOf(call: ManagementCall, { budgetId }: Limits): Promise<Limits | undefined> {
  if (budgetId === undefined) return undefined;
  const budget = await call.context.directory.get('budget', budgetId);
  if (budget === undefined) throw unknownObject(call, 'a budget', 'budget_id');
  return budget;
}

function rightsOf(rights: Rights, named: Limits | undefined): Rights {
  return named === undefined ? rights : { ...rights, ...limitsOf(rights, named) };
}
