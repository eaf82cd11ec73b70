/**
 * The reports of what was billed, in their true wire format: OpenAI's usage and costs, Anthropic's usage and cost reports, and BigQuery with
 * Google's billing export. Sources: `bill.ts` of each provider in src/providers, with links and dates.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { formatUsd } from '../../src/core/money.ts';
import { type Book, type BookedMinute, keyHint, keyId } from './book.ts';
import { BOOKED, type Booked, type SimulatedBilling } from './options.ts';

/** A question to a report. */
interface ReportCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonValue | undefined;
  readonly nowMs: number;
}

/** What is answered. */
interface ReportAnswer {
  readonly status: number;
  readonly json: JsonValue;
}

const WIDTHS: Readonly<Record<string, number>> = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 };
const MOST: Readonly<Record<string, number>> = { '1m': 1_440, '1h': 168, '1d': 31 };
const PROJECT = 'proj_simulated';

/** Whether a path is one of a report. */
export const isReport = (path: string): boolean =>
  /^\/(?:v1\/organizations?\/(?:usage|costs|projects|usage_report|cost_report|api_keys)|bigquery\/v2\/projects\/)/.test(
    path,
  );

/** Answers it. */
export function report(call: ReportCall, book: Book, options: SimulatedBilling): ReportAnswer {
  const { pathname } = call.url;
  if (pathname.startsWith('/bigquery/')) return bigquery(call, book, options);
  if (pathname.startsWith('/v1/organizations/')) return anthropic(call, book, options);
  return openai(call, book, options);
}

const isAdmin = (key: string | undefined, { adminKeys = ['admin-key'] }: SimulatedBilling): boolean =>
  key !== undefined && adminKeys.includes(key);

const bearerOf = ({ headers }: ReportCall): string | undefined =>
  /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];

function openai(call: ReportCall, book: Book, options: SimulatedBilling): ReportAnswer {
  const { url, nowMs } = call;
  if (!isAdmin(bearerOf(call), options)) {
    const message =
      'You have insufficient permissions for this operation. Missing scopes: api.usage.read. Check that you have the correct role in your organization.';
    return { status: 403, json: { error: { message, type: 'invalid_request_error', param: null, code: null } } };
  }
  const path = url.pathname;
  if (path === '/v1/organization/projects')
    return list([{ object: 'organization.project', id: PROJECT, name: 'Simulated', status: 'active' }]);
  if (path === `/v1/organization/projects/${PROJECT}/api_keys`) {
    const keys = new Set([...book.of('openai', 0, Number.POSITIVE_INFINITY, nowMs)].map(({ key }) => key));
    return list(
      [...keys].map((key) => ({
        ...{ object: 'organization.project.api_key', id: keyId('openai', key), name: 'a key' },
        redacted_value: keyHint(key),
      })),
    );
  }
  const usage = /^\/v1\/organization\/usage\/(completions|embeddings)$/.exec(path)?.[1];
  const isCosts = path === '/v1/organization/costs';
  if (usage === undefined && !isCosts)
    return { status: 404, json: { error: { message: `Invalid URL (GET ${path})` } } };
  const start = Number(url.searchParams.get('start_time') ?? Number.NaN) * 1_000;
  if (Number.isNaN(start))
    return { status: 400, json: { error: { message: "Missing required parameter: 'start_time'." } } };
  const end = Number(url.searchParams.get('end_time') ?? nowMs / 1_000) * 1_000;
  const width = isCosts ? '1d' : (url.searchParams.get('bucket_width') ?? '1d');
  const paged = buckets({ start, end, width, most: isCosts ? 180 : MOST[width], query: url.searchParams }, options);
  if (paged === undefined) return { status: 400, json: { error: { message: 'Invalid limit, page or bucket_width.' } } };
  const data = paged.spans.map(([fromMs, toMs]): JsonObject => {
    const minutes = [...book.of('openai', fromMs, toMs, nowMs)];
    const results = isCosts
      ? openaiCosts(minutes)
      : openaiUsage(minutes, usage === 'embeddings', url.searchParams.getAll('group_by'));
    return { object: 'bucket', start_time: fromMs / 1_000, end_time: toMs / 1_000, results };
  });
  return { status: 200, json: { object: 'page', data, has_more: paged.next !== null, next_page: paged.next } };
}

const list = (data: JsonObject[]): ReportAnswer => ({
  status: 200,
  json: { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false },
});

interface Paged {
  readonly start: number;
  readonly end: number;
  readonly width: string;
  readonly most: number | undefined;
  readonly query: URLSearchParams;
}

/** The buckets of a page, empty ones too, and where the next page begins. */
function buckets({ start, end, width, most, query }: Paged, { pageSize }: SimulatedBilling) {
  const ms = WIDTHS[width];
  const limit = Number(query.get('limit') ?? Math.min(7, most ?? 0));
  if (ms === undefined || most === undefined || !(limit >= 1 && limit <= most)) return undefined;
  const cursor = query.get('page');
  const from =
    cursor === null ? Math.floor(start / ms) * ms : Number(Buffer.from(cursor.slice(5), 'base64').toString());
  if (Number.isNaN(from)) return undefined;
  const spans: [number, number][] = [];
  for (let at = from; at < end && spans.length < Math.min(limit, pageSize ?? limit); at += ms)
    spans.push([at, at + ms]);
  const next = spans.at(-1)?.[1] ?? end;
  return { spans, next: next < end ? `page_${Buffer.from(String(next)).toString('base64')}` : null };
}

function grouped(minutes: readonly BookedMinute[], by: (minute: BookedMinute) => string): BookedMinute[] {
  const groups = new Map<string, BookedMinute>();
  for (const minute of minutes) {
    const id = by(minute);
    const known = groups.get(id);
    if (known === undefined) {
      groups.set(id, { ...minute, tokens: { ...minute.tokens }, cost: { ...minute.cost } });
      continue;
    }
    known.requests += minute.requests;
    for (const kind of BOOKED) {
      known.tokens[kind] += minute.tokens[kind];
      known.cost[kind] += minute.cost[kind];
    }
  }
  return [...groups.values()];
}

function openaiUsage(minutes: readonly BookedMinute[], isEmbeddings: boolean, by: readonly string[]): JsonObject[] {
  const [model, key] = [by.includes('model'), by.includes('api_key_id')];
  const of = minutes.filter(({ isEmbedding }) => isEmbedding === isEmbeddings);
  return grouped(of, (each) => `${model ? each.model : ''} ${key ? each.key : ''}`).map((each) => {
    const { input, cached, written, output } = each.tokens;
    const ids = {
      project_id: by.includes('project_id') ? PROJECT : null,
      ...{
        user_id: null,
        api_key_id: key ? keyId('openai', each.key) : null,
        model: model ? snapshotOf(each.model) : null,
      },
    };
    if (isEmbeddings)
      return {
        object: 'organization.usage.embeddings.result',
        input_tokens: input,
        num_model_requests: each.requests,
        ...ids,
      };
    return {
      object: 'organization.usage.completions.result',
      input_tokens: input + cached + written,
      input_cached_tokens: cached,
      input_cache_write_tokens: written,
      ...{ output_tokens: output, input_audio_tokens: 0, output_audio_tokens: 0 },
      ...{ num_model_requests: each.requests, ...ids },
      batch: by.includes('batch') ? false : null,
      service_tier: by.includes('service_tier') ? 'default' : null,
    };
  });
}

/** A provider reports the snapshot that an alias means. */
const SNAPSHOTS: Readonly<Record<string, string>> = {
  'gpt-4o': 'gpt-4o-2024-08-06',
  'gpt-4o-mini': 'gpt-4o-mini-2024-07-18',
};
const snapshotOf = (model: string): string => SNAPSHOTS[model] ?? model;

const LINE_ITEMS: Readonly<Record<Booked, string>> = {
  input: 'input',
  cached: 'cached input',
  written: 'cache writes',
  writtenOneHour: 'cache writes',
  output: 'output',
};

function openaiCosts(minutes: readonly BookedMinute[]): JsonObject[] {
  return grouped(minutes, ({ model }) => model).flatMap((each) =>
    BOOKED.filter((kind) => each.tokens[kind] > 0).map((kind) => ({
      object: 'organization.costs.result',
      amount: { value: Number(formatUsd(each.cost[kind])), currency: 'usd' },
      line_item: `${snapshotOf(each.model)}, ${LINE_ITEMS[kind]}`,
      ...{ project_id: null, organization_id: 'org-simulated' },
    })),
  );
}

function anthropic(call: ReportCall, book: Book, options: SimulatedBilling): ReportAnswer {
  const { url, headers, nowMs } = call;
  const refuse = (status: number, type: string, message: string): ReportAnswer => ({
    status,
    json: { type: 'error', error: { type, message }, request_id: 'req_simulated' },
  });
  if (headers['anthropic-version'] === undefined)
    return refuse(400, 'invalid_request_error', 'anthropic-version: header is required');
  if (!isAdmin(typeof headers['x-api-key'] === 'string' ? headers['x-api-key'] : undefined, options))
    return refuse(401, 'authentication_error', 'invalid x-api-key');
  const path = url.pathname;
  if (path === '/v1/organizations/api_keys') {
    const keys = [...new Set([...book.of('anthropic', 0, Number.POSITIVE_INFINITY, nowMs)].map(({ key }) => key))];
    const data = keys.map((key) => ({
      ...{ id: keyId('anthropic', key), type: 'api_key', name: 'a key', workspace_id: null, status: 'active' },
      partial_key_hint: keyHint(key),
    }));
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    return { status: 200, json: { data, has_more: false, ...ends } };
  }
  const isUsage = path === '/v1/organizations/usage_report/messages';
  if (!isUsage && path !== '/v1/organizations/cost_report') return refuse(404, 'not_found_error', 'Not Found');
  const start = Date.parse(url.searchParams.get('starting_at') ?? '');
  if (Number.isNaN(start)) return refuse(400, 'invalid_request_error', 'starting_at: Field required');
  const end = Date.parse(url.searchParams.get('ending_at') ?? new Date(nowMs).toISOString());
  const width = isUsage ? (url.searchParams.get('bucket_width') ?? '1d') : '1d';
  const paged = buckets({ start, end, width, most: MOST[width], query: url.searchParams }, options);
  if (paged === undefined)
    return refuse(400, 'invalid_request_error', 'limit, page or bucket_width: Input should be valid');
  const by = url.searchParams.getAll('group_by[]');
  const data = paged.spans.map(([fromMs, toMs]): JsonObject => {
    const minutes = [...book.of('anthropic', fromMs, toMs, nowMs)];
    const results = isUsage ? anthropicUsage(minutes, by) : anthropicCosts(minutes, by.includes('description'));
    return { starting_at: isoOf(fromMs), ending_at: isoOf(toMs), results };
  });
  return { status: 200, json: { data, has_more: paged.next !== null, next_page: paged.next } };
}

const isoOf = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

function anthropicUsage(minutes: readonly BookedMinute[], by: readonly string[]): JsonObject[] {
  const [model, key] = [by.includes('model'), by.includes('api_key_id')];
  return grouped(minutes, (each) => `${model ? each.model : ''} ${key ? each.key : ''}`).map((each) => ({
    uncached_input_tokens: each.tokens.input,
    cache_creation: {
      ephemeral_5m_input_tokens: each.tokens.written,
      ephemeral_1h_input_tokens: each.tokens.writtenOneHour,
    },
    cache_read_input_tokens: each.tokens.cached,
    output_tokens: each.tokens.output,
    server_tool_use: { web_search_requests: 0 },
    model: model ? each.model : null,
    api_key_id: key ? keyId('anthropic', each.key) : null,
    workspace_id: null,
    service_tier: by.includes('service_tier') ? 'standard' : null,
    context_window: by.includes('context_window') ? '0-200k' : null,
    inference_geo: null,
  }));
}

const TOKEN_TYPES: Readonly<Record<Booked, string>> = {
  input: 'uncached_input_tokens',
  cached: 'cache_read_input_tokens',
  written: 'cache_creation.ephemeral_5m_input_tokens',
  writtenOneHour: 'cache_creation.ephemeral_1h_input_tokens',
  output: 'output_tokens',
};

function anthropicCosts(minutes: readonly BookedMinute[], isDescribed: boolean): JsonObject[] {
  return grouped(minutes, ({ model }) => model).flatMap((each) =>
    BOOKED.filter((kind) => each.tokens[kind] > 0).map((kind) => ({
      amount: formatUsd(each.cost[kind] * 100n),
      currency: 'USD',
      cost_type: isDescribed ? 'tokens' : null,
      description: isDescribed ? `${each.model} Usage - ${TOKEN_TYPES[kind]}` : null,
      model: isDescribed ? each.model : null,
      token_type: isDescribed ? TOKEN_TYPES[kind] : null,
      service_tier: isDescribed ? 'standard' : null,
      context_window: isDescribed ? '0-200k' : null,
      ...{ workspace_id: null, inference_geo: null },
    })),
  );
}

const SKUS: Readonly<Record<Booked, string>> = {
  input: 'input token count',
  cached: 'cached input token count',
  written: 'cached input token count',
  writtenOneHour: 'cached input token count',
  output: 'output token count',
};
const FIELDS = ['start', 'project', 'sku', 'unit', 'currency', 'amount', 'cost'];

/** The billing export, as the query of `src/providers/gemini/bill.ts` reads it. The first answer is that the query still runs. */
function bigquery(call: ReportCall, book: Book, options: SimulatedBilling): ReportAnswer {
  const { url, body, method, nowMs } = call;
  if (!isAdmin(bearerOf(call), options)) {
    const message = 'Request had invalid authentication credentials. Expected OAuth 2 access token.';
    return { status: 401, json: { error: { code: 401, message, status: 'UNAUTHENTICATED' } } };
  }
  if (method === 'POST') {
    const asked = body !== undefined && isJsonObject(body) ? body : {};
    const job = Buffer.from(JSON.stringify(asked)).toString('base64url');
    return {
      status: 200,
      json: { kind: 'bigquery#queryResponse', jobComplete: false, jobReference: { jobId: job, location: 'EU' } },
    };
  }
  const job = url.pathname.split('/').at(-1) ?? '';
  const asked = JSON.parse(Buffer.from(job, 'base64url').toString()) as {
    readonly query: string;
    readonly queryParameters: readonly { readonly name: string; readonly parameterValue: { readonly value: string } }[];
  };
  const time = (name: string): number =>
    Date.parse(asked.queryParameters.find((each) => each.name === name)?.parameterValue.value ?? '');
  const widthMs = /TIMESTAMP_TRUNC\(usage_start_time, DAY\)/.test(asked.query) ? 86_400_000 : 3_600_000;
  const rows = exportRows([...book.of('gemini', time('from'), time('to'), nowMs)], widthMs);
  const from = Number(url.searchParams.get('pageToken') ?? 0);
  const until = from + (options.pageSize ?? Number(url.searchParams.get('maxResults') ?? rows.length));
  return {
    status: 200,
    json: {
      kind: 'bigquery#getQueryResultsResponse',
      jobComplete: true,
      jobReference: { jobId: job, location: 'EU' },
      schema: { fields: FIELDS.map((name) => ({ name, type: 'STRING' })) },
      totalRows: String(rows.length),
      rows: rows.slice(from, until).map((values) => ({ f: values.map((v) => ({ v })) })),
      ...(until < rows.length && { pageToken: String(until) }),
    },
  };
}

function exportRows(minutes: readonly BookedMinute[], widthMs: number): string[][] {
  const startOf = ({ ms }: BookedMinute): number => Math.floor(ms / widthMs) * widthMs;
  return grouped(minutes, (each) => `${startOf(each)} ${each.model}`).flatMap((each) =>
    BOOKED.filter((kind) => each.tokens[kind] > 0).map((kind) => [
      ...[String(startOf(each) / 1_000), 'simulated-project'],
      `Generate content ${SKUS[kind]} ${each.model.replaceAll('-', ' ')} text`,
      ...['count', 'USD', String(each.tokens[kind]), formatUsd(each.cost[kind])],
    ]),
  );
}
