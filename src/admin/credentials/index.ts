/** `/credentials`: connection parameters with a name, which models use by `litellm_credential_name`. */

import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import { providers } from '../../providers/index.ts';
import type { AuditEntry, StoredCredential, StoredModel } from '../../stores/contracts/directory.ts';
import { missingObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { holdsSealed, sealedNames, withoutSealed } from '../models/sealed.ts';
import { ADMIN } from '../roles.ts';
import { del, get, patch, post } from '../route.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { connectionOf } from './of-models.ts';
import { credentialAddress, providerOf, sealCredential } from './sealed.ts';
import { showMasked } from './show.ts';

/** Every credential is opened whenever one changes. */
const MOST = 10_000;
const MOST_VALUES = 100;
const PAGE = 1_000;

/** `/credentials/…`. Names may have slashes in them. */
export const CREDENTIAL_ROUTES: readonly ManagementRoute[] = [
  post('/credentials', ADMIN, create, 'Adds a credential, which models name. Its values are stored encrypted.'),
  get('/credentials', ADMIN, list, 'Lists the credentials of the API and of the file, their secrets masked.'),
  get('/credentials/by_name/*', ADMIN, byName, 'Shows a credential by its name, its secrets masked.'),
  get('/credentials/by_model/:model_id', ADMIN, byModel, 'Shows with what a model is called, its secrets masked.'),
  patch('/credentials/*', ADMIN, update, 'Changes the values of a credential that are sent.'),
  del('/credentials/*', ADMIN, remove, 'Deletes a credential that no model names.'),
];

async function create(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const name = fields.requiredText('credential_name');
  const modelId = fields.text('model_id') || undefined;
  const sent = read(call, fields);
  if (isDeclared(context, name)) throw readOnly();
  const copied = modelId === undefined ? undefined : await connectionOf(call, modelId);
  const values = withoutNulls(copied?.values ?? sent.values ?? {});
  if (Object.keys(values).length === 0) throw fields.wrong('credential_values', 'or `model_id` is required');
  const given = { name, values, info: { ...copied?.info, ...withoutNulls(sent.info ?? {}) } };
  check(context, values, given.info);
  if ((await context.directory.count('credential', {})) >= MOST) {
    throw new GatewayError('invalid_request', `There are ${MOST} credentials already, and there may not be more.`);
  }
  const stamps = madeNow(call);
  const credential: StoredCredential = {
    ...stamps,
    ...given,
    values: sealCredential(given, context),
    further: typeof sent.displayName === 'string' ? { display_name: sent.displayName } : {},
  };
  await context.directory.create('credential', credential, entryOf(call, 'created', name, { after: credential }));
  await context.reloadModels();
  return { success: true, message: 'Credential created successfully' };
}

/** Changes what is sent and leaves the rest; `null` removes a value. */
async function update(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const name = nameIn(call);
  const fields = new Fields(call.body);
  const renamed = fields.text('credential_name');
  if (typeof renamed === 'string' && renamed !== name) {
    throw fields.wrong('credential_name', 'cannot be changed: add another credential and give it to the models');
  }
  const toDelete = fields.texts('credential_values_to_delete') ?? [];
  const modelId = fields.text('model_id') || undefined;
  const { displayName, info, values } = read(call, fields);
  if (isDeclared(context, name)) throw readOnly();
  const copied = modelId === undefined ? undefined : await connectionOf(call, modelId);
  const changes = { ...Object.fromEntries(toDelete.map((each) => [each, null])), ...copied?.values, ...values };
  const changed = await context.directory.update(
    'credential',
    name,
    (before) => ({
      ...before,
      ...withValues(context, before, changes, withoutNulls({ ...before.info, ...copied?.info, ...info })),
      ...changedNow(call),
      further: displayName === undefined ? before.further : { ...before.further, display_name: displayName },
    }),
    (before, after) => entryOf(call, 'updated', name, { before, after }),
  );
  if (changed === undefined) throw missingObject('a credential', 'credential_name');
  await context.reloadModels();
  return { success: true, message: 'Credential updated successfully' };
}

/** A secret stays with the address that it was given for: who changes the address has to know the secret. */
function withValues(context: ManagementContext, before: StoredCredential, changes: JsonObject, info: JsonObject) {
  const { name } = before;
  const values = withoutNulls({ ...before.values, ...changes });
  if (Object.keys(values).length === 0) throw new Fields({}).wrong('credential_values', 'must not become empty');
  const [kept] = sealedNames(
    Object.fromEntries(Object.entries(values).filter(([each]) => !Object.hasOwn(changes, each))),
  );
  if (kept !== undefined && credentialAddress({ name, values, info }, context) !== credentialAddress(before, context)) {
    const param = `credential_values.${kept}`;
    const message = `\`${param}\` was given for another address: send it again with the new address, or \`null\` to remove it.`;
    throw new GatewayError('invalid_field', message, { param });
  }
  check(context, withoutNulls(changes), info);
  return { values: sealCredential({ name, values, info }, context), info };
}

function read(call: ManagementCall, fields: Fields) {
  const displayName = fields.text('display_name');
  const info = fields.object('credential_info') ?? undefined;
  const values = fields.object('credential_values') ?? undefined;
  fields.finish(call);
  if (holdsSealed(values) || holdsSealed(info)) throw fields.wrong('credential_values', 'must not contain `$sealed`');
  if (Object.keys(values ?? {}).length > MOST_VALUES) {
    throw fields.wrong('credential_values', `must not have more than ${MOST_VALUES} entries`);
  }
  for (const [name, value] of Object.entries(values ?? {})) {
    if (typeof value === 'string' && value.startsWith('os.environ/')) {
      const problem = 'names a variable of the environment, which only the configuration file may: send the value';
      throw fields.wrong(`credential_values.${name.slice(0, 100)}`, problem);
    }
  }
  return { displayName, info, values };
}

/** Throws if a model with these values would be refused. */
function check(context: ManagementContext, values: JsonObject, info: JsonObject): void {
  const { litellm_credential_name: nested } = values;
  const findings =
    nested === undefined
      ? context.checkModel({
          model_name: 'credential',
          litellm_params: { ...values, model: `${providerOf(values, info) ?? providers[0]?.name}/any` },
        })
      : ['A credential cannot name another one.'];
  if (findings.length > 0)
    throw new GatewayError('invalid_request', findings.join(' '), { param: 'credential_values' });
}

async function remove(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const name = nameIn(call);
  new Fields(call.body).finish(call);
  const users = await modelsNaming(context, name);
  if (users.length > 0 && !isDeclared(context, name)) {
    const some = users.slice(0, 5).join(', ') + (users.length > 5 ? ` and ${users.length - 5} more` : '');
    const message = `Models name this credential: ${some}. Change or delete them first.`;
    throw new GatewayError('invalid_request', message, { param: 'credential_name' });
  }
  const [deleted] = await context.directory.delete('credential', [name], (before) =>
    entryOf(call, 'deleted', name, { before }),
  );
  if (deleted === undefined) {
    throw isDeclared(context, name) ? readOnly() : missingObject('a credential', 'credential_name');
  }
  await context.reloadModels();
  return { success: true, message: 'Credential deleted successfully' };
}

/** Ids of the models of the API and of the file that would lose what they are called with. */
async function modelsNaming({ config, directory }: ManagementContext, name: string): Promise<readonly string[]> {
  const names = (params: JsonValue | undefined): boolean =>
    isJsonObject(params) && params.litellm_credential_name === name;
  const ids = config().waiting.flatMap(({ id, entry }) => (names(entry.litellm_params) ? [id] : []));
  for (let offset = 0; ; offset += PAGE) {
    const models: StoredModel[] = await directory.list('model', {}, { limit: PAGE, offset, sortBy: 'id' });
    for (const { id, litellmParams } of models) if (names(litellmParams)) ids.push(id);
    if (models.length < PAGE) return ids;
  }
}

async function list({ context }: ManagementCall): Promise<JsonValue> {
  return { success: true, credentials: [...context.credentials().values()].map(showMasked) };
}

async function byName(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const credential = context.credentials().get(nameIn(call));
  if (credential === undefined) throw missingObject('a credential', 'credential_name');
  const stored = credential.source === 'db' ? await context.directory.get('credential', credential.name) : undefined;
  return { ...showMasked(credential), display_name: stored?.further.display_name ?? null, source: credential.source };
}

async function byModel(call: ManagementCall): Promise<JsonValue> {
  const id = call.params.model_id ?? '';
  const { modelName, values } = await connectionOf(call, id);
  return showMasked({ name: `${modelName}-credential-${id}`, values, info: {} });
}

function nameIn({ params }: ManagementCall): string {
  return params['*'] ?? '';
}

function isDeclared({ config }: ManagementContext, name: string): boolean {
  return config().credentials.some((credential) => credential.name === name);
}

function readOnly(): GatewayError {
  const message =
    'The configuration file declares this credential, so that the API cannot change it. Change it in the file.';
  return new GatewayError('invalid_request', message, { param: 'credential_name' });
}

/** An entry of the change log, without what is sealed. */
function entryOf(
  call: ManagementCall,
  action: AuditEntry['action'],
  name: string,
  { before, after }: { readonly before?: StoredCredential; readonly after?: StoredCredential },
): AuditEntry {
  const open = (one: StoredCredential): object => ({ ...one, values: withoutSealed(one.values) });
  return changeEntry(call, action, TABLES.credential, name, {
    ...(before !== undefined && { before: open(before) }),
    ...(after !== undefined && { after: open(after) }),
  });
}

function withoutNulls(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
