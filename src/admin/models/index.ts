/** `/model/…`: deployments that are added, changed and taken away while the gateway serves. */
import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AuditEntry, StoredModel } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { ADMIN } from '../roles.ts';
import { changedNow, madeNow, showStamps } from '../stamps.ts';
import { holdsSealed, modelEntry, sealParams, withoutSealed } from './sealed.ts';

/** `/model/…`; what there is tells `/model/info`. */
export const MODEL_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: ['/model/new'], roles: ADMIN, answer: create },
  { method: 'POST', paths: ['/model/update'], roles: ADMIN, answer: update },
  { method: 'PATCH', paths: ['/model/:id/update'], roles: ADMIN, answer: update },
  { method: 'POST', paths: ['/model/delete'], roles: ADMIN, answer: remove },
  { method: 'POST', paths: ['/model/block'], roles: ADMIN, answer: (call) => setBlocked(call, true) },
  { method: 'POST', paths: ['/model/unblock'], roles: ADMIN, answer: (call) => setBlocked(call, false) },
];

async function create(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const modelName = fields.requiredText('model_name');
  const { params, info, blocked } = read(fields);
  if (params === undefined) throw fields.wrong('litellm_params', 'is required');
  const id = typeof info?.id === 'string' && info.id !== '' ? info.id : randomUUID();
  if (await isDeclared(context, id)) throw readOnly();
  const model: StoredModel = {
    id,
    modelName,
    litellmParams: sealParams(withoutNulls(params), context.seal),
    modelInfo: withoutNulls({ ...info, id }),
    blocked: blocked ?? false,
    ...madeNow(call),
    metadata: {},
    further: {},
  };
  check(context, model);
  await context.directory.create('model', model, entryOf(call, 'created', id, { after: model }));
  await context.reloadModels();
  return { body: show(model) };
}

/** Changes what was sent of a model and leaves the rest; a parameter that is sent as `null` is taken away. */
async function update(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const modelName = fields.text('model_name');
  const { params, info, blocked } = read(fields);
  const id = call.params.id ?? info?.id;
  if (typeof id !== 'string' || id === '') throw fields.wrong('model_info.id', 'is required');
  const sealed = params === undefined ? {} : sealParams(params, context.seal);
  return await change(call, id, 'updated', (before) => ({
    ...before,
    modelName: modelName || before.modelName,
    litellmParams: withoutNulls({ ...before.litellmParams, ...sealed }),
    modelInfo: withoutNulls({ ...before.modelInfo, ...info, id }),
    blocked: blocked ?? before.blocked,
  }));
}

function read(fields: Fields) {
  const params = fields.object('litellm_params') ?? undefined;
  const info = fields.object('model_info') ?? undefined;
  const blocked = fields.flag('blocked');
  fields.refuseOthers();
  if (holdsSealed(params) || holdsSealed(info)) throw fields.wrong('litellm_params', 'must not hold `$sealed`');
  if (typeof info?.team_id === 'string') {
    throw fields.wrong('model_info.team_id', 'cannot be kept: a model is served to everyone whose key allows it');
  }
  return { params, info, blocked };
}

async function setBlocked(call: ManagementCall, isBlocked: boolean): Promise<ManagementAnswer> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('model_id');
  fields.refuseOthers();
  return await change(call, id, isBlocked ? 'blocked' : 'unblocked', (before) => ({ ...before, blocked: isBlocked }));
}

async function change(
  call: ManagementCall,
  id: string,
  action: AuditEntry['action'],
  changed: (before: StoredModel) => StoredModel,
): Promise<ManagementAnswer> {
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
  if (model === undefined) throw (await isDeclared(context, id)) ? readOnly() : unknownObject('model', 'model_info.id');
  await context.reloadModels();
  return { body: show(model) };
}

async function remove(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const id = fields.requiredText('id');
  fields.refuseOthers();
  const [model] = await context.directory.delete('model', [id], (before) => entryOf(call, 'deleted', id, { before }));
  if (model === undefined) throw (await isDeclared(context, id)) ? readOnly() : unknownObject('model', 'id');
  await context.reloadModels();
  return { body: { message: `Model: ${id} deleted successfully` } };
}

/** Throws where the model could not be served: what a file would be refused for. */
function check(context: ManagementContext, model: StoredModel): void {
  const findings = context.checkModel(modelEntry(model, context.unseal));
  if (findings.length > 0) throw new GatewayError('invalid_request', findings.join(' '), { param: 'litellm_params' });
}

/** Whether a deployment is served that is not the directory's: then it is the file's. */
async function isDeclared({ config, directory }: ManagementContext, id: string): Promise<boolean> {
  if (!config().deployments.some((deployment) => deployment.id === id)) return false;
  return (await directory.get('model', id)) === undefined;
}

function readOnly(): GatewayError {
  const message = 'This model stands in the configuration file and can only be changed there.';
  return new GatewayError('invalid_request', message, { param: 'model_info.id' });
}

/** Nothing sealed goes to the log of changes either. */
function entryOf(
  call: ManagementCall,
  action: AuditEntry['action'],
  id: string,
  { before, after }: { readonly before?: StoredModel; readonly after?: StoredModel },
): AuditEntry {
  const open = (model: StoredModel): StoredModel => ({ ...model, litellmParams: withoutSealed(model.litellmParams) });
  return changeEntry(call, action, TABLES.model, id, {
    ...(before !== undefined && { before: open(before) }),
    ...(after !== undefined && { after: open(after) }),
  });
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
