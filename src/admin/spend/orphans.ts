/** `/spend/orphans…`: requests that were under way when a gateway was killed, and what they really cost once that is known. */
import { defined } from '../../core/defined.ts';
import { newCallId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import { formatUsd, type PicoUsd, usdNumber } from '../../core/money.ts';
import type { Charge } from '../../stores/contracts/claims.ts';
import type { Limits } from '../../stores/contracts/directory.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { changeEntry } from '../change-log.ts';
import type { ManagementCall, ManagementContext, ManagementRoute } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { pageOf, showPage } from '../query-fields.ts';
import { spanOf } from '../query-spans.ts';
import { ADMIN, READERS } from '../roles.ts';
import { get, post } from '../route.ts';
import { memberSpender, spenderOf } from '../spenders.ts';
import { chargesOf, type Spender } from '../spent.ts';
import { spendLog } from './rows.ts';

/** `/spend/orphans` and `/spend/orphans/correct`. */
export const ORPHAN_ROUTES: readonly ManagementRoute[] = [
  get(
    '/spend/orphans',
    READERS,
    list,
    'Lists requests that a killed gateway had under way, and what they are booked at.',
  ),
  post(
    '/spend/orphans/correct',
    ADMIN,
    correct,
    'Books what an orphaned request really cost, in the ledger and in every budget that counts it; 0 releases it.',
  ),
];

async function list(call: ManagementCall): Promise<JsonValue> {
  const { ledger } = call.context;
  const page = pageOf(call.query, { sizeName: 'page_size', usual: 50, most: 1_000 });
  const { fromMs, toMs } = spanOf(call.query);
  const filter = { status: 'orphan' as const, ...defined({ fromMs, toMs }) };
  const [total, rows] = await Promise.all([
    ledger.count(filter),
    ledger.find(filter, { limit: page.limit, offset: page.offset }),
  ]);
  return { data: rows.map((row) => spendLog(row, call.caller)), ...showPage(total, page) };
}

/** The request is over once it is corrected: its row is a failure with a cost, and no orphan any more. */
async function correct(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const attemptId = fields.requiredText('attempt_id');
  const cost = fields.usd('spend');
  fields.finish(call);
  if (cost === undefined || cost === null) throw fields.wrong('spend', 'is required: what the provider billed, in USD');
  const row = await orphanOf(context, attemptId);
  const before = row.cost ?? 0n;
  await tellBudgetsOnce(context, row, cost);
  await context.ledger.write([{ ...row, status: 'failure', error: 'orphan_corrected', cost }]);
  const amounts = { before: { spend: before }, after: { spend: cost } };
  await context.directory.record(changeEntry(call, 'updated', 'LiteLLM_SpendLogs', attemptId, amounts));
  return {
    attempt_id: attemptId,
    request_id: row.callId,
    spend: usdNumber(cost),
    cost: formatUsd(cost),
    previous_spend: usdNumber(before),
  };
}

async function orphanOf({ ledger }: ManagementContext, attemptId: string): Promise<LedgerRow> {
  const callId = attemptId.replace(/\/\d+$/, '');
  const rows = await ledger.find({ callId, status: 'orphan' }, { limit: 100, offset: 0 });
  const row = rows.find((each) => each.attemptId === attemptId);
  if (row !== undefined) return row;
  throw wrongField('attempt_id', 'names no orphaned request. GET /spend/orphans lists them as `sluice.attempt_id`');
}

/**
 * Adds the difference to the counters of budgets, once: a note keeps two corrections at one time, and one that is repeated after
 * the process was killed in the middle, from counting twice. The ledger gets its row after the counters, so that a counter that is
 * made from the ledger meanwhile is not changed twice either.
 */
async function tellBudgetsOnce(context: ManagementContext, row: LedgerRow, cost: PicoUsd): Promise<void> {
  const { claims, clock, directory } = context;
  const note = `orphan-corrected/${row.attemptId}`;
  if (!(await directory.noteOnce(note, cost.toString()))) {
    if ((await directory.note(note)) === cost.toString()) return;
    throw wrongField(
      'spend',
      'is not what an earlier correction of this attempt booked. Send the earlier amount to complete it',
    );
  }
  const difference = cost - (row.cost ?? 0n);
  const charges: Charge[] = [];
  for (const spender of await spendersOf(context, row)) {
    if (!row.accounts.includes(spender.account)) continue;
    charges.push(...(await chargesOf(context, spender, row.startedAtMs, difference)));
  }
  const nothing = { inputTokens: 0, outputTokens: 0 };
  const nowMs = clock.nowMs();
  const id = newCallId(nowMs);
  await claims.claim({ id, nowMs, accounts: [], amounts: { ...nothing, hold: 0n, exposure: 0n } });
  await claims.settle({ id, nowMs, cost: 0n, ...nothing, charges });
}

/** Everyone whose budget may count the row. */
async function spendersOf(context: ManagementContext, row: LedgerRow): Promise<Spender[]> {
  const { directory, clock } = context;
  const { keyHash, teamId, userId, organizationId, customerId, tags } = row;
  const [key, team, user, organization, customer, tagged, member, organizationMembers] = await Promise.all([
    directory.findKey(keyHash, clock.nowMs()),
    teamId === undefined ? undefined : directory.get('team', teamId),
    userId === undefined ? undefined : directory.get('user', userId),
    organizationId === undefined ? undefined : directory.get('organization', organizationId),
    customerId === undefined ? undefined : directory.get('customer', customerId),
    directory.getMany('tag', tags),
    teamId === undefined || userId === undefined ? undefined : directory.teamMember(teamId, userId),
    organizationId === undefined ? [] : directory.organizationMembers(organizationId),
  ]);
  const spenders: Spender[] = [
    platformSpender(context),
    ...(key === undefined ? [] : [spenderOf.key(key)]),
    ...(team === undefined ? [] : [spenderOf.team(team)]),
    ...(user === undefined ? [] : [spenderOf.user(user)]),
    ...(organization === undefined ? [] : [spenderOf.organization(organization)]),
    ...(customer === undefined ? [] : [spenderOf.customer(customer)]),
    ...tagged.map(spenderOf.tag),
    ...(team === undefined || member === undefined ? [] : [memberSpender(team, member)]),
    ...organizationMembers
      .filter((each) => each.userId === userId)
      .map((each) => ({
        account: accountOf.organizationMember(each.organizationId, each.userId),
        limits: each,
        createdAtMs: each.createdAtMs,
      })),
  ];
  return [...spenders, ...spenders.flatMap(modelSpenders)];
}

function platformSpender({ config }: ManagementContext): Spender {
  const { globalMax, globalPeriod } = config().budgets;
  const limits: Limits = defined({ maxBudget: globalMax, budgetDuration: globalPeriod });
  return { account: accountOf.platform, limits, createdAtMs: 0 };
}

/** The parts of an account that models with budgets of their own count. */
function modelSpenders({ account, limits, createdAtMs }: Spender): Spender[] {
  return Object.entries(limits.modelMaxBudget ?? {}).map(([group, { max, duration }]) => ({
    account: accountOf.model(account, group),
    limits: { maxBudget: max, ...defined({ budgetDuration: duration, budgetAnchorMs: limits.budgetAnchorMs }) },
    createdAtMs,
  }));
}
