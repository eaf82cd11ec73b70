/** `/tag/…`: names that requests carry, with budgets of their own. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Limits, Tag } from '../../stores/contracts/directory.ts';
import type { ActivityRow } from '../../stores/contracts/ledger.ts';
import { unknownObject } from '../authority.ts';
import { showAsBudget } from '../budgets/show.ts';
import { changedTo, changeLimits, withChanges } from '../changes.ts';
import type { ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { readLimits, showLimits } from '../limits-fields.ts';
import { textsOf } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { ADMIN, READERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { activityRoutes } from '../spend/activity-routes.ts';
import { type ActivityScope, filtersFor, groupBy, metricsOf, spanOrLastDays } from '../spend/daily-activity.ts';
import { spenderOf } from '../spenders.ts';
import { type Spent, setSpent, showSpent, showWithSpent, spentOfOne } from '../spent.ts';
import { changedNow, madeNow, showStamps } from '../stamps.ts';
import { changeObject, checkExists, createObject, deleteObjects } from '../stored.ts';

const MOST = 1_000;
/** LiteLLM's words for a tag that requests carried and that was never made. */
const DYNAMIC =
  'This is just a spend tag that was passed dynamically in a request. It does not control any LLM models.';

/** `/tag/…`. */
export const TAG_ROUTES: readonly ManagementRoute[] = [
  post('/tag/new', ADMIN, create, 'Makes a tag with limits of its own.'),
  post('/tag/update', ADMIN, update, 'Changes the fields of a tag that are sent.'),
  post('/tag/delete', ADMIN, remove, 'Deletes a tag; requests may still carry it.'),
  post('/tag/info', READERS, info, 'Shows tags by their names.'),
  get('/tag/list', READERS, list, 'Lists tags that were made, and those that requests carried.'),
  get('/tag/distinct', READERS, distinct, 'Lists names of tags that requests carried.'),
  ...activityRoutes('/tag/daily/activity', READERS, activity, 'tags'),
  get('/tag/summary', READERS, summary, 'Shows what was used and spent by tag.'),
];

async function create(call: ManagementCall): Promise<JsonValue> {
  const stamps = madeNow(call);
  const { name, description, models, limits, spend, further } = read(call, stamps.createdAtMs);
  await checkExists(call, 'budget', limits.budgetId);
  const tag: Tag = {
    name,
    ...defined({ description: description ?? undefined }),
    models: models ?? [],
    ...changeLimits<Limits>({}, limits, stamps.createdAtMs),
    ...stamps,
    further,
  };
  await createObject(call, 'tag', tag);
  if (spend) await setSpent(call.context, spenderOf.tag(tag), spend);
  return { message: `Tag ${name} created successfully`, tag: await describe(call, tag) };
}

async function update(call: ManagementCall): Promise<JsonValue> {
  const stamps = changedNow(call);
  const { name, description, models, limits, spend, further } = read(call, stamps.updatedAtMs);
  await checkExists(call, 'budget', limits.budgetId);
  const tag = await changeObject(call, 'tag', name, (before) => ({
    ...withChanges<Tag>(changeLimits(before, limits, stamps.updatedAtMs), { description }),
    ...stamps,
    models: changedTo(models, before.models, []),
    further: { ...before.further, ...further },
  }));
  if (spend !== undefined) await setSpent(call.context, spenderOf.tag(tag), spend ?? 0n);
  return { message: `Tag ${name} updated successfully`, tag: await describe(call, tag) };
}

function read(call: ManagementCall, nowMs: number) {
  const fields = new Fields(call.body);
  const sent = {
    name: fields.requiredText('name'),
    description: fields.text('description', 4_000),
    models: fields.texts('models'),
    limits: readLimits(fields, nowMs),
    spend: fields.usd('spend'),
    further: fields.kept(['model_info']),
  };
  fields.finish(call);
  return sent;
}

async function remove(call: ManagementCall): Promise<JsonValue> {
  const fields = new Fields(call.body);
  const name = fields.requiredText('name');
  fields.finish(call);
  if ((await deleteObjects(call, 'tag', [name])).length === 0) throw unknownObject(call, 'a tag', 'name');
  return { message: `Tag ${name} deleted successfully` };
}

/** The tags by their names; leaves out those that were not made by the API or the file. */
async function info(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const names = fields.requiredTexts('names');
  fields.finish(call);
  const tags = await context.directory.getMany('tag', names);
  if (tags.length === 0) throw unknownObject(call, 'a tag', 'names');
  const shown = await showWithSpent(context, tags, spenderOf.tag, show);
  return Object.fromEntries(tags.map(({ name }, index) => [name, shown[index]]));
}

/** Tags that were made, and those that requests of the span carried. */
async function list({ context, query }: ManagementCall): Promise<JsonValue> {
  const [tags, rows] = await Promise.all([
    context.directory.list('tag', {}, { limit: MOST, offset: 0, descending: true }),
    carried(context, query),
  ]);
  const made = new Set(tags.map(({ name }) => name));
  const others = [...groupBy(rows, 'tag')].filter(([name]) => name !== '' && !made.has(name)).slice(0, MOST);
  return [
    ...(await showWithSpent(context, tags, spenderOf.tag, show)),
    ...others.map(([name, some]) => ({
      name,
      description: DYNAMIC,
      models: null,
      spend: metricsOf(some).spend ?? 0,
      created_at: null,
      updated_at: null,
    })),
  ];
}

async function carried({ ledger }: ManagementContext, query: URLSearchParams): Promise<ActivityRow[]> {
  const { fromDate, toDate } = spanOf(query);
  return await ledger.activity(defined({ fromDate, toDate }), ['tag']);
}

async function distinct({ context, query }: ManagementCall): Promise<JsonValue> {
  const names = [...groupBy(await carried(context, query), 'tag').keys()].filter((name) => name !== '');
  return { results: names.sort().map((tag) => ({ tag })) };
}

async function activity({ query }: ManagementCall): Promise<ActivityScope> {
  return { entity: 'tag', filters: filtersFor(query, 'tags', (tag) => ({ tag })) };
}

async function summary({ context, query }: ManagementCall): Promise<JsonValue> {
  const wanted = textsOf(query, 'tag_filters') ?? textsOf(query, 'tag_filter');
  const { fromDate, toDate } = spanOrLastDays(query, context.clock.nowMs());
  const rows = await context.ledger.activity(defined({ fromDate, toDate }), ['tag', 'user']);
  const tags = [...groupBy(rows, 'tag')].filter(([name]) => name !== '' && (wanted?.includes(name) ?? true));
  return {
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
  };
}

async function describe({ context }: ManagementCall, tag: Tag): Promise<JsonObject> {
  return show(tag, await spentOfOne(context, spenderOf.tag(tag)));
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
    litellm_budget_table: showAsBudget(tag.name, tag, spent),
    ...showStamps(tag),
  };
}
