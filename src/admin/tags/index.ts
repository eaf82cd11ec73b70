/** `/tag/…`: names that requests carry, with budgets of their own. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Tag } from '../../stores/contracts/directory.ts';
import type { ActivityRow } from '../../stores/contracts/ledger.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { unknownObject } from '../authority.ts';
import { checkBudget } from '../budgets/index.ts';
import { showAsBudget } from '../budgets/show.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementAnswer, ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { applyLimits, changeLimits, readLimits, showLimits } from '../limits-fields.ts';
import { textsOf } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { ADMIN, READERS } from '../roles.ts';
import { dailyActivity, filtersFor, groupBy, metricsOf, spanOrLastDays } from '../spend/daily-activity.ts';
import { type Spender, type Spent, showSpent, spentOf, spentOfOne } from '../spent.ts';
import { changedNow, madeNow, showStamps } from '../stamps.ts';

const MOST = 1_000;
/** LiteLLM's words for a tag that requests carried and nobody made. */
const DYNAMIC =
  'This is just a spend tag that was passed dynamically in a request. It does not control any LLM models.';

/** `/tag/…`. */
export const TAG_ROUTES: readonly ManagementRoute[] = [
  { method: 'POST', paths: ['/tag/new'], roles: ADMIN, answer: create },
  { method: 'POST', paths: ['/tag/update'], roles: ADMIN, answer: update },
  { method: 'POST', paths: ['/tag/delete'], roles: ADMIN, answer: remove },
  { method: 'POST', paths: ['/tag/info'], roles: READERS, answer: info },
  { method: 'GET', paths: ['/tag/list'], roles: READERS, answer: list },
  { method: 'GET', paths: ['/tag/distinct'], roles: READERS, answer: distinct },
  { method: 'GET', paths: ['/tag/daily/activity'], roles: READERS, answer: activity },
  { method: 'GET', paths: ['/tag/summary'], roles: READERS, answer: summary },
];

const spenderOf = (tag: Tag): Spender => ({
  account: accountOf.tag(tag.name),
  limits: tag,
  createdAtMs: tag.createdAtMs,
});

async function create(call: ManagementCall): Promise<ManagementAnswer> {
  const stamps = madeNow(call);
  const { name, description, models, limits, further } = read(call, stamps.createdAtMs);
  await checkBudget(call.context, limits.budgetId);
  const tag: Tag = {
    name,
    ...stamps,
    ...(typeof description === 'string' && { description }),
    models: models ?? [],
    ...applyLimits({}, limits, stamps.createdAtMs),
    metadata: {},
    further,
  };
  await call.context.directory.create('tag', tag, changeEntry(call, 'created', TABLES.tag, name, { after: tag }));
  return told(call.context, tag, `Tag ${name} created successfully`);
}

async function update(call: ManagementCall): Promise<ManagementAnswer> {
  const stamps = changedNow(call);
  const sent = read(call, stamps.updatedAtMs);
  await checkBudget(call.context, sent.limits.budgetId);
  const tag = await call.context.directory.update(
    'tag',
    sent.name,
    (value) => {
      const { description: old, ...before } = changeLimits(value, sent.limits, stamps.updatedAtMs);
      const description = sent.description === undefined ? old : (sent.description ?? undefined);
      return {
        ...before,
        ...stamps,
        ...defined({ description }),
        models: sent.models === undefined ? before.models : (sent.models ?? []),
        further: { ...before.further, ...sent.further },
      };
    },
    (before, after) => changeEntry(call, 'updated', TABLES.tag, sent.name, { before, after }),
  );
  if (tag === undefined) throw unknownObject('tag', 'name');
  return told(call.context, tag, `Tag ${sent.name} updated successfully`);
}

function read({ body }: ManagementCall, nowMs: number) {
  const fields = new Fields(body);
  const sent = {
    name: fields.requiredText('name'),
    description: fields.text('description', 4_000),
    models: fields.texts('models'),
    limits: readLimits(fields, nowMs),
    further: fields.kept(['model_info']),
  };
  fields.refuseOthers();
  return sent;
}

async function remove(call: ManagementCall): Promise<ManagementAnswer> {
  const fields = new Fields(call.body);
  const name = fields.requiredText('name');
  fields.refuseOthers();
  const deleted = await call.context.directory.delete('tag', [name], (before) =>
    changeEntry(call, 'deleted', TABLES.tag, name, { before }),
  );
  if (deleted.length === 0) throw unknownObject('tag', 'name');
  return { body: { message: `Tag ${name} deleted successfully` } };
}

/** The tags by their names; those that nobody made are left out. */
async function info({ context, body }: ManagementCall): Promise<ManagementAnswer> {
  const fields = new Fields(body);
  const names = fields.texts('names');
  fields.refuseOthers();
  if (names === undefined || names === null || names.length === 0) throw fields.wrong('names', 'is required');
  const tags = await context.directory.getMany('tag', names);
  if (tags.length === 0) throw unknownObject('tag', 'names');
  const spent = await spentOf(context, tags.map(spenderOf));
  return {
    body: Object.fromEntries(tags.map((tag, index) => [tag.name, show(tag, spent[index] ?? { spent: 0n })])),
  };
}

/** Tags that somebody made, and those that requests of the span carried. */
async function list({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const [tags, rows] = await Promise.all([
    context.directory.list('tag', {}, { limit: MOST, offset: 0, descending: true }),
    carried(context, query),
  ]);
  const made = new Set(tags.map(({ name }) => name));
  const spent = await spentOf(context, tags.map(spenderOf));
  const others = [...groupBy(rows, 'tag')].filter(([name]) => name !== '' && !made.has(name)).slice(0, MOST);
  return {
    body: [
      ...tags.map((tag, index) => show(tag, spent[index] ?? { spent: 0n })),
      ...others.map(([name, some]) => ({
        name,
        description: DYNAMIC,
        models: null,
        spend: metricsOf(some).spend ?? 0,
        created_at: null,
        updated_at: null,
      })),
    ],
  };
}

async function carried({ ledger }: ManagementContext, query: URLSearchParams): Promise<ActivityRow[]> {
  const { fromDate, toDate } = spanOf(query);
  const dates = { ...defined({ fromDate, toDate }) };
  return await ledger.activity(dates, ['tag']);
}

async function distinct({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const names = [...groupBy(await carried(context, query), 'tag').keys()].filter((name) => name !== '');
  return { body: { results: names.sort().map((tag) => ({ tag })) } };
}

async function activity(call: ManagementCall): Promise<ManagementAnswer> {
  const filters = filtersFor(call.query, 'tags', (tag) => ({ tag }));
  return { body: await dailyActivity(call, 'tag', filters) };
}

async function summary({ context, query }: ManagementCall): Promise<ManagementAnswer> {
  const wanted = textsOf(query, 'tag_filters') ?? textsOf(query, 'tag_filter');
  const { fromDate, toDate } = spanOrLastDays(query, context.clock.nowMs());
  const dates = { ...defined({ fromDate, toDate }) };
  const rows = await context.ledger.activity(dates, ['tag', 'user']);
  const tags = [...groupBy(rows, 'tag')].filter(([name]) => name !== '' && (wanted?.includes(name) ?? true));
  return {
    body: {
      results: tags.map(([tag, some]) => {
        const sums = metricsOf(some);
        return {
          tag,
          unique_users: [...groupBy(some, 'user').keys()].filter((user) => user !== '').length,
          total_requests: sums.api_requests ?? 0,
          successful_requests: sums.successful_requests ?? 0,
          failed_requests: sums.failed_requests ?? 0,
          total_tokens: sums.total_tokens ?? 0,
          total_spend: sums.spend ?? 0,
        };
      }),
    },
  };
}

async function told(context: ManagementContext, tag: Tag, message: string): Promise<ManagementAnswer> {
  return { body: { message, tag: show(tag, await spentOfOne(context, spenderOf(tag))) } };
}

function show(tag: Tag, spent: Spent): JsonObject {
  return {
    ...tag.further,
    ...showLimits(tag),
    name: tag.name,
    description: tag.description ?? null,
    models: [...tag.models],
    model_info: tag.further.model_info ?? null,
    ...showSpent(spent),
    litellm_budget_table: showAsBudget(tag.name, tag, spent, tag.createdAtMs),
    ...showStamps(tag),
  };
}
