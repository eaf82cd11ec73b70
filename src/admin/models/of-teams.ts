/** Models of teams: who may add and change them, and what an admin of a team may say of one. */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { groupedByTeam, owningTeam } from '../../core/team-models.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';

import { administersTeam, isAdmin, managedTeam, notYours, unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { withoutSealed } from './sealed.ts';

/**
 * What an admin of a team may set. Not an address: the gateway could be sent to any server that it reaches. Not a price: a team would
 * say what its own budget is charged.
 */
const OWN_PARAMS: readonly string[] = [
  'model',
  'api_key',
  'api_version',
  'organization',
  'rpm',
  'tpm',
  'timeout',
  'stream_timeout',
  'max_retries',
  'weight',
  'order',
  'drop_params',
];
const OWN_INFO: readonly string[] = ['id', 'team_id', 'team_public_model_name', 'description', 'access_groups', 'mode'];
/** How many models a team may have. */
const MOST_OF_TEAM = 100;
const PAGE = 1_000;

/** A model's names: one of a team is stored under its group, and keeps the name that the team's keys ask for. */
export function named(name: string, info: JsonObject, renamed?: string): Pick<StoredModel, 'modelName' | 'modelInfo'> {
  const isRenamed = renamed !== undefined && owningTeam(info) !== undefined;
  const { group, modelInfo } = groupedByTeam(name, isRenamed ? { ...info, team_public_model_name: renamed } : info);
  if (owningTeam(info) !== undefined && group.includes('*')) {
    throw wrongField('model_name', 'of a team must not contain `*`');
  }
  return { modelName: group, modelInfo };
}

/** The name that clients ask for. */
export function publicNameOf({ modelName, modelInfo }: StoredModel): string {
  const { team_public_model_name: name } = modelInfo;
  return owningTeam(modelInfo) !== undefined && typeof name === 'string' ? name : modelName;
}

/** The id of a new model. Only proxy admins choose one. */
export function idFor(call: ManagementCall, info: JsonObject | undefined): string {
  return isAdmin(call) && typeof info?.id === 'string' && info.id !== '' ? info.id : randomUUID();
}

/** Throws if the caller may not add such a model, or if it is of a team that does not exist. */
export async function checkNewModel(
  call: ManagementCall,
  params: JsonObject,
  info: JsonObject | undefined,
): Promise<void> {
  const team = owningTeam(info ?? {});
  if (team === undefined) {
    if (isAdmin(call)) return;
    throw notYours('add a model for everybody: name one of your teams in `model_info.team_id`', 'model_info.team_id');
  }
  await managedTeam(call, team);
  if (isAdmin(call)) return;
  checkOwn(params, info);
  if (typeof params.api_key !== 'string' || params.api_key === '') {
    throw wrongField('litellm_params.api_key', 'is required: a team pays for its models with a key of its own');
  }
  if ((await modelsOf(call, [team])).length >= MOST_OF_TEAM) {
    throw notYours(`add a model: the team has ${MOST_OF_TEAM} already`, 'model_info.team_id');
  }
}

/** Throws if the caller may not change a model this way. Models of everybody are the proxy admins'. */
export async function checkChangedModel(
  call: ManagementCall,
  id: string,
  params: JsonObject | undefined,
  info: JsonObject | undefined,
): Promise<void> {
  const wanted = owningTeam(info ?? {});
  if (isAdmin(call)) {
    if (wanted !== undefined) await managedTeam(call, wanted);
    return;
  }
  const model = await call.context.directory.get('model', id);
  const team = model === undefined ? undefined : owningTeam(model.modelInfo);
  const owner = team === undefined ? undefined : await call.context.directory.get('team', team);
  if (owner === undefined || !administersTeam(call, owner)) throw unknownObject(call, 'a model', 'model_info.id');
  if (info !== undefined && 'team_id' in info && wanted !== team) {
    throw notYours('move a model to another team', 'model_info.team_id');
  }
  // It was a proxy admin who gave the model what everybody shares: to call this model, and no other.
  if (params !== undefined && model?.litellmParams.litellm_credential_name !== undefined) {
    throw notYours('change the parameters of a model that names a credential: only a proxy admin may');
  }
  checkOwn(params ?? {}, info);
}

function checkOwn(params: JsonObject, info: JsonObject | undefined): void {
  const param = Object.keys(params).find((name) => !OWN_PARAMS.includes(name));
  if (param !== undefined) throw notYours(`set \`litellm_params.${param.slice(0, 100)}\`: only a proxy admin may`);
  const fact = Object.keys(info ?? {}).find((name) => !OWN_INFO.includes(name));
  if (fact !== undefined) throw notYours(`set \`model_info.${fact.slice(0, 100)}\`: only a proxy admin may`);
}

/** Deletes the models of deleted teams, whose keys would otherwise be kept for no one. */
export async function deleteModelsOf(call: ManagementCall, teams: readonly string[]): Promise<void> {
  const ids = await modelsOf(call, teams);
  if (ids.length === 0) return;
  await call.context.directory.delete('model', ids, ({ litellmParams, ...before }) => {
    const shown = { ...before, litellmParams: withoutSealed(litellmParams) };
    return changeEntry(call, 'deleted', TABLES.model, before.id, { before: shown });
  });
  await call.context.reloadModels();
}

async function modelsOf({ context }: ManagementCall, teams: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const models = await context.directory.list('model', {}, { limit: PAGE, offset, sortBy: 'id' });
    for (const { id, modelInfo } of models) if (teams.includes(owningTeam(modelInfo) ?? '')) ids.push(id);
    if (models.length < PAGE) return ids;
  }
}
