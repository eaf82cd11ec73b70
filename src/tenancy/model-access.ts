/** Which model groups an identity may use: those that its key, team, user and organisation all allow. */
import type { JsonObject } from '../core/json.ts';
import { compileWildcard, type Wildcard } from '../core/wildcard.ts';
import type { Identity } from './identity.ts';

/** The object whose list of models refuses. */
export type Denier = 'key' | 'team_member' | 'team' | 'user' | 'organization';

/** LiteLLM's special words in a list of models. */
const ALL_MODELS = 'all-proxy-models';
const TEAM_MODELS = 'all-team-models';
const NO_MODELS = 'no-default-models';

/**
 * Who denies a model group; undefined if it is allowed. `names` are all names of the group for this request: the
 * requested name, its own, its pattern, and its access groups.
 */
export function deniedBy(identity: Identity, names: readonly string[]): Denier | undefined {
  if (identity.from === 'master') return undefined;
  const { team, user, organization } = identity.objects;
  if (identity.models.length > 0 && !allows(identity.models, names)) {
    if (!identity.models.includes(TEAM_MODELS) || team === undefined) return 'key';
  }
  if (!allowsOrAll(modelsOfMember(identity), names)) return 'team_member';
  if (team !== undefined && !allowsOrAll(team.models, names)) return 'team';
  // As in LiteLLM, a user's own list applies to its personal keys; a team's list applies to keys of the team.
  if (team === undefined && user !== undefined && !allowsOrAll(user.models, names)) return 'user';
  if (organization !== undefined && !allowsOrAll(organization.models, names)) return 'organization';
  return undefined;
}

/** The access groups that a deployment is in, as its `model_info` says. */
export function accessGroupsOf({ access_groups: groups }: JsonObject): readonly string[] {
  return Array.isArray(groups) ? groups.filter((name) => typeof name === 'string') : NO_GROUPS;
}

const NO_GROUPS: readonly string[] = [];

/** The allowed models, for an error message. */
export function allowedModels(identity: Identity, denier: Denier): readonly string[] {
  const { team, user, organization } = identity.objects;
  switch (denier) {
    case 'key':
      return identity.models;
    case 'team_member':
      return modelsOfMember(identity);
    case 'team':
      return team?.models ?? [];
    case 'user':
      return user?.models ?? [];
    case 'organization':
      return organization?.models ?? [];
  }
}

/** Whether everything is allowed, so that the names need not be collected. */
export function mayUseAll(identity: Identity): boolean {
  const { models, objects } = identity;
  const { team, user, organization } = objects;
  return (
    models.length === 0 &&
    modelsOfMember(identity).length === 0 &&
    (team === undefined || team.models.length === 0) &&
    (team !== undefined || user === undefined || user.models.length === 0) &&
    (organization === undefined || organization.models.length === 0)
  );
}

/** The models of the team that a member may use; those of a key without a user are the team's. */
function modelsOfMember({ userId, objects: { team, teamMember } }: Identity): readonly string[] {
  if (team === undefined || userId === undefined) return ALL_OF_TEAM;
  return teamMember?.models ?? team.memberModels ?? ALL_OF_TEAM;
}

const ALL_OF_TEAM: readonly string[] = [];

function allowsOrAll(models: readonly string[], names: readonly string[]): boolean {
  return models.length === 0 || allows(models, names);
}

function allows(models: readonly string[], names: readonly string[]): boolean {
  if (models.includes(NO_MODELS) && models.length === 1) return false;
  if (models.includes(ALL_MODELS)) return true;
  if (names.some((name) => models.includes(name))) return true;
  return wildcardsOf(models).some((wildcard) => names.some((name) => wildcard.match(name) !== undefined));
}

const WILDCARDS = new WeakMap<readonly string[], readonly Wildcard[]>();

/** Compiled once for each list. */
function wildcardsOf(models: readonly string[]): readonly Wildcard[] {
  let wildcards = WILDCARDS.get(models);
  if (wildcards === undefined) {
    wildcards = models.filter((model) => model.includes('*')).map(compileWildcard);
    WILDCARDS.set(models, wildcards);
  }
  return wildcards;
}
