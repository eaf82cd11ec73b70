/** `/budget/…`: named sets of limits that keys, teams, customers and the like refer to. */
import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../core/errors.ts';
import type { Budget, Kinds } from '../../stores/contracts/directory.ts';
import { unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { applyLimits, changeLimits, type LimitChanges, readLimits, showLimits } from '../limits-fields.ts';
import { pageOf, pagesOf, textOf } from '../query-fields.ts';
import { ADMIN, READERS } from '../roles.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { showBudget } from './show.ts';

const MOST = 1_000;

/** What budgets can be referred to by, with what they are called. */
const USERS_OF_BUDGETS = ['key', 'team', 'user', 'organization', 'customer', 'tag'] as const satisfies (keyof Kinds)[];

/** `/budget/…`. */
export const BUDGET_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: ['/budget/new'], roles: ADMIN, answer: create },
  { method: 'POST', paths: ['/budget/update'], roles: ADMIN, answer: update },
  { method: 'POST', paths: ['/budget/info'], roles: READERS, answer: info },
  { method: 'GET', paths: ['/budget/settings'], roles: READERS, answer: settings },
  { method: 'GET', paths: ['/budget/list'], roles: READERS, answer: list },
  { method: 'POST', paths: ['/budget/delete'], roles: ADMIN, answer: remove },
  { method: 'GET', paths: ['/management/v1/budgets'], roles: READERS, answer: pagedList },
];

async function create(call: ManagementCall): Promise<ManagementAnswer> {
  const { id = randomUUID(), changes } = read(call);
  const stamps = madeNow(call);
  const limits = applyLimits({}, changes, stamps.createdAtMs);
  const budget: Budget = { id, ...stamps, ...limits, metadata: {}, further: {} };
  await call.context.directory.create(
    'budget',
    budget,
    changeEntry(call, 'created', TABLES.budget, id, { after: budget }),
  );
  return { body: showBudget(call.context, budget) };
}

async function update(call: ManagementCall): Promise<ManagementAnswer> {
  const { id, changes } = read(call);
  if (id === undefined) throw new Fields(call.body).wrong('budget_id', 'is required');
  const stamps = changedNow(call);
  const budget = await call.context.directory.update(
    'budget',
    id,
    (before) => ({ ...changeLimits(before, changes, stamps.updatedAtMs), ...stamps }),
    (before, after) => changeEntry(call, 'updated', TABLES.budget, id, { before, after }),
  );
  if (budget === undefined) throw unknownObject('budget', 'budget_id');
  return { body: showBudget(call.context, budget) };
}

function read({ body, context }: ManagementCall): { readonly id?: string; readonly changes: LimitChanges } {
  const fields = new Fields(body);
  const { budgetId, tempBudgetIncrease, ...changes } = readLimits(fields, context.clock.nowMs());
  if (tempBudgetIncrease !== undefined) throw fields.wrong('temp_budget_increase', 'belongs to one key, team or user');
  // LiteLLM lets a client set the moment; here it follows from the period, and one that was set would not hold.
  if ((fields.raw('budget_reset_at') ?? null) !== null) {
    throw fields.wrong('budget_reset_at', 'follows from `budget_duration` and cannot be set');
  }
  fields.refuseOthers();
  return { ...(typeof budgetId === 'string' && budgetId !== '' && { id: budgetId }), changes };
}

async function info({ context, body }: ManagementCall): Promise<ManagementAnswer> {
  const fields = new Fields(body);
  const ids = fields.texts('budgets');
  fields.refuseOthers();
  if (ids === undefined || ids === null || ids.length === 0) throw fields.wrong('budgets', 'is required');
  const budgets = await context.directory.getMany('budget', ids);
  return { body: budgets.map((budget) => showBudget(context, budget)) };
}

async function list({ context }: ManagementCall): Promise<ManagementAnswer> {
  const budgets = await context.directory.list('budget', {}, { limit: MOST, offset: 0, descending: true });
  return { body: budgets.map((budget) => showBudget(context, budget)) };
}

async function pagedList({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const page = pageOf(query, { sizeName: 'page_size', usual: 50, most: 100 });
  const [total, budgets] = await Promise.all([
    context.directory.count('budget', {}),
    context.directory.list('budget', {}, { limit: page.limit, offset: page.offset, descending: true }),
  ]);
  const pages = pagesOf(total, page);
  const link = (number: number): string => `/management/v1/budgets?page=${number}&page_size=${page.size}`;
  return {
    body: {
      data: budgets.map((budget) => showBudget(context, budget)),
      meta: { total_count: total, page: page.page, page_size: page.size, total_pages: pages },
      links: {
        self: link(page.page),
        first: link(1),
        prev: page.page > 1 ? link(page.page - 1) : null,
        next: page.page < pages ? link(page.page + 1) : null,
        last: link(Math.max(1, pages)),
      },
    },
  };
}

const ABOUT: Readonly<Record<string, readonly [type: string, about: string]>> = {
  max_parallel_requests: ['Integer', 'Requests under way at one time.'],
  tpm_limit: ['Integer', 'Tokens in every 60 seconds.'],
  rpm_limit: ['Integer', 'Requests in every 60 seconds.'],
  budget_duration: ['String', 'The period after which the budget begins anew, such as 1d, 7d or 1mo.'],
  max_budget: ['Float', 'USD that may be spent in a period.'],
  soft_budget: ['Float', 'USD at which an alert goes out.'],
};

/** What of a budget can be set, as forms are made from it. */
async function settings({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const budget = await found(context, textOf(query, 'budget_id'));
  const values = showLimits(budget);
  return {
    body: Object.entries(ABOUT).map(([name, [type, about]]) => ({
      field_name: name,
      field_type: type,
      field_description: about,
      field_value: values[name] ?? null,
      stored_in_db: true,
      field_default_value: null,
    })),
  };
}

/** A budget that something refers to stays: without it, what refers to it would be without limits. */
async function remove(call: ManagementCall): Promise<ManagementAnswer> {
  const fields = new Fields(call.body);
  const id = fields.requiredText('id');
  fields.refuseOthers();
  const { directory, config } = call.context;
  const uses = await Promise.all(
    USERS_OF_BUDGETS.map(async (kind) => [kind, await directory.count(kind, { budgetId: id })] as const),
  );
  const used = uses.filter(([, count]) => count > 0).map(([kind, count]) => `${count} of kind ${kind}`);
  if (config().budgets.customerDefaultBudgetId === id) used.push('the configuration, for customers');
  if (used.length > 0) {
    throw new GatewayError('invalid_request', `This budget is still in use: ${used.join(', ')}.`, { param: 'id' });
  }
  const [budget] = await directory.delete('budget', [id], (before) =>
    changeEntry(call, 'deleted', TABLES.budget, id, { before }),
  );
  if (budget === undefined) throw unknownObject('budget', 'id');
  return { body: showBudget(call.context, budget) };
}

async function found({ directory }: ManagementCall['context'], id: string | undefined): Promise<Budget> {
  const budget = id === undefined ? undefined : await directory.get('budget', id);
  if (budget === undefined) throw unknownObject('budget', 'budget_id');
  return budget;
}

/** Throws where a named budget does not exist: an object that refers to none would be without limits. */
export async function checkBudget(
  { directory }: ManagementCall['context'],
  budgetId: string | null | undefined,
): Promise<void> {
  if (typeof budgetId !== 'string') return;
  if ((await directory.get('budget', budgetId)) === undefined) throw unknownObject('budget', 'budget_id');
}
