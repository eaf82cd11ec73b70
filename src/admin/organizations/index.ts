/** `/organization/…`: tenants above teams. */

import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Limits, Organization } from '../../stores/contracts/directory.ts';
import { administersOrganization, organizationIdsOf, seesAll, unknownObject } from '../authority.ts';
import { changedTo, changeLimits } from '../changes.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { declaredInFile, isDeclared } from '../declared-directory.ts';
import { Fields } from '../fields.ts';
import { readLimits } from '../limits-fields.ts';
import { pageOf, textOf, textsOf } from '../query-fields.ts';
import { ADMIN, ORGANIZATION_READERS } from '../roles.ts';
import { del, get, patch, post } from '../route.ts';
import { activityRoutes } from '../spend/activity-routes.ts';
import type { ActivityScope } from '../spend/daily-activity.ts';
import { denied } from '../spend/scope.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { changeObject, checkExists, createObject, deleteObjects, idOf } from '../stored.ts';
import { MEMBER_ROUTES } from './members.ts';
import { showOrganizations, showWhole } from './show.ts';

const MOST = 1_000;

/** `/organization/…`. */
export const ORGANIZATION_ROUTES: readonly ManagementRoute[] = [
  post('/organization/new', ADMIN, create, 'Makes an organisation.'),
  patch('/organization/update', ADMIN, update, 'Changes the fields of an organisation that are sent.'),
  patch('/v2/organization/:organization_id', ADMIN, update, 'Does the same as `PATCH /organization/update`.'),
  del('/organization/delete', ADMIN, remove, 'Deletes organisations with their teams, memberships and keys.'),
  get('/organization/list', ORGANIZATION_READERS, list, 'Lists the organisations that the caller may see.'),
  get('/organization/info', ORGANIZATION_READERS, info, 'Shows an organisation with its teams and members.'),
  post('/organization/info', ORGANIZATION_READERS, infoOfMany, 'Shows several organisations.'),
  ...activityRoutes('/organization/daily/activity', ORGANIZATION_READERS, activity, 'organisations'),
  ...MEMBER_ROUTES,
];

async function create(call: ManagementCall): Promise<JsonValue> {
  const stamps = madeNow(call);
  const fields = new Fields(call.body);
  const { alias, models, blocked, metadata, limits, further } = read(fields, stamps.createdAtMs);
  const id = fields.text('organization_id') || randomUUID();
  fields.finish(call);
  if (!alias) throw fields.wrong('organization_alias', 'is required');
  await checkExists(call, 'budget', limits.budgetId);
  const organization: Organization = {
    id,
    alias,
    models: models ?? [],
    blocked: blocked ?? false,
    ...stamps,
    ...changeLimits<Limits>({}, limits, stamps.createdAtMs),
    metadata: metadata ?? {},
    further,
  };
  await createObject(call, 'organization', organization);
  const [shown = {}] = await showOrganizations(call.context, [organization]);
  return shown;
}

async function update(call: ManagementCall): Promise<JsonValue> {
  const stamps = changedNow(call);
  const fields = new Fields(call.body);
  const { organization_id: inPath } = call.params;
  const id = inPath ?? fields.requiredText('organization_id');
  const sent = read(fields, stamps.updatedAtMs);
  fields.finish(call);
  if (sent.alias === null || sent.alias === '') throw fields.wrong('organization_alias', 'cannot be removed');
  await checkExists(call, 'budget', sent.limits.budgetId);
  const organization = await changeObject(call, 'organization', id, (before) => ({
    ...changeLimits(before, sent.limits, stamps.updatedAtMs),
    ...stamps,
    alias: sent.alias ?? before.alias,
    models: changedTo(sent.models, before.models, []),
    blocked: sent.blocked ?? before.blocked,
    metadata: changedTo(sent.metadata, before.metadata, {}),
    further: { ...before.further, ...sent.further },
  }));
  const [shown = {}] = await showWhole(call.context, [organization]);
  return shown;
}

function read(fields: Fields, nowMs: number) {
  return {
    alias: fields.text('organization_alias'),
    models: fields.texts('models'),
    blocked: fields.flag('blocked'),
    metadata: fields.object('metadata'),
    limits: readLimits(fields, nowMs),
    further: fields.kept(['object_permission', 'allowed_models']),
  };
}

/** Deletes organisations with their teams and all keys of both, as LiteLLM does. */
async function remove(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const { directory } = context;
  const ids = organizationsIn(call, 'organization_ids');
  const organizations = await directory.getMany('organization', ids);
  if (organizations.length < ids.length) throw unknownObject(call, 'an organisation', 'organization_ids');
  const page = { limit: MOST, offset: 0 };
  const [teams, keys] = await Promise.all([
    directory.list('team', { organizationIds: ids }, page),
    directory.list('key', { organizationIds: ids }, page),
  ]);
  // Checked before anything is deleted: what the file declares cannot go with its organisation.
  if ([...organizations, ...teams, ...keys].some(isDeclared)) throw declaredInFile();
  const shown = await showWhole(context, organizations);
  for (const kind of ['team', 'key'] as const) await removeOf(call, kind, ids);
  await deleteObjects(call, 'organization', ids);
  return shown;
}

async function removeOf(call: ManagementCall, kind: 'team' | 'key', organizationIds: readonly string[]): Promise<void> {
  for (;;) {
    const some = await call.context.directory.list(kind, { organizationIds }, { limit: MOST, offset: 0 });
    if (some.length === 0 || (await deleteObjects(call, kind, some.map(idOf))).length === 0) return;
  }
}

async function list(call: ManagementCall): Promise<JsonValue> {
  const { context, query } = call;
  const { limit, offset } = pageOf(query, { sizeName: 'page_size', usual: MOST, most: MOST });
  const id = textOf(query, 'org_id');
  const alias = textOf(query, 'org_alias');
  const own = seesAll(call) ? undefined : organizationIdsOf(call);
  const ids = id === undefined ? own : own === undefined || own.includes(id) ? [id] : [];
  const search = defined({ organizationIds: ids, aliasContains: alias });
  const organizations = await context.directory.list('organization', search, { limit, offset, descending: true });
  return await showWhole(context, organizations);
}

async function info(call: ManagementCall): Promise<JsonValue> {
  const id = textOf(call.query, 'organization_id') ?? '';
  const organization = mayRead(call, id) ? await call.context.directory.get('organization', id) : undefined;
  if (organization === undefined) throw unknownObject(call, 'an organisation', 'organization_id');
  const [shown = {}] = await showWhole(call.context, [organization]);
  return shown;
}

async function infoOfMany(call: ManagementCall): Promise<JsonValue> {
  const ids = organizationsIn(call, 'organizations');
  const organizations = await call.context.directory.getMany(
    'organization',
    ids.filter((id) => mayRead(call, id)),
  );
  if (organizations.length === 0) throw unknownObject(call, 'an organisation', 'organizations');
  return await showWhole(call.context, organizations);
}

async function activity(call: ManagementCall): Promise<ActivityScope> {
  const asked = textsOf(call.query, 'organization_ids');
  if (asked?.some((id) => !mayRead(call, id)) === true) throw denied();
  const ids = asked ?? (seesAll(call) ? undefined : organizationIdsOf(call));
  const filter = ids === undefined ? {} : { organizationIds: ids };
  const names = async (found: readonly string[]) => {
    const organizations = await call.context.directory.getMany('organization', found);
    return new Map(organizations.map(({ id, alias }) => [id, { organization_alias: alias }]));
  };
  const excluded = textsOf(call.query, 'exclude_organization_ids') ?? [];
  return { entity: 'organization', filters: [filter], names, excluded };
}

function mayRead(call: ManagementCall, organizationId: string): boolean {
  return seesAll(call) || administersOrganization(call, organizationId);
}

function organizationsIn(call: ManagementCall, name: string): readonly string[] {
  const fields = new Fields(call.body);
  const ids = fields.requiredTexts(name);
  fields.finish(call);
  return [...new Set(ids)];
}
