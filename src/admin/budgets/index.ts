/** `/budget/…`: named sets of limits that keys, teams, customers and the like refer to. */

import { randomUUID } from 'node:crypto';
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Budget, Kinds, Limits } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import { type Changes, changeLimits } from '../changes.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { readLimits, showLimits } from '../limits-fields.ts';
import { findPage, pageOf, pagesOf, textOf } from '../query-fields.ts';
import { ADMIN, READERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { changeObject, createObject, deleteObjects } from '../stored.ts';
import { showBudget } from './show.ts';

const MOST = 1_000;

/** The kinds of objects that can refer to a budget. */
const USERS_OF_BUDGETS = ['key', 'team', 'user', 'organization', 'customer', 'tag'] as const satisfies (keyof Kinds)[];

/** `/budget/…`. */
export const BUDGET_ROUTES: readonly ManagementRoute[] = [
  post(
    '/budget/new',
    ADMIN,
    create,
    'Makes a named set of limits, which keys, teams, customers and the like refer to by `budget_id`.',
  ),
  post(
    '/budget/update',
    ADMIN,
    update,
    'Changes the fields of a named budget that are sent, for everything that refers to it.',
  ),
  post('/budget/info', READERS, info, 'Shows named budgets by their ids.'),
  get('/budget/settings', READERS, settings, 'Lists the fields of a budget that can be set.'),
  get('/budget/list', READERS, list, 'Lists all named budgets.'),
  post('/budget/delete', ADMIN, remove, 'Deletes a named budget that nothing refers to.'),
  get('/management/v1/budgets', READERS, pagedList, 'Lists named budgets in pages.'),
];

async function create(call: ManagementCall): Promise<JsonValue> {
  const { id = randomUUID(), changes } = read(call);
  const stamps = madeNow(call);
  const budget: Budget = { id, ...stamps, ...changeLimits<Limits>({}, changes, stamps.createdAtMs) };
  await createObject(call, 'budget', budget);
  return showBudget(call.context, budget);
}

async function update(call: ManagementCall): Promise<JsonValue> {
  const { id, changes } = read(call);
  if (id === undefined) throw wrongField('budget_id', 'is required');
  const stamps = changedNow(call);
  const change = (before: Budget): Budget => ({ ...changeLimits(before, changes, stamps.updatedAtMs), ...stamps });
  return showBudget(call.context, await changeObject(call, 'budget', id, change));
}

function read(call: ManagementCall): { readonly id?: string; readonly changes: Changes<Limits> } {
  const { body, context } = call;
  const fields = new Fields(body);
  const { budgetId, tempBudgetIncrease, ...changes } = readLimits(fields, context.clock.nowMs());
  if (tempBudgetIncrease !== undefined) {
    throw fields.wrong('temp_budget_increase', 'cannot be set for a named budget: set it for a key, team or user');
  }
  fields.finish(call);
  return { ...defined({ id: budgetId || undefined }), changes };
}

async function info(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const ids = fields.requiredTexts('budgets');
  fields.finish(call);
  const budgets = await context.directory.getMany('budget', ids);
  return budgets.map((budget) => showBudget(context, budget));
}

async function list({ context }: ManagementCall): Promise<JsonValue> {
  const budgets = await context.directory.list('budget', {}, { limit: MOST, offset: 0, descending: true });
  return budgets.map((budget) => showBudget(context, budget));
}

async function pagedList({ context, query }: ManagementCall): Promise<JsonValue> {
  const page = pageOf(query, { sizeName: 'page_size', usual: 50, most: 100 });
  const options = { limit: page.limit, offset: page.offset, descending: true };
  const { total, found } = await findPage(context, 'budget', {}, options);
  const pages = pagesOf(total, page);
  const link = (number: number): string => `/management/v1/budgets?page=${number}&page_size=${page.size}`;
  return {
    data: found.map((budget) => showBudget(context, budget)),
    meta: { total_count: total, page: page.page, page_size: page.size, total_pages: pages },
    links: {
      self: link(page.page),
      first: link(1),
      prev: page.page > 1 ? link(page.page - 1) : null,
      next: page.page < pages ? link(page.page + 1) : null,
      last: link(Math.max(1, pages)),
    },
  };
}

const ABOUT: Readonly<Record<string, readonly [type: string, about: string]>> = {
  max_parallel_requests: ['Integer', 'Requests in progress at the same time.'],
  tpm_limit: ['Integer', 'Tokens in every 60 seconds.'],
  rpm_limit: ['Integer', 'Requests in every 60 seconds.'],
  budget_duration: ['String', 'The period after which the budget resets, such as 1d, 7d or 1mo.'],
  max_budget: ['Float', 'USD that may be spent in a period.'],
  soft_budget: ['Float', 'USD at which an alert goes out.'],
};

/** The fields of a budget that can be set, for forms. */
async function settings(call: ManagementCall): Promise<JsonValue> {
  const { context, query } = call;
  const budget = await context.directory.get('budget', textOf(query, 'budget_id') ?? '');
  if (budget === undefined) throw unknownObject(call, 'a budget', 'budget_id');
  const values = showLimits(budget);
  return Object.entries(ABOUT).map(([name, [type, about]]) => ({
    field_name: name,
    field_type: type,
    field_description: about,
    field_value: ownValue(values, name) ?? null,
    stored_in_db: true,
    field_default_value: null,
  }));
}

/** Deletes a budget that nothing refers to: an object that refers to it would be left without limits. */
async function remove(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('id');
  fields.finish(call);
  const { directory, config } = call.context;
  const uses = await Promise.all(
    USERS_OF_BUDGETS.map(async (kind) => [kind, await directory.count(kind, { budgetId: id })] as const),
  );
  const used = uses.filter(([, count]) => count > 0).map(([kind, count]) => `${count} of kind ${kind}`);
  if (config().budgets.customerDefaultBudgetId === id) used.push('the configuration, for customers');
  if (used.length > 0) {
    const message = `\`id\` names a budget that is still in use: ${used.join(', ')}. Remove it from these first.`;
    throw new GatewayError('invalid_request', message, { param: 'id' });
  }
  const [budget] = await deleteObjects(call, 'budget', [id]);
  if (budget === undefined) throw unknownObject(call, 'a budget', 'id');
  return showBudget(call.context, budget);
}
