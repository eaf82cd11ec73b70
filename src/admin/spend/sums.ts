/** Spend summed by one thing: keys, users, teams, models, providers, tags, customers. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { type PicoUsd, usdNumber } from '../../core/money.ts';
import type { ActivityDimension, ActivityRow } from '../../stores/contracts/ledger.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { numberOf, textsOf } from '../query-fields.ts';
import { lastDays, type Span, spanBetween } from '../query-spans.ts';
import { EVERYONE, READERS } from '../roles.ts';
import { type ActivityFilter, groupBy, spanOrLastDays } from './daily-activity.ts';
import { namedKeys } from './key-names.ts';
import { askedIn, hashOf, spendScope } from './scope.ts';

/** Those who see more than their own. */
const OVERSEERS = ['team_admin', 'org_admin', 'proxy_admin_viewer', 'proxy_admin'] as const;
const MOST = 1_000;

/** `/spend/keys` and its kin, `/global/spend/…`, `/global/activity`. */
export const SUM_ROUTES: readonly ManagementRoute[] = [
  { method: 'GET', paths: ['/spend/tags'], roles: EVERYONE, answer: spendByTag },
  { method: 'GET', paths: ['/spend/keys'], roles: EVERYONE, answer: spendByKey },
  { method: 'GET', paths: ['/spend/users'], roles: EVERYONE, answer: spendByUser },
  { method: 'GET', paths: ['/global/spend'], roles: READERS, answer: globalSpend },
  { method: 'GET', paths: ['/global/spend/logs'], roles: OVERSEERS, answer: globalByDay },
  { method: 'GET', paths: ['/global/spend/tags'], roles: EVERYONE, answer: globalByTag },
  { method: 'GET', paths: ['/global/spend/all_tag_names'], roles: EVERYONE, answer: tagNames },
  { method: 'GET', paths: ['/global/spend/keys'], roles: EVERYONE, answer: globalByKey },
  { method: 'GET', paths: ['/global/spend/teams'], roles: OVERSEERS, answer: globalByTeam },
  { method: 'GET', paths: ['/global/spend/models'], roles: EVERYONE, answer: globalByModel },
  { method: 'GET', paths: ['/global/spend/provider'], roles: EVERYONE, answer: globalByProvider },
  { method: 'POST', paths: ['/global/spend/end_users'], roles: OVERSEERS, answer: globalByCustomer },
  { method: 'GET', paths: ['/global/activity'], roles: EVERYONE, answer: activity },
  { method: 'GET', paths: ['/global/activity/model'], roles: EVERYONE, answer: activityByModel },
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

interface Sum {
  readonly name: string;
  readonly cost: PicoUsd;
  readonly attempts: number;
  readonly tokens: number;
}

/** Sums by one dimension, costliest first; what has no value of it is left out. */
function ranked(rows: readonly ActivityRow[], dimension: ActivityDimension): Sum[] {
  return [...groupBy(rows, dimension)]
    .filter(([name]) => name !== '')
    .map(([name, some]) => ({ name, ...summed(some) }))
    .sort((one, other) =>
      one.cost === other.cost ? (one.name < other.name ? -1 : 1) : one.cost < other.cost ? 1 : -1,
    );
}

function summed(rows: readonly ActivityRow[]): Omit<Sum, 'name'> {
  let cost: PicoUsd = 0n;
  let [attempts, tokens] = [0, 0];
  for (const row of rows) {
    cost += row.cost;
    attempts += row.attempts;
    tokens += row.inputTokens + row.outputTokens;
  }
  return { cost, attempts, tokens };
}

function limitOf({ query }: ManagementCall, otherwise: number): number {
  return numberOf(query, 'limit', 1, MOST) ?? otherwise;
}

async function spendByTag(call: ManagementCall): Promise<ManagementAnswer> {
  const tags = ranked(await sums(call, ['tag']), 'tag');
  return {
    body: tags.slice(0, MOST).map(({ name, cost, attempts }) => ({
      individual_request_tag: name,
      log_count: attempts,
      total_spend: usdNumber(cost),
    })),
  };
}

async function globalByTag(call: ManagementCall): Promise<ManagementAnswer> {
  const wanted = textsOf(call.query, 'tags');
  const isAll = wanted === undefined || wanted.includes('all-tags');
  const tags = ranked(await sums(call, ['tag']), 'tag').filter(({ name }) => isAll || wanted.includes(name));
  const spend = tags.map(({ name, cost, attempts }) => ({ name, spend: usdNumber(cost), log_count: attempts }));
  return { body: { spend_per_tag: spend.slice(0, MOST) } };
}

async function tagNames(call: ManagementCall): Promise<ManagementAnswer> {
  const tags = ranked(await sums(call, ['tag'], {}), 'tag');
  return { body: { tag_names: tags.map(({ name }) => name).slice(0, MOST) } };
}

async function spendByKey(call: ManagementCall): Promise<ManagementAnswer> {
  const keys = ranked(await sums(call, ['key'], {}), 'key').slice(0, limitOf(call, 100));
  const known = await namedKeys(
    call.context,
    keys.map(({ name }) => name),
  );
  return {
    body: keys.map(({ name, cost }) => {
      const key = known.get(name);
      return {
        token: name,
        key_name: key?.name ?? null,
        key_alias: key?.alias ?? null,
        spend: usdNumber(cost),
        user_id: key?.userId ?? null,
        team_id: key?.teamId ?? null,
        models: [...(key?.models ?? [])],
        max_budget: key?.maxBudget === undefined ? null : usdNumber(key.maxBudget),
        expires: key?.expiresAtMs === undefined ? null : new Date(key.expiresAtMs).toISOString(),
      };
    }),
  };
}

async function globalByKey(call: ManagementCall): Promise<ManagementAnswer> {
  const keys = ranked(await sums(call, ['key']), 'key').slice(0, limitOf(call, 10));
  const known = await namedKeys(
    call.context,
    keys.map(({ name }) => name),
  );
  return {
    body: keys.map(({ name, cost }) => ({
      api_key: name,
      key_alias: known.get(name)?.alias ?? null,
      key_name: known.get(name)?.name ?? null,
      total_spend: usdNumber(cost),
    })),
  };
}

async function spendByUser(call: ManagementCall): Promise<ManagementAnswer> {
  const users = ranked(await sums(call, ['user'], {}), 'user').slice(0, limitOf(call, 100));
  const found =
    users.length === 0
      ? []
      : await call.context.directory.getMany(
          'user',
          users.map(({ name }) => name),
        );
  const known = new Map(found.map((user) => [user.id, user]));
  return {
    body: users.map(({ name, cost }) => {
      const user = known.get(name);
      return {
        user_id: name,
        user_alias: user?.alias ?? null,
        user_email: user?.email ?? null,
        user_role: user?.role ?? null,
        spend: usdNumber(cost),
        max_budget: user?.maxBudget === undefined ? null : usdNumber(user.maxBudget),
      };
    }),
  };
}

async function globalSpend(call: ManagementCall): Promise<ManagementAnswer> {
  const { ledger, config } = call.context;
  const totals = await ledger.totals(['platform']);
  const { globalMax } = config().budgets;
  return {
    body: {
      spend: usdNumber(totals.get('platform') ?? 0n),
      max_budget: globalMax === undefined ? 0 : usdNumber(globalMax),
    },
  };
}

async function globalByDay(call: ManagementCall): Promise<ManagementAnswer> {
  const days = groupBy(await sums(call, ['date']), 'date');
  const body = [...days].map(([date, rows]) => ({ date, spend: usdNumber(summed(rows).cost) }));
  return { body: body.sort((one, other) => (one.date < other.date ? -1 : 1)) };
}

async function globalByTeam(call: ManagementCall): Promise<ManagementAnswer> {
  const rows = await sums(call, ['date', 'team']);
  const teams = ranked(rows, 'team');
  const found =
    teams.length === 0
      ? []
      : await call.context.directory.getMany(
          'team',
          teams.map(({ name }) => name),
        );
  const aliases = new Map(found.map((team) => [team.id, team.alias ?? team.id]));
  const nameOf = (id: string): string => aliases.get(id) ?? id;
  const days = [...groupBy(rows, 'date')].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    body: {
      daily_spend: days.map(([date, ofDay]): JsonObject => {
        const ofTeams = ranked(ofDay, 'team').map(({ name, cost }) => [nameOf(name), usdNumber(cost)]);
        return { ...Object.fromEntries(ofTeams), date };
      }),
      teams: teams.map(({ name }) => nameOf(name)),
      total_spend_per_team: teams.map(({ name, cost }) => ({ team_id: nameOf(name), total_spend: usdNumber(cost) })),
    },
  };
}

async function globalByModel(call: ManagementCall): Promise<ManagementAnswer> {
  const models = ranked(await sums(call, ['model']), 'model').slice(0, limitOf(call, 10));
  return { body: models.map(({ name, cost }) => ({ model: name, total_spend: usdNumber(cost) })) };
}

async function globalByProvider(call: ManagementCall): Promise<ManagementAnswer> {
  const providers = ranked(await sums(call, ['provider']), 'provider');
  return { body: providers.map(({ name, cost }) => ({ provider: name, spend: usdNumber(cost) })) };
}

/** LiteLLM asks this with a body: `startTime`, `endTime`, `api_key` or `selectedKeys`. */
async function globalByCustomer(call: ManagementCall): Promise<ManagementAnswer> {
  const { context, body } = call;
  const span = spanBetween('startTime', textIn(body, 'startTime'), 'endTime', textIn(body, 'endTime'));
  const { fromDate, toDate } =
    span.fromMs === undefined && span.toMs === undefined ? lastDays(context.clock.nowMs(), 30) : span;
  const key = textIn(body, 'api_key');
  const filter: ActivityFilter = {
    ...(await spendScope(call, key === undefined ? {} : { keyHash: hashOf(key) })),
    ...defined({ fromDate, toDate }),
  };
  const customers = ranked(await context.ledger.activity(filter, ['customer']), 'customer').slice(0, 100);
  return {
    body: customers.map(({ name, cost, attempts }) => ({
      end_user: name,
      total_count: attempts,
      total_spend: usdNumber(cost),
    })),
  };
}

function textIn(body: JsonObject, name: string): string | undefined {
  const value: JsonValue | undefined = body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw wrongField(name, 'must be a text');
}

function activitySums(rows: readonly ActivityRow[]): JsonObject {
  const days = [...groupBy(rows, 'date')].sort(([one], [other]) => (one < other ? -1 : 1));
  const { attempts, tokens } = summed(rows);
  return {
    daily_data: days.map(([date, ofDay]) => {
      const day = summed(ofDay);
      return { date, api_requests: day.attempts, total_tokens: day.tokens };
    }),
    sum_api_requests: attempts,
    sum_total_tokens: tokens,
  };
}

async function activity(call: ManagementCall): Promise<ManagementAnswer> {
  return { body: activitySums(await sums(call, ['date'])) };
}

async function activityByModel(call: ManagementCall): Promise<ManagementAnswer> {
  const rows = await sums(call, ['date', 'modelGroup']);
  const models = [...groupBy(rows, 'modelGroup')].filter(([name]) => name !== '');
  return { body: models.map(([model, some]) => ({ model, ...activitySums(some) })) };
}
