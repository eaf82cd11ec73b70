/** Deployments that belong to a team stand in a model group of the team's, under a name that clients do not see. */
import { escapeId } from './escape-id.ts';
import type { JsonObject } from './json.ts';

/** The model group of a team's own name: two teams can use one name, and a name of everybody's too. */
export function teamGroup(teamId: string, publicName: string): string {
  return `team:${escapeId(teamId)}/${publicName}`;
}

/** The team that a deployment belongs to, by its `model_info`; undefined: to no team. */
export function owningTeam({ team_id: teamId }: JsonObject): string | undefined {
  return typeof teamId === 'string' && teamId !== '' ? teamId : undefined;
}

/** The group of a deployment and its `model_info`, where the name of a team's deployment is the one that the team's keys ask for. */
export function groupedByTeam(
  name: string,
  modelInfo: JsonObject,
): { readonly group: string; readonly modelInfo: JsonObject } {
  const team = owningTeam(modelInfo);
  if (team === undefined) return { group: name, modelInfo };
  const given = modelInfo.team_public_model_name;
  const publicName = typeof given === 'string' && given !== '' ? given : name;
  return { group: teamGroup(team, publicName), modelInfo: { ...modelInfo, team_public_model_name: publicName } };
}
