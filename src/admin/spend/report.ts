/** `/global/spend/report` and the reports of one key, user, team or organisation: who spent what on which models. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import { ownValue } from '../../core/own-value.ts';
import type { ActivityRow } from '../../stores/contracts/ledger.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { textOf, wordOf } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { EVERYONE, OVERSEERS } from '../roles.ts';
import { get } from '../route.ts';
import { type ActivityFilter, groupBy } from './daily-activity.ts';
import { type AskedSpend, hashOf, spendScope } from './scope.ts';
import { type Sums, sumOf } from './sum.ts';

/** `/…/spend/report`. */
export const REPORT_ROUTES: readonly ManagementRoute[] = [
  get(
    '/global/spend/report',
    OVERSEERS,
    report,
    'Shows what teams, customers or keys spent on which models between two dates.',
  ),
  get(
    '/key/spend/report',
    EVERYONE,
    async (call) => byKey(await reportOf(call, 'api_key', 'keyHash')),
    'Shows what one key, usually the caller’s own, spent on which models.',
  ),
  get(
    '/user/spend/report',
    EVERYONE,
    async (call) => byKey(await reportOf(call, 'internal_user_id', 'userId')),
    'Shows what one user, usually the caller, spent on which models, by key.',
  ),
  get(
    '/team/spend/report',
    EVERYONE,
    async (call) => byKey(await reportOf(call, 'team_id', 'teamId')),
    'Shows what a team spent on which models, by key; a plain member sees its own part.',
  ),
  get(
    '/organization/spend/report',
    EVERYONE,
    async (call) => byKey(await reportOf(call, 'organization_id', 'organizationId'), teamDetails),
    'Shows what an organisation spent on which models and in which teams, by key.',
  ),
];

async function report(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  // As in LiteLLM, who asks for one key or one user gets the keys.
  const isOfOne = textOf(query, 'api_key') !== undefined || textOf(query, 'internal_user_id') !== undefined;
  const groupedBy = wordOf(query, 'group_by', ['team', 'customer', 'api_key']) ?? (isOfOne ? 'api_key' : 'team');
  const customerId = textOf(query, 'customer_id');
  const filter: ActivityFilter = {
    ...(await spendScope(call, askedOf(query))),
    ...defined({ customerId }),
    ...datesOf(query),
  };
  const { ledger } = context;
  if (groupedBy === 'api_key') return byKey(await ledger.activity(filter, ['key', 'model']));
  const rows = await ledger.activity(filter, ['date', groupedBy, 'key', 'model']);
  return groupedBy === 'team' ? await byTeam(call, rows) : byCustomer(rows);
}

/** The report of what a query names, or of what the caller's key belongs to. */
async function reportOf(call: ManagementCall, name: string, field: keyof AskedSpend): Promise<readonly ActivityRow[]> {
  const { query, caller, context } = call;
  const named = textOf(query, name);
  const { keyHash, userId, teamId, organizationId } = caller;
  const own = ownValue(defined({ keyHash, userId, teamId, organizationId }), field);
  const value = named === undefined ? own : field === 'keyHash' ? hashOf(named) : named;
  if (value === undefined) throw wrongField(name, 'is required: the calling key has none');
  const filter = { ...(await spendScope(call, { [field]: value })), ...datesOf(query) };
  return await context.ledger.activity(filter, ['key', 'team', 'model']);
}

function teamDetails(rows: readonly ActivityRow[]): JsonObject {
  const teams = [...groupBy(rows, 'team')].map(([team_id, some]) => ({ team_id, ...totalsOf(sumOf(some)) }));
  return { team_details: teams };
}

/** The two dates of a report. */
export function datesOf(query: URLSearchParams): { readonly fromDate: string; readonly toDate: string } {
  const { fromDate, toDate } = spanOf(query);
  if (fromDate !== undefined && toDate !== undefined) return { fromDate, toDate };
  throw wrongField('start_date', 'and `end_date` are required as YYYY-MM-DD');
}

function askedOf(query: URLSearchParams): AskedSpend {
  const key = textOf(query, 'api_key');
  const userId = textOf(query, 'internal_user_id');
  const teamId = textOf(query, 'team_id');
  return defined({ keyHash: key === undefined ? undefined : hashOf(key), userId, teamId });
}

async function byTeam({ context }: ManagementCall, rows: readonly ActivityRow[]): Promise<JsonObject[]> {
  const ids = [...groupBy(rows, 'team').keys()].filter((id) => id !== '');
  const teams = ids.length === 0 ? [] : await context.directory.getMany('team', ids);
  const names = new Map(teams.map((team) => [team.id, team.alias ?? team.id]));
  return days(rows).map(([date, ofDay]) => ({
    group_by_day: date,
    teams: [...groupBy(ofDay, 'team')].map(([id, some]) => ({
      team_id: id,
      team_name: names.get(id) ?? (id === '' ? 'Unassigned Team' : id),
      total_spend: usdNumber(sumOf(some).cost),
      metadata: some.map(detail),
    })),
  }));
}

function byCustomer(rows: readonly ActivityRow[]): JsonObject[] {
  return days(rows).map(([date, ofDay]) => ({
    group_by_day: date,
    customers: [...groupBy(ofDay, 'customer')].map(([customer, some]) => ({
      customer,
      total_spend: usdNumber(sumOf(some).cost),
      metadata: some.map(detail),
    })),
  }));
}

function byKey(rows: readonly ActivityRow[], further: (rows: readonly ActivityRow[]) => JsonObject = () => ({})) {
  return [...groupBy(rows, 'key')].map(
    ([key, some]): JsonObject => ({
      api_key: key,
      ...totalsOf(sumOf(some)),
      model_details: [...groupBy(some, 'model')].map(([model, ofModel]) => ({ model, ...totalsOf(sumOf(ofModel)) })),
      ...further(some),
    }),
  );
}

function totalsOf({ cost, inputTokens, outputTokens }: Sums): JsonObject {
  return { total_cost: usdNumber(cost), total_input_tokens: inputTokens, total_output_tokens: outputTokens };
}

function detail(row: ActivityRow): JsonObject {
  return {
    model: row.by.model ?? '',
    spend: usdNumber(row.cost),
    total_tokens: row.inputTokens + row.outputTokens,
    api_key: row.by.key ?? '',
  };
}

function days(rows: readonly ActivityRow[]): [string, ActivityRow[]][] {
  return [...groupBy(rows, 'date')].sort(([one], [other]) => (one < other ? -1 : 1));
}
