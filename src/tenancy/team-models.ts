/** Who may ask the deployments of a team: its keys alone, by the team's own names. */
import type { JsonObject } from '../core/json.ts';
import { owningTeam } from '../core/team-models.ts';
import type { Identity } from './identity.ts';

interface Owned {
  readonly config: { readonly modelInfo: JsonObject };
}

/** The name by which the keys of its team ask a group; undefined for a group that belongs to no team. */
export function teamNameOf(group: {
  readonly name: string;
  readonly deployments: readonly Owned[];
}): string | undefined {
  for (const { config } of group.deployments) {
    if (owningTeam(config.modelInfo) === undefined) continue;
    const { team_public_model_name: name } = config.modelInfo;
    return typeof name === 'string' ? name : group.name;
  }
  return undefined;
}

/** Whether a group belongs to a team that is not the caller's. Proxy admins reach every group. */
export function isOfAnotherTeam(
  { isAdmin, teamId }: Pick<Identity, 'isAdmin' | 'teamId'>,
  { deployments }: { readonly deployments: readonly Owned[] },
): boolean {
  if (isAdmin) return false;
  for (const { config } of deployments) {
    const owner = owningTeam(config.modelInfo);
    if (owner !== undefined && owner !== teamId) return true;
  }
  return false;
}
