/** `/organization/…`: tenants above teams. */

import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import type { Organization } from '../../stores/contracts/directory.ts';
import { administersOrganization, organizationIdsOf, seesAll, unknownObject } from '../authority.ts';
import { checkBudget } from '../budgets/index.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { isDeclared, standsInFile } from '../declared-directory.ts';
import { Fields } from '../fields.ts';
import { applyLimits, changeLimits, readLimits } from '../limits-fields.ts';
import { pageOf, textOf, textsOf } from '../query-fields.ts';
import { ADMIN } from '../roles.ts';
import { dailyActivity } from '../spend/daily-activity.ts';
import { denied } from '../spend/scope.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { MEMBER_ROUTES } from './members.ts';
import { showOrganizations, showWhole } from './show.ts';

const MOST = 1_000;
const READ: readonly Role[] = ['org_admin', 'proxy_admin_viewer', 'proxy_admin'];

/** `/organization/…`. */
export const ORGANIZATION_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: ['/organization/new'], roles: ADMIN, answer: create },
  { method: 'PATCH', paths: ['/organization/update'], roles: ADMIN, answer: update },
  { method: 'DELETE', paths: ['/organization/delete'], roles: ADMIN, answer: remove },
  { method: 'GET', paths: ['/organization/list'], roles: READ, answer: list },
  { method: 'GET', paths: ['/organization/info'], roles: READ, answer: info },
  { method: 'POST', paths: ['/organization/info'], roles: READ, answer: infoOfMany },
  { method: 'GET', paths: ['/organization/daily/activity'], roles: READ, answer: activity },
  ...MEMBER_ROUTES,
];

async function create(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const stamps = madeNow(call);
  const fields = new Fields(call.body);
  const { alias, models, blocked, metadata, limits, further } = read(fields, stamps.createdAtMs);
  const id = fields.text('organization_id') || randomUUID();
  fields.refuseOthers();
  if (!alias) throw fields.wrong('organization_alias', 'is required');
  await checkBudget(context, limits.budgetId);
  const organization: Organization = {
    id,
    alias,
    models: models ?? [],
    blocked: blocked ?? false,
    ...stamps,
    ...applyLimits({}, limits, stamps.createdAtMs),
    metadata: metadata ?? {},
    further,
  };
  const entry = changeEntry(call, 'created', TABLES.organization, id, { after: organization });
  await context.directory.create('organization', organization, entry);
  const [shown = {}] = await showOrganizations(context, [organization]);
  return { body: shown };
}

async function update(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const stamps = changedNow(call);
  const fields = new Fields(call.body);
  const id = fields.requiredText('organization_id');
  const sent = read(fields, stamps.updatedAtMs);
  fields.refuseOthers();
  if (sent.alias === null || sent.alias === '') throw fields.wrong('organization_alias', 'cannot be taken away');
  await checkBudget(context, sent.limits.budgetId);
  const organization = await context.directory.update(
    'organization',
    id,
    (before) => ({
      ...changeLimits(before, sent.limits, stamps.updatedAtMs),
      ...stamps,
      alias: sent.alias ?? before.alias,
      models: sent.models === undefined ? before.models : (sent.models ?? []),
      blocked: sent.blocked ?? before.blocked,
      metadata: sent.metadata === undefined ? before.metadata : (sent.metadata ?? {}),
      further: { ...before.further, ...sent.further },
    }),
    (before, after) => changeEntry(call, 'updated', TABLES.organization, id, { before, after }),
  );
  if (organization === undefined) throw unknownObject('organization', 'organization_id');
  const [shown = {}] = await showWhole(context, [organization]);
  return { body: shown };
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

/** Deletes organisations with their teams, the keys of these and their own, as LiteLLM does. */
async function remove(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const { directory } = context;
  const ids = organizationsIn(call, 'organization_ids');
  const organizations = await directory.getMany('organization', ids);
  if (organizations.length < ids.length) throw unknownObject('organization', 'organization_ids');
  const inFile = { limit: MOST, offset: 0 };
  const [teams, keys] = await Promise.all([
    directory.list('team', { organizationIds: ids }, inFile),
    directory.list('key', { organizationIds: ids }, inFile),
  ]);
  // Looked at before anything is deleted: what stands in the file cannot go with its organisation.
  if ([...organizations, ...teams, ...keys].some(isDeclared)) throw standsInFile();
  const shown = await showWhole(context, organizations);
  for (const kind of ['team', 'key'] as const) await removeOf(call, kind, ids);
  await directory.delete('organization', ids, (before) =>
    changeEntry(call, 'deleted', TABLES.organization, before.id, { before }),
  );
  return { body: shown };
}

async function removeOf(call: ManagementCall, kind: 'team' | 'key', organizationIds: readonly string[]): Promise<void> {
  const { directory } = call.context;
  for (;;) {
    const page = { limit: MOST, offset: 0 };
    const some =
      kind === 'team'
        ? (await directory.list('team', { organizationIds }, page)).map(({ id }) => id)
        : (await directory.list('key', { organizationIds }, page)).map(({ hash }) => hash);
    if (some.length === 0) return;
    const deleted = await directory.delete(kind, some, (before) =>
      changeEntry(call, 'deleted', TABLES[kind], 'hash' in before ? before.hash : before.id, { before }),
    );
    if (deleted.length === 0) return;
  }
}

async function list(call: ManagementCall): Promise<ManagementAnswer> {
  const { context, query } = call;
  const { limit, offset } = pageOf(query, { sizeName: 'page_size', usual: MOST, most: MOST });
  const id = textOf(query, 'org_id');
  const alias = textOf(query, 'org_alias');
  const own = seesAll(call) ? undefined : organizationIdsOf(call);
  const ids = id === undefined ? own : own === undefined || own.includes(id) ? [id] : [];
  const search = {
    ...defined({ organizationIds: ids, aliasContains: alias }),
  };
  const organizations = await context.directory.list('organization', search, { limit, offset, descending: true });
  return { body: await showWhole(context, organizations) };
}

async function info(call: ManagementCall): Promise<ManagementAnswer> {
  const id = textOf(call.query, 'organization_id') ?? '';
  const organization = mayRead(call, id) ? await call.context.directory.get('organization', id) : undefined;
  if (organization === undefined) throw unknownObject('organization', 'organization_id');
  const [shown = {}] = await showWhole(call.context, [organization]);
  return { body: shown };
}

async function infoOfMany(call: ManagementCall): Promise<ManagementAnswer> {
  const ids = organizationsIn(call, 'organizations');
  const organizations = await call.context.directory.getMany(
    'organization',
    ids.filter((id) => mayRead(call, id)),
  );
  if (organizations.length === 0) throw unknownObject('organization', 'organizations');
  return { body: await showWhole(call.context, organizations) };
}

async function activity(call: ManagementCall): Promise<ManagementAnswer> {
  const asked = textsOf(call.query, 'organization_ids');
  if (asked?.some((id) => !mayRead(call, id)) === true) throw denied();
  const ids = asked ?? (seesAll(call) ? undefined : organizationIdsOf(call));
  const filter = ids === undefined ? {} : { organizationIds: ids };
  const aliases = async (found: readonly string[]) => {
    const organizations = await call.context.directory.getMany('organization', found);
    return new Map(organizations.map(({ id, alias }) => [id, { organization_alias: alias }]));
  };
  return { body: await dailyActivity(call, 'organization', [filter], aliases) };
}

function mayRead(call: ManagementCall, organizationId: string): boolean {
  return seesAll(call) || administersOrganization(call, organizationId);
}

function organizationsIn({ body }: ManagementCall, name: string): readonly string[] {
  const fields = new Fields(body);
  const ids = fields.texts(name);
  fields.refuseOthers();
  if (ids === undefined || ids === null || ids.length === 0) throw fields.wrong(name, 'is required');
  return [...new Set(ids)];
}
