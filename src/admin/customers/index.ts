/** `/customer/…` and `/end_user/…`: the end users of an application, as a request's `user` names them. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { Customer } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import { showAsBudget } from '../budgets/show.ts';
import { type Changed, changeLimits, withChanges } from '../changes.ts';
import type { ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { readLimits } from '../limits-fields.ts';
import { pageOf, textOf, textsOf } from '../query-fields.ts';
import { ADMIN, READERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { activityRoutes } from '../spend/activity-routes.ts';
import { type ActivityScope, filtersFor } from '../spend/daily-activity.ts';
import { spenderOf } from '../spenders.ts';
import { type Spent, setSpent, showWithSpent, spentOfOne } from '../spent.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { changeObject, checkExists, createObject, deleteObjects } from '../stored.ts';

const MOST = 1_000;

const both = (name: string): readonly [string, string] => [`/customer/${name}`, `/end_user/${name}`];

/** `/customer/…`, and the same under LiteLLM's older name. */
export const CUSTOMER_ROUTES: readonly ManagementRoute[] = [
  post(both('new'), ADMIN, create, 'Makes a customer with limits of its own.'),
  post(both('update'), ADMIN, update, 'Changes the fields of a customer that are sent; `null` clears one.'),
  post(both('delete'), ADMIN, remove, 'Deletes customers.'),
  post(both('block'), ADMIN, block, 'Refuses requests for these customers, even if they do not exist yet.'),
  post(both('unblock'), ADMIN, unblock, 'Accepts requests for blocked customers again.'),
  get(both('info'), READERS, info, 'Shows one customer with what it spent.'),
  get(both('list'), READERS, list, 'Lists customers; `page` and `page_size` show more than the first thousand.'),
  ...activityRoutes(both('daily/activity'), READERS, activity, 'customers'),
];

async function create(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const id = fields.requiredText('user_id');
  const stamps = madeNow(call);
  const changes = readCustomer(fields, stamps.createdAtMs);
  const spend = fields.usd('spend');
  fields.finish(call);
  await checkExists(call, 'budget', changes.limits.budgetId);
  const customer = changeCustomer({ id, ...stamps, blocked: false }, changes, stamps);
  await createObject(call, 'customer', customer);
  if (spend) await setSpent(context, spenderOf.customer(customer), spend);
  return await describe(context, customer);
}

async function update(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('user_id');
  const stamps = changedNow(call);
  const changes = readCustomer(fields, stamps.updatedAtMs);
  fields.finish(call);
  await checkExists(call, 'budget', changes.limits.budgetId);
  const change = (before: Customer): Customer => changeCustomer(before, changes, stamps);
  return await describe(call.context, await changeObject(call, 'customer', id, change));
}

type CustomerChanges = ReturnType<typeof readCustomer>;

function readCustomer(fields: Fields, nowMs: number) {
  return {
    limits: readLimits(fields, nowMs),
    alias: fields.text('alias'),
    blocked: fields.flag('blocked'),
    allowedModelRegion: fields.oneOf('allowed_model_region', ['eu', 'us']),
    defaultModel: fields.text('default_model'),
    further: fields.kept(['object_permission']),
  };
}

/** A customer with what was sent; `null` clears a value. */
function changeCustomer(before: Customer, changes: CustomerChanges, stamps: Changed): Customer {
  const { alias, defaultModel, allowedModelRegion, limits } = changes;
  const changed = withChanges<Customer>(before, { alias, defaultModel, allowedModelRegion });
  return {
    ...changeLimits(changed, limits, stamps.updatedAtMs),
    ...stamps,
    blocked: changes.blocked ?? before.blocked,
    further: { ...before.further, ...changes.further },
  };
}

async function remove(call: ManagementCall): Promise<JsonValue> {
  const ids = idsIn(call);
  const found = await call.context.directory.getMany('customer', ids);
  if (found.length < ids.length) throw unknownObject(call, 'a customer', 'user_ids');
  const { length } = await deleteObjects(call, 'customer', ids);
  return { deleted_customers: length, message: `Successfully deleted ${length} customers.` };
}

/** Blocks customers. One that does not exist is made: a customer can be blocked before its first request. */
async function block(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const blocked: JsonObject[] = [];
  for (const id of idsIn(call)) {
    if ((await context.directory.get('customer', id)) === undefined) {
      const customer: Customer = { id, ...madeNow(call), blocked: true };
      await createObject(call, 'customer', customer, 'blocked');
      blocked.push(await describe(context, customer));
    } else blocked.push(await describe(context, await setBlocked(call, id, true)));
  }
  return { blocked_users: blocked };
}

/** Unblocks customers that exist. LiteLLM answers with those that are still blocked: none. */
async function unblock(call: ManagementCall): Promise<JsonValue> {
  for (const { id } of await call.context.directory.getMany('customer', idsIn(call))) await setBlocked(call, id, false);
  return { blocked_users: [] };
}

async function setBlocked(call: ManagementCall, id: string, blocked: boolean): Promise<Customer> {
  const change = (before: Customer): Customer => ({ ...before, ...changedNow(call), blocked });
  return await changeObject(call, 'customer', id, change, blocked ? 'blocked' : 'unblocked');
}

function idsIn(call: ManagementCall): readonly string[] {
  const fields = new Fields(call.body);
  const ids = fields.requiredTexts('user_ids');
  fields.finish(call);
  return [...new Set(ids)];
}

async function info(call: ManagementCall): Promise<JsonValue> {
  const { context, query } = call;
  const id = textOf(query, 'end_user_id') ?? textOf(query, 'user_id');
  const customer = id === undefined ? undefined : await context.directory.get('customer', id);
  if (customer === undefined) throw unknownObject(call, 'a customer', 'end_user_id');
  return await describe(context, customer);
}

/** LiteLLM's list has no pages; here `page` and `page_size` show what follows the first thousand. */
async function list({ context, query }: ManagementCall): Promise<JsonValue> {
  const { limit, offset } = pageOf(query, { sizeName: 'page_size', usual: MOST, most: MOST });
  const customers = await context.directory.list('customer', defined({ contains: textOf(query, 'search') }), {
    limit,
    offset,
  });
  return await showWithSpent(context, customers, spenderOf.customer, show);
}

async function activity(call: ManagementCall): Promise<ActivityScope> {
  const filters = filtersFor(call.query, 'end_user_ids', (customerId) => ({ customerId }));
  const names = async (found: readonly string[]) => {
    const customers = await call.context.directory.getMany('customer', found);
    return new Map(customers.map(({ id, alias }) => [id, { alias: alias ?? null }]));
  };
  const excluded = textsOf(call.query, 'exclude_end_user_ids') ?? [];
  return { entity: 'customer', filters, names, excluded };
}

async function describe(context: ManagementContext, customer: Customer): Promise<JsonObject> {
  return show(customer, await spentOfOne(context, spenderOf.customer(customer)));
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
    litellm_budget_table: showAsBudget(customer.id, customer, spent),
  };
}
