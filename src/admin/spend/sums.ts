/** Spend summed by one thing: keys, users, teams, models, providers, tags, customers. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { ActivityDimension, ActivityRow } from '../../stores/contracts/ledger.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { numberOf, textsOf } from '../query-fields.ts';
import { orLastDays, type Span, spanBetween } from '../query-spans.ts';
import { EVERYONE, OVERSEERS, READERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { isoTime, usdOrNull } from '../show.ts';
import { type ActivityFilter, groupBy, spanOrLastDays } from './daily-activity.ts';
import { namedKeys } from './key-names.ts';
import { askedIn, hashOf, spendScope } from './scope.ts';
import { type Sums, sumOf } from './sum.ts';

const MOST = 1_000;

/** `/spend/keys` and its kin, `/global/spend/…`, `/global/activity`. */
export const SUM_ROUTES: readonly ManagementRoute[] = [
  get('/spend/tags', EVERYONE, spendByTag, 'Shows spend by tag.'),
  get('/spend/keys', EVERYONE, spendByKey, 'Shows spend by key.'),
  get('/spend/users', EVERYONE, spendByUser, 'Shows spend by user.'),
  get('/global/spend', READERS, globalSpend, 'Shows everything spent and the budget of the whole gateway.'),
  get('/global/spend/logs', OVERSEERS, globalByDay, 'Shows spend by day.'),
  get('/global/spend/tags', EVERYONE, globalByTag, 'Shows spend by tag, costliest first.'),
  get('/global/spend/all_tag_names', EVERYONE, tagNames, 'Lists names of tags that cost something.'),
  get('/global/spend/keys', EVERYONE, globalByKey, 'Shows spend by key, costliest first.'),
  get('/global/spend/teams', OVERSEERS, globalByTeam, 'Shows spend by team and day.'),
  get('/global/spend/models', EVERYONE, globalByModel, 'Shows spend by model, costliest first.'),
  get('/global/spend/provider', EVERYONE, globalByProvider, 'Shows spend by provider.'),
  post('/global/spend/end_users', OVERSEERS, globalByCustomer, 'Shows spend by customer, costliest first.'),
  get('/global/activity', EVERYONE, activity, 'Shows requests and tokens by day.'),
  get('/global/activity/model', EVERYONE, activityByModel, 'Shows requests and tokens by model and day.'),
];

/** What the caller may see of the days asked for, by some dimensions. */
async function sums(
  call: ManagementCall,
  by: readonly ActivityDimension[],
  span: Span = spanOrLastDays(call.query, call.context.clock.nowMs()),
): Promise<ActivityRow[]> {
  const { fromDate, toDate } = span;
  const filter: ActivityFilter = {
    ...(await spendScope(call, askedIn(call.query))),
    ...defined({ fromDate, toDate }),
  };
  return call.context.ledger.activity(filter, by);
}

interface Sum extends Sums {
  readonly name: string;
}

const nameOf = ({ name }: Sum): string => name;

/** Sums by one dimension, costliest first; what has no value of it is left out. */
function ranked(rows: readonly ActivityRow[], dimension: ActivityDimension): Sum[] {
  return [...groupBy(rows, dimension)]
    .filter(([name]) => name !== '')
    .map(([name, some]) => ({ name, ...sumOf(some) }))
    .sort((one, other) =>
      one.cost === other.cost ? (one.name < other.name ? -1 : 1) : one.cost < other.cost ? 1 : -1,
    );
}

function limitOf({ query }: ManagementCall, otherwise: number): number {
  return numberOf(query, 'limit', 1, MOST) ?? otherwise;
}

async function spendByTag(call: ManagementCall): Promise<JsonValue> {
  const tags = ranked(await sums(call, ['tag']), 'tag');
  return tags.slice(0, MOST).map(({ name, cost, attempts }) => ({
    individual_request_tag: name,
    log_count: attempts,
    total_spend: usdNumber(cost),
  }));
}

async function globalByTag(call: ManagementCall): Promise<JsonValue> {
  const wanted = textsOf(call.query, 'tags');
  const isAll = wanted === undefined || wanted.includes('all-tags');
  const tags = ranked(await sums(call, ['tag']), 'tag').filter(({ name }) => isAll || wanted.includes(name));
  const spend = tags.map(({ name, cost, attempts }) => ({ name, spend: usdNumber(cost), log_count: attempts }));
  return { spend_per_tag: spend.slice(0, MOST) };
}

async function tagNames(call: ManagementCall): Promise<JsonValue> {
  const tags = ranked(await sums(call, ['tag'], {}), 'tag');
  return { tag_names: tags.map(nameOf).slice(0, MOST) };
}

async function spendByKey(call: ManagementCall): Promise<JsonValue> {
  const keys = ranked(await sums(call, ['key'], {}), 'key').slice(0, limitOf(call, 100));
  const known = await namedKeys(call.context, keys.map(nameOf));
  return keys.map(({ name, cost }) => {
    const key = known.get(name);
    return {
      token: name,
      key_name: key?.name ?? null,
      key_alias: key?.alias ?? null,
      spend: usdNumber(cost),
      user_id: key?.userId ?? null,
      team_id: key?.teamId ?? null,
      models: [...(key?.models ?? [])],
      max_budget: usdOrNull(key?.maxBudget),
      expires: isoTime(key?.expiresAtMs),
    };
  });
}

async function globalByKey(call: ManagementCall): Promise<JsonValue> {
  const keys = ranked(await sums(call, ['key']), 'key').slice(0, limitOf(call, 10));
  const known = await namedKeys(call.context, keys.map(nameOf));
  return keys.map(({ name, cost }) => ({
    api_key: name,
    key_alias: known.get(name)?.alias ?? null,
    key_name: known.get(name)?.name ?? null,
    total_spend: usdNumber(cost),
  }));
}

async function spendByUser(call: ManagementCall): Promise<JsonValue> {
  const users = ranked(await sums(call, ['user'], {}), 'user').slice(0, limitOf(call, 100));
  const found = await call.context.directory.getMany('user', users.map(nameOf));
  const known = new Map(found.map((user) => [user.id, user]));
  return users.map(({ name, cost }) => {
    const user = known.get(name);
    return {
      user_id: name,
      user_alias: user?.alias ?? null,
      user_email: user?.email ?? null,
      user_role: user?.role ?? null,
      spend: usdNumber(cost),
      max_budget: usdOrNull(user?.maxBudget),
    };
  });
}

async function globalSpend(call: ManagementCall): Promise<JsonValue> {
  const { ledger, config } = call.context;
  const totals = await ledger.totals(['platform']);
  const { globalMax } = config().budgets;
  return {
    spend: usdNumber(totals.get('platform') ?? 0n),
    max_budget: globalMax === undefined ? 0 : usdNumber(globalMax),
  };
}

async function globalByDay(call: ManagementCall): Promise<JsonValue> {
  const days = groupBy(await sums(call, ['date']), 'date');
  const body = [...days].map(([date, rows]) => ({ date, spend: usdNumber(sumOf(rows).cost) }));
  return body.sort((one, other) => (one.date < other.date ? -1 : 1));
}

async function globalByTeam(call: ManagementCall): Promise<JsonValue> {
  const rows = await sums(call, ['date', 'team']);
  const teams = ranked(rows, 'team');
  const found = await call.context.directory.getMany('team', teams.map(nameOf));
  const aliases = new Map(found.map((team) => [team.id, team.alias ?? team.id]));
  const aliasOf = (id: string): string => aliases.get(id) ?? id;
  const days = [...groupBy(rows, 'date')].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    daily_spend: days.map(([date, ofDay]): JsonObject => {
      const ofTeams = ranked(ofDay, 'team').map(({ name, cost }) => [aliasOf(name), usdNumber(cost)]);
      return { ...Object.fromEntries(ofTeams), date };
    }),
    teams: teams.map(({ name }) => aliasOf(name)),
    total_spend_per_team: teams.map(({ name, cost }) => ({ team_id: aliasOf(name), total_spend: usdNumber(cost) })),
  };
}

async function globalByModel(call: ManagementCall): Promise<JsonValue> {
  const models = ranked(await sums(call, ['model']), 'model').slice(0, limitOf(call, 10));
  return models.map(({ name, cost }) => ({ model: name, total_spend: usdNumber(cost) }));
}

async function globalByProvider(call: ManagementCall): Promise<JsonValue> {
  const providers = ranked(await sums(call, ['provider']), 'provider');
  return providers.map(({ name, cost }) => ({ provider: name, spend: usdNumber(cost) }));
}

/** LiteLLM asks this with a body: `startTime`, `endTime`, `api_key` or `selectedKeys`. */
async function globalByCustomer(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const textIn = (name: string): string | undefined => fields.text(name) || undefined;
  const span = spanBetween('startTime', textIn('startTime'), 'endTime', textIn('endTime'));
  const { fromDate, toDate } = orLastDays(span, context.clock.nowMs());
  const key = textIn('api_key');
  const filter: ActivityFilter = {
    ...(await spendScope(call, key === undefined ? {} : { keyHash: hashOf(key) })),
    ...defined({ fromDate, toDate }),
  };
  const customers = ranked(await context.ledger.activity(filter, ['customer']), 'customer').slice(0, 100);
  return customers.map(({ name, cost, attempts }) => ({
    end_user: name,
    total_count: attempts,
    total_spend: usdNumber(cost),
  }));
}

function activitySums(rows: readonly ActivityRow[]): JsonObject {
  const days = [...groupBy(rows, 'date')].sort(([one], [other]) => (one < other ? -1 : 1));
  const all = sumOf(rows);
  return {
    daily_data: days.map(([date, ofDay]) => {
      const day = sumOf(ofDay);
      return { date, api_requests: day.attempts, total_tokens: day.inputTokens + day.outputTokens };
    }),
    sum_api_requests: all.attempts,
    sum_total_tokens: all.inputTokens + all.outputTokens,
  };
}

async function activity(call: ManagementCall): Promise<JsonValue> {
  return activitySums(await sums(call, ['date']));
}

async function activityByModel(call: ManagementCall): Promise<JsonValue> {
  const rows = await sums(call, ['date', 'modelGroup']);
  const models = [...groupBy(rows, 'modelGroup')].filter(([name]) => name !== '');
  return models.map(([model, some]) => ({ model, ...activitySums(some) }));
}
