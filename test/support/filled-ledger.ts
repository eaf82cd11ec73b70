/** A ledger with a year of many rows, made by the database itself, and the reports that people ask of one, timed. */
import { type Kysely, sql } from 'kysely';
import type { Ledger } from '../../src/stores/contracts/ledger.ts';
import type { NoTables, SqlConnection } from '../../src/stores/sql/connection.ts';

const ROWS_AT_ONCE = 100_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
const KEYS = 1_000;
/** With three digits of a number behind it, a hash of 64 letters. */
const HASH_BEGIN = 'a'.repeat(60);

/** When the year of the rows begins. */
export const YEAR_BEGINS_MS = Date.UTC(2025, 0, 1);

/** The hash of one of the thousand keys. */
export const keyHashAt = (number: number): string => `${HASH_BEGIN}${1_000 + (number % KEYS)}`;

/** Fills the tables of an empty ledger: a thousand keys of a hundred teams, two models each, a tag on every fifth row. */
export async function fillLedger(
  { write }: SqlConnection,
  rows: number,
  onProgress: (rows: number) => void = () => undefined,
): Promise<void> {
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const until = Math.min(rows, from + ROWS_AT_ONCE);
    await write.transaction().execute((transaction) => fillPart(transaction, from, until, rows));
    onProgress(until);
  }
}

async function fillPart(transaction: Kysely<NoTables>, from: number, until: number, all: number): Promise<void> {
  const stepMs = YEAR_MS / all;
  const begins = (n: number): number => YEAR_BEGINS_MS + Math.floor(n * stepMs);
  const data = JSON.stringify({
    callId: 'call',
    attempt: 0,
    tags: [],
    route: '/v1/chat/completions',
    callType: 'acompletion',
    stream: true,
    requestedModel: 'fast',
    inputTokens: 1_000,
    outputTokens: 300,
    isEstimated: false,
    price: { source: 'list', rates: { input: '2500000', output: '10000000' } },
    requestedCost: '1234567',
  });
  // The ids lie scattered over the index, as random ones do.
  await sql`insert into ledger
    with recursive numbers(n) as (
      select cast(${from} as bigint) union all select n + 1 from numbers where n + 1 < ${until}),
    made as (select n, n * 7919 % ${sql.lit(KEYS)} as k, ${YEAR_BEGINS_MS} + cast(n * cast(${stepMs} as real) as bigint) as at from numbers)
    select cast(n * 2654435761 % 4294967296 as text) || '-' || cast(n as text) || '/0', at, at + 2000,
      ${HASH_BEGIN} || cast(1000 + k as text), 'user-' || cast(k % 300 as text), 'team-' || cast(k % 100 as text),
      'organization-' || cast(k % 10 as text), null, 'group-' || cast((k + n % 2) % 10 as text),
      'model-' || cast((k + n % 2) % 10 as text), 'provider-' || cast(k % 3 as text),
      case when n % 50 = 0 then 'failure' else 'success' end, 1000000 + n % 1000000,
      '["key:' || ${HASH_BEGIN} || cast(1000 + k as text) || '","team:team-' || cast(k % 100 as text) || '","platform"]',
      ${data}, 'answer-' || cast(n as text) from made`.execute(transaction);
  const [fromMs, toMs] = [begins(from), begins(until)];
  const part = sql`from ledger where started_at >= ${fromMs} and started_at < ${toMs}`;
  await sql`insert into ledger_tags select 'tag-' || cast(started_at % 7 as text), started_at, attempt_id ${part}
    and cost_pico % 5 = 0`.execute(transaction);
  for (const account of [sql`'key:' || key_hash`, sql`'team:' || team_id`, sql`'platform'`]) {
    await sql`insert into account_spend
      select ${account}, started_at / 900000 * 900000, sum(cost_pico) / 1000000, sum(cost_pico) % 1000000 ${part} group by 1, 2
      on conflict (account, bucket) do update set cost_micro = account_spend.cost_micro + excluded.cost_micro,
        cost_pico = account_spend.cost_pico + excluded.cost_pico`.execute(transaction);
    await sql`insert into account_totals
      select ${account}, sum(cost_pico) / 1000000, sum(cost_pico) % 1000000 ${part} group by 1
      on conflict (account) do update set cost_micro = account_totals.cost_micro + excluded.cost_micro,
        cost_pico = account_totals.cost_pico + excluded.cost_pico`.execute(transaction);
  }
  for (let day = Math.floor((fromMs - YEAR_BEGINS_MS) / DAY_MS); YEAR_BEGINS_MS + day * DAY_MS < toMs; day += 1) {
    const dayMs = YEAR_BEGINS_MS + day * DAY_MS;
    const date = new Date(dayMs).toISOString().slice(0, 10);
    await sql`insert into daily_activity
      select ${date}, key_hash, user_id, team_id, organization_id, '', model, model_group, provider, sum(1000), sum(300), 0, 0,
        sum(cost_pico) / 1000000, sum(cost_pico) % 1000000, sum(cost_pico) / 1000000, sum(cost_pico) % 1000000, count(*), count(*), 0
      from ledger where started_at >= ${Math.max(fromMs, dayMs)} and started_at < ${Math.min(toMs, dayMs + DAY_MS)}
      group by key_hash, user_id, team_id, organization_id, model, model_group, provider
      on conflict (date, key_hash, user_id, team_id, organization_id, customer_id, model, model_group, provider)
      do update set cost_micro = daily_activity.cost_micro + excluded.cost_micro,
        cost_pico = daily_activity.cost_pico + excluded.cost_pico,
        attempts = daily_activity.attempts + excluded.attempts`.execute(transaction);
  }
}

/** How long a report took, and how much it found. */
export interface TimedReport {
  readonly name: string;
  readonly ms: number;
  readonly found: number;
}

/** The reports of management pages and of limits, each asked once. */
export async function timeReports(ledger: Ledger): Promise<TimedReport[]> {
  const page = { limit: 50, offset: 0 };
  const keyHash = keyHashAt(7);
  const [fromMs, toMs] = [Date.UTC(2025, 5, 1), Date.UTC(2025, 6, 1)];
  const month = { fromDate: '2025-06-01', toDate: '2025-06-30' };
  const year = { fromDate: '2025-01-01', toDate: '2025-12-31' };
  const keys = Array.from({ length: 100 }, (_, index) => keyHashAt(index));
  const reports: Readonly<Record<string, () => Promise<{ readonly length: number } | number>>> = {
    'newest page': () => ledger.find({}, page),
    'page 100': () => ledger.find({}, { limit: 50, offset: 5_000 }),
    'newest page of a key': () => ledger.find({ keyHash }, page),
    'newest page of a key in a month': () => ledger.find({ keyHash, fromMs, toMs }, page),
    'newest page of a team': () => ledger.find({ teamId: 'team-7' }, page),
    'newest page of two teams': () => ledger.find({ teamIds: ['team-7', 'team-8'] }, page),
    'newest page of a user': () => ledger.find({ userId: 'user-7' }, page),
    'newest page of a model group': () => ledger.find({ modelGroup: 'group-8' }, page),
    'newest page of a tag': () => ledger.find({ tag: 'tag-3' }, page),
    'newest page of failures': () => ledger.find({ status: 'failure' }, page),
    'one call': () => ledger.find({ callId: '0-0' }, page),
    'one answer': () => ledger.find({ requestId: 'answer-7' }, page),
    'one answer of a key': () => ledger.find({ requestId: 'answer-1007', keyHash: keyHashAt(1007 * 7919) }, page),
    'one answer of two teams': () =>
      ledger.find({ requestId: 'answer-0', teamIds: ['team-0', 'team-8'] }, { ...page, order: 'oldest' }),
    'costliest of a key': () => ledger.find({ keyHash }, { ...page, order: 'costliest' }),
    'count of a key': () => ledger.count({ keyHash }),
    'count of a month': () => ledger.count({ fromMs, toMs }),
    'activity of a month by day': () => ledger.activity(month, ['date']),
    'activity of a month by key': () => ledger.activity(month, ['key']),
    'activity of a month by day and model of a team': () =>
      ledger.activity({ ...month, teamId: 'team-7' }, ['date', 'model']),
    'activity of a year by day of a key': () => ledger.activity({ ...year, keyHash }, ['date']),
    'activity of a year by day': () => ledger.activity(year, ['date']),
    'spent by a key in a month': async () => Number(await ledger.spent(`key:${keyHash}`, fromMs, toMs)),
    'spent by a key, odd edges': async () => Number(await ledger.spent(`key:${keyHash}`, fromMs + 1_234, toMs + 4_321)),
    'spent by a team, odd edges': async () => Number(await ledger.spent('team:team-7', fromMs + 1_234, toMs + 4_321)),
    'totals of 100 keys': async () => (await ledger.totals(keys.map((hash) => `key:${hash}`))).size,
  };
  const timed: TimedReport[] = [];
  for (const [name, ask] of Object.entries(reports)) {
    const startedMs = performance.now();
    const answer = await ask();
    timed.push({
      name,
      ms: performance.now() - startedMs,
      found: typeof answer === 'number' ? answer : answer.length,
    });
  }
  return timed;
}
