/** `/global/spend/report`: what teams, customers or keys spent on which models. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { ActivityRow } from '../../stores/contracts/ledger.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { textOf, wordOf } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { OVERSEERS } from '../roles.ts';
import { get } from '../route.ts';
import { type ActivityFilter, groupBy } from './daily-activity.ts';
import { type AskedSpend, hashOf, spendScope } from './scope.ts';
import { type Sums, sumOf } from './sum.ts';

/** `/global/spend/report`. */
export const REPORT_ROUTES: readonly ManagementRoute[] = [
  get(
    '/global/spend/report',
    OVERSEERS,
    report,
    'Shows what teams, customers or keys spent on which models between two dates.',
  ),
];

async function report(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  const groupedBy = wordOf(query, 'group_by', ['team', 'customer', 'api_key']) ?? 'team';
  const { fromDate, toDate } = spanOf(query);
  if (fromDate === undefined || toDate === undefined) {
    throw wrongField('start_date', 'and `end_date` are required as YYYY-MM-DD');
  }
  const customerId = textOf(query, 'customer_id');
  const filter: ActivityFilter = {
    ...(await spendScope(call, askedOf(query))),
    ...defined({ customerId }),
    fromDate,
    toDate,
  };
  const { ledger } = context;
  if (groupedBy === 'api_key') return byKey(await ledger.activity(filter, ['key', 'model']));
  const rows = await ledger.activity(filter, ['date', groupedBy, 'key', 'model']);
  return groupedBy === 'team' ? await byTeam(call, rows) : byCustomer(rows);
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

function byKey(rows: readonly ActivityRow[]): JsonObject[] {
  return [...groupBy(rows, 'key')].map(([key, some]) => ({
    api_key: key,
    ...totalsOf(sumOf(some)),
    model_details: some.map((row) => ({ model: row.by.model ?? '', ...totalsOf(row) })),
  }));
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
