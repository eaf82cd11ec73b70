/** `/model/…`: deployments that are added, changed and removed while the gateway runs. */

import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { AuditEntry, StoredModel } from '../../stores/contracts/directory.ts';
import { SealError } from '../../tenancy/seal.ts';
import { unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { TEAM_ADMINS } from '../roles.ts';
import { patch, post } from '../route.ts';
import { changedNow, madeNow, showStamps } from '../stamps.ts';
import { checkChangedModel, checkNewModel, idFor, named, publicNameOf } from './of-teams.ts';
import { addressOf, holdsSealed, modelEntry, sealedNames, sealParams, withoutSealed } from './sealed.ts';

/** `/model/…`; `/model/info` lists the models. */
export const MODEL_ROUTES: readonly ManagementRoute[] = [
  post(
    '/model/new',
    TEAM_ADMINS,
    create,
    'Adds a deployment, of a team with `model_info.team_id`. Its provider key is stored encrypted.',
  ),
  post('/model/update', TEAM_ADMINS, update, 'Changes a deployment that the API added.'),
  patch('/model/:id/update', TEAM_ADMINS, update, 'Does the same as `POST /model/update`.'),
  post('/model/delete', TEAM_ADMINS, remove, 'Deletes a deployment that the API added.'),
  post('/model/block', TEAM_ADMINS, (call) => setBlocked(call, true), 'Sends no requests to a deployment from now on.'),
  post(
    '/model/unblock',
    TEAM_ADMINS,
    (call) => setBlocked(call, false),
    'Sends requests to a blocked deployment again.',
  ),
];

async function create(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const modelName = fields.requiredText('model_name');
  const { params, info, blocked } = read(call, fields);
  if (params === undefined) throw fields.wrong('litellm_params', 'is required');
  const id = idFor(call, info);
  if (await isDeclared(context, id)) throw readOnly();
  await checkNewModel(call, params, info);
  const model: StoredModel = {
    id,
    litellmParams: sealParams(withoutNulls(params), id, context),
    ...named(modelName, withoutNulls({ ...info, id })),
    blocked: blocked ?? false,
    ...madeNow(call),
  };
  check(context, model);
  await context.directory.create('model', model, entryOf(call, 'created', id, { after: model }));
  await context.reloadModels();
  return show(model);
}

/** Changes what is sent of a model and leaves the rest; `null` removes a parameter. */
async function update(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const modelName = fields.text('model_name');
  const toRemove = fields.texts('litellm_params_to_remove') ?? [];
  const { params: sent, info, blocked } = read(call, fields);
  const removed = Object.fromEntries(toRemove.map((name) => [name, null]));
  const params = toRemove.length === 0 ? sent : { ...removed, ...sent };
  const id = call.params.id ?? info?.id;
  if (typeof id !== 'string' || id === '') throw fields.wrong('model_info.id', 'is required');
  await checkChangedModel(call, id, params, info);
  return await change(call, id, 'updated', (before) => ({
    ...before,
    litellmParams: params === undefined ? before.litellmParams : changedParams(context, before, params),
    ...named(
      modelName || publicNameOf(before),
      withoutNulls({ ...before.modelInfo, ...info, id }),
      modelName || undefined,
    ),
    blocked: blocked ?? before.blocked,
  }));
}

/** A secret stays with the address that it was given for: who changes the address has to know the secret. */
function changedParams(context: ManagementContext, before: StoredModel, params: JsonObject): JsonObject {
  const after = withoutNulls({ ...before.litellmParams, ...params });
  const address = addressOf(before.id, after, context);
  const kept = sealedNames(Object.fromEntries(Object.entries(after).filter(([name]) => !Object.hasOwn(params, name))));
  if (kept.length > 0 && address !== addressOf(before.id, before.litellmParams, context)) {
    const [name = 'api_key'] = kept;
    const message = `\`litellm_params.${name}\` was given for another address: send it again with the new address, or \`null\` to remove it.`;
    throw new GatewayError('invalid_field', message, { param: `litellm_params.${name}` });
  }
  return sealParams(after, before.id, context, address);
}

function read(call: ManagementCall, fields: Fields) {
  const params = fields.object('litellm_params') ?? undefined;
  const info = fields.object('model_info') ?? undefined;
  const blocked = fields.flag('blocked');
  fields.finish(call);
  if (holdsSealed(params) || holdsSealed(info)) throw fields.wrong('litellm_params', 'must not contain `$sealed`');
  return { params, info, blocked };
}

async function setBlocked(call: ManagementCall, isBlocked: boolean): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('model_id');
  fields.finish(call);
  await checkChangedModel(call, id, undefined, undefined);
  return await change(call, id, isBlocked ? 'blocked' : 'unblocked', (before) => ({ ...before, blocked: isBlocked }));
}

async function change(
  call: ManagementCall,
  id: string,
  action: AuditEntry['action'],
  changed: (before: StoredModel) => StoredModel,
): Promise<JsonValue> {
  const { context } = call;
  const model = await context.directory.update(
    'model',
    id,
    (before) => {
      const after = { ...changed(before), ...changedNow(call) };
      check(context, after);
      return after;
    },
    (before, after) => entryOf(call, action, id, { before, after }),
  );
  if (model === undefined)
    throw (await isDeclared(context, id)) ? readOnly() : unknownObject(call, 'a model', 'model_info.id');
  await context.reloadModels();
  return show(model);
}

async function remove(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const id = fields.requiredText('id');
  fields.finish(call);
  await checkChangedModel(call, id, undefined, undefined);
  const [model] = await context.directory.delete('model', [id], (before) => entryOf(call, 'deleted', id, { before }));
  if (model === undefined) throw (await isDeclared(context, id)) ? readOnly() : unknownObject(call, 'a model', 'id');
  await context.reloadModels();
  return { message: `Model: ${id} deleted successfully` };
}

/** Throws if a configuration file with this model would be refused. */
function check(context: ManagementContext, model: StoredModel): void {
  const findings = context.checkModel(entryToCheck(context, model));
  if (findings.length > 0) throw new GatewayError('invalid_request', findings.join(' '), { param: 'litellm_params' });
}

function entryToCheck(context: ManagementContext, model: StoredModel): JsonObject {
  try {
    return modelEntry(model, context);
  } catch (error) {
    if (error instanceof SealError) throw new GatewayError('invalid_field', error.message, { param: 'litellm_params' });
    throw error;
  }
}

/** Whether the configuration file declares the deployment: it is served, and the directory does not have it. */
async function isDeclared({ config, directory }: ManagementContext, id: string): Promise<boolean> {
  if (!config().deployments.some((deployment) => deployment.id === id)) return false;
  return (await directory.get('model', id)) === undefined;
}

function readOnly(): GatewayError {
  const message =
    'The configuration file declares this model, so that the API cannot change it. Change it in the file.';
  return new GatewayError('invalid_request', message, { param: 'model_info.id' });
}

/** An entry of the change log, without what is sealed. */
function entryOf(
  call: ManagementCall,
  action: AuditEntry['action'],
  id: string,
  { before, after }: { readonly before?: StoredModel; readonly after?: StoredModel },
): AuditEntry {
  const open = (model: StoredModel | undefined): StoredModel | undefined =>
    model && { ...model, litellmParams: withoutSealed(model.litellmParams) };
  return changeEntry(call, action, TABLES.model, id, defined({ before: open(before), after: open(after) }));
}

function show(model: StoredModel): JsonObject {
  return {
    model_id: model.id,
    model_name: model.modelName,
    litellm_params: withoutSealed(model.litellmParams),
    model_info: { ...model.modelInfo, id: model.id, db_model: true },
    blocked: model.blocked,
    ...showStamps(model),
  };
}

function withoutNulls(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
}
