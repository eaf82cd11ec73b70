import type { JsonObject, JsonValue } from '../../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../../core/money.ts';
import type { BilledKind, BillLine, BillPage, BillQuery, BillReports, BillSpan } from '../bill.ts';
import { listIn, objectIn, textIn } from '../report-members.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MOST_ROWS = 10_000;
const ANSWER_WITHIN_MS = 20_000;
/** `project.dataset.table` or `project:dataset.table`, in the letters that BigQuery allows unquoted. */
const TABLE = /^([a-z][a-z0-9-]{4,61}[a-z0-9])[.:]([A-Za-z0-9_]{1,1024})\.([A-Za-z0-9_-]{1,1024})$/;

/**
 * Google has no report of usage for the Gemini API: its bill is exported to BigQuery (standard usage cost), an hour a row, and is asked for
 * in SQL under an access token. Amounts of usage and money are in one row, by SKU; models stand in the SKU's description.
 */
export const geminiBill: BillReports = {
  keyVariables: ['GOOGLE_BILLING_ACCESS_TOKEN'],
  baseUrl: 'https://bigquery.googleapis.com',
  finest: 'hour',
  needsTable: true,
  usage: (span, width, { adminKey, table = '' }) => [firstQuery(span, width === 'day', adminKey, table)],
  // They stand beside the usage.
  costs: () => [],
  keys: () => [],
  files: [
    {
      title: 'Google Cloud Billing export (BigQuery result)',
      columns: ['sku_description', 'usage_start_time', 'usage_amount', 'cost'],
      read: (line) => pageOfLine(line, ['sku_description', 'usage_start_time', 'usage_amount', 'cost'], HOUR_MS),
    },
    {
      title: 'Google Cloud Billing report',
      columns: ['sku description', 'usage start date', 'usage amount', 'cost ($)'],
      read: (line) => pageOfLine(line, ['sku description', 'usage start date', 'usage amount', 'cost ($)'], DAY_MS),
    },
  ],
  source:
    'https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage, ' +
    'https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query, https://ai.google.dev/gemini-api/docs/billing (2026-11-29)',
};

function firstQuery({ fromMs, toMs }: BillSpan, isByDay: boolean, token: string, table: string): BillQuery {
  const [, project = '', dataset = '', name = ''] = TABLE.exec(table) ?? [];
  if (project === '')
    throw new RangeError(`the table must be written as project.dataset.table, not ${JSON.stringify(table)}`);
  const unit = isByDay ? 'DAY' : 'HOUR';
  const time = (parameter: string, ms: number) => ({
    name: parameter,
    parameterType: { type: 'TIMESTAMP' },
    parameterValue: { value: new Date(ms).toISOString() },
  });
  // The table's name was checked letter by letter; it cannot be a parameter.
  const query =
    `SELECT UNIX_SECONDS(TIMESTAMP_TRUNC(usage_start_time, ${unit})) AS start, project.id AS project, ` +
    'sku.description AS sku, usage.unit AS unit, currency, SUM(usage.amount) AS amount, ' +
    'SUM(CAST(cost AS NUMERIC)) AS cost ' +
    `FROM \`${project}.${dataset}.${name}\` WHERE usage_start_time >= @from AND usage_start_time < @to ` +
    "AND REGEXP_CONTAINS(LOWER(sku.description), 'gemini|gemma|embed') GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3";
  const body = JSON.stringify({
    query,
    useLegacySql: false,
    timeoutMs: ANSWER_WITHIN_MS,
    maxResults: MOST_ROWS,
    parameterMode: 'NAMED',
    queryParameters: [time('from', fromMs), time('to', toMs)],
  });
  return {
    path: `/bigquery/v2/projects/${project}/queries`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
    read: (answer) => readAnswer(answer, project, token, isByDay ? DAY_MS : HOUR_MS),
  };
}

/** A query may take longer than its answer waits, and its rows may come in pages: both go on at the job. */
function readAnswer(answer: JsonValue, project: string, token: string, widthMs: number): BillPage {
  const whole = objectIn(answer, 'the answer');
  const isDone = whole.jobComplete === true;
  const cursor = textIn(whole, 'pageToken');
  const page = isDone ? rowsOf(whole, widthMs) : {};
  if (isDone && cursor === undefined) return page;
  const job = objectIn(whole.jobReference, 'jobReference');
  const query = new URLSearchParams({ maxResults: String(MOST_ROWS), timeoutMs: String(ANSWER_WITHIN_MS) });
  if (cursor !== undefined) query.set('pageToken', cursor);
  const location = textIn(job, 'location');
  if (location !== undefined) query.set('location', location);
  const next: BillQuery = {
    path: `/bigquery/v2/projects/${project}/queries/${encodeURIComponent(textIn(job, 'jobId') ?? '')}?${query}`,
    headers: { authorization: `Bearer ${token}` },
    read: (further) => readAnswer(further, project, token, widthMs),
  };
  return { ...page, next: [next] };
}

/** BigQuery writes a row as `{"f": [{"v": …}]}`, in the order of the schema's fields. */
function rowsOf(whole: JsonObject, widthMs: number): BillPage {
  if (whole.rows === undefined) return {};
  const names = listIn(objectIn(whole.schema, 'schema'), 'fields').map((field) => textIn(field, 'name') ?? '');
  const pages = listIn(whole, 'rows').map((row) => {
    const values = listIn(row, 'f').map(({ v }) => v);
    const text = (name: string): string => {
      const value = values[names.indexOf(name)];
      return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    };
    const cost = picoUsdFromUsd(text('cost'));
    const startMs = Number(text('start')) * 1_000;
    if (cost === undefined || Number.isNaN(startMs)) throw new TypeError('a row has no time or no cost');
    const span = { startMs, endMs: startMs + widthMs };
    return pageOf(span, text('sku'), Number(text('amount')), cost, text('currency'), text('project') || undefined);
  });
  return {
    usage: pages.flatMap(({ usage = [] }) => usage),
    costs: pages.flatMap(({ costs = [] }) => costs),
  };
}

function pageOf(
  span: { readonly startMs: number; readonly endMs: number },
  sku: string,
  amount: number,
  cost: PicoUsd,
  currency: string,
  project: string | undefined,
): BillPage {
  const { model, kind, tier } = partsOfSku(sku);
  const told = { ...span, model: model ?? '', project, tier };
  return {
    costs: [{ ...span, cost, currency: currency.toLowerCase() || 'usd', what: sku, model, kind, tier }],
    // What is not counted in tokens (searches, storage by the hour) is a cost only.
    usage: model === undefined || kind === undefined ? [] : [{ ...told, tokens: { [kind]: Math.round(amount) } }],
  };
}

const NOISE =
  /\b(?:generate|content|cached|caching|input|output|token|tokens|count|for|text|image|video|audio|short|long|thinking|predictions|online|global|batch|flex|priority|embed|the|non|in)\b/g;

/** `Generate content cached input token count gemini 2.5 flash short text batch`; `Gemini 2.5 Pro Thinking Text Output - Predictions`. */
function partsOfSku(sku: string): { readonly model?: string; readonly kind?: BilledKind; readonly tier?: string } {
  const words = sku.replaceAll('_', ' ').toLowerCase();
  if (!/\b(?:gemini|gemma)\b/.test(words) || /\b(?:storage|search|grounding)\b/.test(words)) return {};
  const isCached = /\bcach(?:ed|ing)\b/.test(words);
  // Of `output token count … short input text` the first word counts: the second names the size of the prompt.
  const isOutput = /\boutput token/.test(words) || (!/\binput token/.test(words) && /\boutput\b/.test(words));
  const isAudio = /\baudio\b/.test(words);
  const kind = isCached
    ? 'cachedInput'
    : isOutput
      ? isAudio
        ? 'audioOutput'
        : 'output'
      : isAudio
        ? 'audioInput'
        : 'input';
  const tier = /\b(?:batch|flex|priority)\b/.exec(words)?.[0];
  const rest = words.replace(/\s-\s.*$/, '').replace(NOISE, ' ');
  const model = rest.trim().split(/\s+/).join('-');
  return { model, kind, ...(tier !== undefined && { tier }) };
}

function pageOfLine(line: BillLine, [sku, start, amount, money]: [string, string, string, string], widthMs: number) {
  const cost = line.money(money);
  const startMs = line.time(start);
  const count = line.text(amount) === '' ? 0 : Number(line.text(amount).replaceAll(',', ''));
  if (cost === undefined || Number.isNaN(count)) throw new TypeError(`${money} or ${amount} cannot be read`);
  const project = line.text('project_id') || line.text('project id') || undefined;
  return pageOf({ startMs, endMs: startMs + widthMs }, line.text(sku), count, cost, line.text('currency'), project);
}
