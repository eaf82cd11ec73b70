/** `/access_group/…`: names for several models, which keys and teams may list in the place of each. A group is what its models say. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';
import { accessGroupsOf } from '../../tenancy/model-access.ts';
import { missingObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { ADMIN, READERS } from '../roles.ts';
import { del, get, post, put } from '../route.ts';
import { changedNow } from '../stamps.ts';
import { withoutSealed } from './sealed.ts';

const PAGE = 1_000;
const MOST_NAMES = 500;

/** `/access_group/…`. */
export const ACCESS_GROUP_ROUTES: readonly ManagementRoute[] = [
  post('/access_group/new', ADMIN, create, 'Makes an access group of models that the API added.'),
  get('/access_group/list', READERS, list, 'Lists access groups with their models.'),
  get('/access_group/:access_group/info', READERS, info, 'Shows an access group with its models.'),
  put('/access_group/:access_group/update', ADMIN, update, 'Sets which models are in an access group.'),
  del('/access_group/:access_group/delete', ADMIN, remove, 'Takes an access group away from all its models.'),
];

/** A deployment and the access groups that it says. */
interface Grouped {
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** Whether the API can change it. */
  readonly isStored: boolean;
}

async function create(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const group = fields.requiredText('access_group');
  const isWanted = readModels(fields);
  fields.finish(call);
  const all = await everyModel(call);
  if (all.some(({ groups }) => groups.includes(group))) {
    const message = `There is an access group of this name already: \`PUT /access_group/${group}/update\` changes it.`;
    throw new GatewayError('object_exists', message, { param: 'access_group' });
  }
  const updated = await assign(call, group, all, isWanted(all));
  return { access_group: group, ...namesIn(call.body), models_updated: updated };
}

async function update(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const isWanted = readModels(fields);
  fields.finish(call);
  const { group, all } = await existing(call);
  const updated = await assign(call, group, all, isWanted(all));
  return { access_group: group, ...namesIn(call.body), models_updated: updated };
}

async function remove(call: ManagementCall): Promise<JsonValue> {
  new Fields(call.body).finish(call);
  const { group, all } = await existing(call);
  const updated = await assign(call, group, all, new Set());
  const message = `Access group '${group}' was taken away from ${updated} models. Keys and teams that name it can use none of them by it.`;
  return { access_group: group, models_updated: updated, message };
}

async function list(call: ManagementCall): Promise<JsonValue> {
  const all = await everyModel(call);
  const groups = [...new Set(all.flatMap(({ groups: some }) => some))].sort();
  return { access_groups: groups.map((group) => show(group, all)) };
}

async function info(call: ManagementCall): Promise<JsonValue> {
  const { group, all } = await existing(call);
  return show(group, all);
}

async function existing(call: ManagementCall): Promise<{ readonly group: string; readonly all: readonly Grouped[] }> {
  const group = call.params.access_group ?? '';
  const all = await everyModel(call);
  if (!all.some(({ groups }) => groups.includes(group))) throw missingObject('an access group', 'access_group');
  return { group, all };
}

function show(group: string, all: readonly Grouped[]): JsonObject {
  const members = all.filter(({ groups }) => groups.includes(group));
  return {
    access_group: group,
    model_names: [...new Set(members.map(({ name }) => name))],
    deployment_count: members.length,
    spend: null,
    budget: null,
  };
}

/** The deployments that a request names, by the name of their group or by their id. */
function readModels(fields: Fields): (all: readonly Grouped[]) => ReadonlySet<string> {
  const names = fields.texts('model_names') ?? [];
  const ids = fields.texts('model_ids') ?? [];
  if (names.length + ids.length === 0) throw wrongField('model_names', 'or `model_ids` is required');
  if (names.length + ids.length > MOST_NAMES)
    throw wrongField('model_names', `must not have more than ${MOST_NAMES} entries`);
  return (all) => {
    const stray = names.find((name) => !all.some((model) => model.name === name));
    const strayId = ids.find((id) => !all.some((model) => model.id === id));
    const [param, missing] = stray === undefined ? ['model_ids', strayId] : ['model_names', stray];
    if (missing !== undefined) {
      const message = `\`${param}\` names a model that does not exist: ${missing.slice(0, 100)}.`;
      throw new GatewayError('invalid_request', message, { param });
    }
    return new Set(all.filter(({ name, id }) => names.includes(name) || ids.includes(id)).map(({ id }) => id));
  };
}

function namesIn({ model_names = null, model_ids = null }: JsonObject): JsonObject {
  return { model_names, model_ids };
}

/** Puts the group on these deployments and takes it away from all others; says how many were changed. */
async function assign(
  call: ManagementCall,
  group: string,
  all: readonly Grouped[],
  wanted: ReadonlySet<string>,
): Promise<number> {
  const changing = all.filter(({ id, groups }) => groups.includes(group) !== wanted.has(id));
  const declared = changing.find(({ isStored }) => !isStored);
  if (declared !== undefined) {
    const message = `The configuration file declares the model ${declared.name}, so that the API cannot change its access groups. Set \`model_info.access_groups\` in the file.`;
    throw new GatewayError('invalid_request', message, { param: 'model_names' });
  }
  const { directory, reloadModels } = call.context;
  for (const { id } of changing) {
    await directory.update(
      'model',
      id,
      (model) => ({ ...model, ...changedNow(call), modelInfo: withGroup(model.modelInfo, group, wanted.has(id)) }),
      (before, after) =>
        changeEntry(call, 'updated', TABLES.model, id, { before: opened(before), after: opened(after) }),
    );
  }
  if (changing.length > 0) await reloadModels();
  return changing.length;
}

function withGroup(info: JsonObject, group: string, isIn: boolean): JsonObject {
  const others = accessGroupsOf(info).filter((name) => name !== group);
  return { ...info, access_groups: isIn ? [...others, group] : [...others] };
}

function opened(model: StoredModel): StoredModel {
  return { ...model, litellmParams: withoutSealed(model.litellmParams) };
}

async function everyModel({ context }: ManagementCall): Promise<readonly Grouped[]> {
  const found: Grouped[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const models = await context.directory.list('model', {}, { limit: PAGE, offset, sortBy: 'id' });
    for (const { id, modelName, modelInfo } of models) {
      found.push({ id, name: modelName, groups: accessGroupsOf(modelInfo), isStored: true });
    }
    if (models.length < PAGE) break;
  }
  const stored = new Set(found.map(({ id }) => id));
  for (const { id, group, modelInfo } of context.config().deployments) {
    if (!stored.has(id)) found.push({ id, name: group, groups: accessGroupsOf(modelInfo), isStored: false });
  }
  return found;
}
