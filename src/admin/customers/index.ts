/** `/customer/…` and `/end_user/…`: the people behind an application, as a request's `user` names them. */
import type { JsonObject } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { Customer } from '../../stores/contracts/directory.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { unknownObject } from '../authority.ts';
import { checkBudget } from '../budgets/index.ts';
import { showAsBudget } from '../budgets/show.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { applyLimits, changeLimits, readLimits } from '../limits-fields.ts';
import { pageOf, textOf } from '../query-fields.ts';
import { ADMIN, READERS } from '../roles.ts';
import { dailyActivity, filtersFor } from '../spend/daily-activity.ts';
import { type Spender, type Spent, setSpent, spentOf } from '../spent.ts';
import { changedNow, madeNow } from '../stamps.ts';

const MOST = 1_000;

const both = (name: string): readonly [string, string] => [`/customer/${name}`, `/end_user/${name}`];

/** `/customer/…`, and the same under LiteLLM's older name. */
export const CUSTOMER_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: both('new'), roles: ADMIN, answer: create },
  { method: 'POST', paths: both('update'), roles: ADMIN, answer: update },
  { method: 'POST', paths: both('delete'), roles: ADMIN, answer: remove },
  { method: 'POST', paths: both('block'), roles: ADMIN, answer: block },
  { method: 'POST', paths: both('unblock'), roles: ADMIN, answer: unblock },
  { method: 'GET', paths: both('info'), roles: READERS, answer: info },
  { method: 'GET', paths: both('list'), roles: READERS, answer: list },
  { method: 'GET', paths: both('daily/activity'), roles: READERS, answer: activity },
];

const spenderOf = (customer: Customer): Spender => ({
  account: accountOf.customer(customer.id),
  limits: customer,
  createdAtMs: customer.createdAtMs,
});

async function create(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const id = fields.requiredText('user_id');
  const stamps = madeNow(call);
  const changes = readCustomer(fields, stamps.createdAtMs);
  const spend = fields.usd('spend');
  fields.refuseOthers();
  await checkBudget(context, changes.limits.budgetId);
  const nothing: Customer = { id, ...stamps, blocked: false, metadata: {}, further: {} };
  const customer: Customer = {
    ...withChanges(nothing, changes),
    ...applyLimits({}, changes.limits, stamps.createdAtMs),
  };
  const entry = changeEntry(call, 'created', TABLES.customer, id, { after: customer });
  await context.directory.create('customer', customer, entry);
  if (typeof spend === 'bigint' && spend > 0n) await setSpent(context, spenderOf(customer), spend);
  return { body: await shown(context, customer) };
}

async function update(call: ManagementCall): Promise<ManagementAnswer> {
  const { context } = call;
  const fields = new Fields(call.body);
  const id = fields.requiredText('user_id');
  const stamps = changedNow(call);
  const changes = readCustomer(fields, stamps.updatedAtMs);
  fields.refuseOthers();
  await checkBudget(context, changes.limits.budgetId);
  const customer = await context.directory.update(
    'customer',
    id,
    (before) => ({
      ...withChanges(changeLimits(before, changes.limits, stamps.updatedAtMs), changes),
      ...stamps,
    }),
    (before, after) => changeEntry(call, 'updated', TABLES.customer, id, { before, after }),
  );
  if (customer === undefined) throw unknownObject('customer', 'user_id');
  return { body: await shown(context, customer) };
}

type CustomerChanges = ReturnType<typeof readCustomer>;

function readCustomer(fields: Fields, nowMs: number) {
  const changes = {
    limits: readLimits(fields, nowMs),
    alias: fields.text('alias'),
    blocked: fields.flag('blocked'),
    allowedModelRegion: fields.oneOf('allowed_model_region', ['eu', 'us']),
    defaultModel: fields.text('default_model'),
    further: fields.kept(['object_permission']),
  };
  if ((fields.raw('budget_reset_at') ?? null) !== null) {
    throw fields.wrong('budget_reset_at', 'follows from `budget_duration` and cannot be set');
  }
  return changes;
}

/** A customer with what was sent; `null` takes a value away. */
function withChanges(before: Customer, changes: CustomerChanges): Customer {
  const { alias, defaultModel, allowedModelRegion, ...rest } = before;
  return {
    ...rest,
    ...chosen('alias', changes.alias, alias),
    ...chosen('defaultModel', changes.defaultModel, defaultModel),
    ...chosen('allowedModelRegion', changes.allowedModelRegion, allowedModelRegion),
    blocked: changes.blocked ?? before.blocked,
    further: { ...before.further, ...changes.further },
  };
}

function chosen<Name extends string>(
  name: Name,
  sent: string | null | undefined,
  before: string | undefined,
): { readonly [key in Name]?: string } {
  const value = sent === undefined ? before : (sent ?? undefined);
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: string };
}

async function remove(call: ManagementCall): Promise<ManagementAnswer> {
  const ids = idsIn(call);
  const { directory } = call.context;
  if ((await directory.getMany('customer', ids)).length < ids.length) throw unknownObject('customer', 'user_ids');
  const deleted = await directory.delete('customer', ids, (before) =>
    changeEntry(call, 'deleted', TABLES.customer, before.id, { before }),
  );
  return {
    body: { deleted_customers: deleted.length, message: `Successfully deleted ${deleted.length} customers.` },
  };
}

/** Blocks customers, also such as were never heard of: whom nobody made can be kept out as well. */
async function block(call: ManagementCall): Promise<ManagementAnswer> {
  const blocked: JsonObject[] = [];
  for (const id of idsIn(call)) {
    const changed = await setBlocked(call, id, true);
    if (changed !== undefined) {
      blocked.push(await shown(call.context, changed));
      continue;
    }
    const customer: Customer = { id, ...madeNow(call), blocked: true, metadata: {}, further: {} };
    const entry = changeEntry(call, 'blocked', TABLES.customer, id, { after: customer });
    await call.context.directory.create('customer', customer, entry);
    blocked.push(await shown(call.context, customer));
  }
  return { body: { blocked_users: blocked } };
}

/** LiteLLM answers with who of these is still blocked: nobody. */
async function unblock(call: ManagementCall): Promise<ManagementAnswer> {
  for (const id of idsIn(call)) await setBlocked(call, id, false);
  return { body: { blocked_users: [] } };
}

async function setBlocked(call: ManagementCall, id: string, isBlocked: boolean): Promise<Customer | undefined> {
  return await call.context.directory.update(
    'customer',
    id,
    (before) => ({ ...before, ...changedNow(call), blocked: isBlocked }),
    (before, after) => changeEntry(call, isBlocked ? 'blocked' : 'unblocked', TABLES.customer, id, { before, after }),
  );
}

function idsIn({ body }: ManagementCall): readonly string[] {
  const fields = new Fields(body);
  const ids = fields.texts('user_ids');
  fields.refuseOthers();
  if (ids === undefined || ids === null || ids.length === 0) throw fields.wrong('user_ids', 'is required');
  return [...new Set(ids)];
}

async function info({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const id = textOf(query, 'end_user_id') ?? textOf(query, 'user_id');
  const customer = id === undefined ? undefined : await context.directory.get('customer', id);
  if (customer === undefined) throw unknownObject('customer', 'end_user_id');
  return { body: await shown(context, customer) };
}

/** LiteLLM's list has no pages; here `page` and `page_size` lead beyond the first thousand. */
async function list({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const { limit, offset } = pageOf(query, { sizeName: 'page_size', usual: MOST, most: MOST });
  const customers = await context.directory.list('customer', {}, { limit, offset });
  const spent = await spentOf(context, customers.map(spenderOf));
  return { body: customers.map((customer, index) => show(customer, spent[index] ?? { spent: 0n })) };
}

async function activity(call: ManagementCall): Promise<ManagementAnswer> {
  const filters = filtersFor(call.query, 'end_user_ids', (customerId) => ({ customerId }));
  const aliases = async (found: readonly string[]) => {
    const customers = await call.context.directory.getMany('customer', found);
    return new Map(customers.map(({ id, alias }) => [id, { alias: alias ?? null }]));
  };
  return { body: await dailyActivity(call, 'customer', filters, aliases) };
}

async function shown(context: ManagementContext, customer: Customer): Promise<JsonObject> {
  const [spent = { spent: 0n }] = await spentOf(context, [spenderOf(customer)]);
  return show(customer, spent);
}

function show(customer: Customer, spent: Spent): JsonObject {
  return {
    ...customer.further,
    user_id: customer.id,
    blocked: customer.blocked,
    alias: customer.alias ?? null,
    spend: usdNumber(spent.spent),
    allowed_model_region: customer.allowedModelRegion ?? null,
    default_model: customer.defaultModel ?? null,
    budget_id: customer.budgetId ?? null,
    litellm_budget_table: showAsBudget(customer.id, customer, spent, customer.createdAtMs),
  };
}
