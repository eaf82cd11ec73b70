import type { JsonObject } from '../../core/json.ts';
import type { BilledKind, BilledUsage, BillLine, BillPage, BillQuery, BillReports, BillWidth } from '../bill.ts';
import { amountIn, countIn, isoIn, listIn, nextIn, objectIn, textIn } from '../report-members.ts';

/** The most buckets of an answer: `limit` (the source below). */
const MOST_BUCKETS: Readonly<Record<BillWidth, number>> = { day: 31, hour: 168, minute: 1_440 };
const WIDTHS: Readonly<Record<BillWidth, string>> = { day: '1d', hour: '1h', minute: '1m' };
const MOST_KEYS = 1_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const CENTS = 100n;

/** Anthropic's reports. Usage has no number of requests, days are UTC, amounts are cents as decimal texts. */
export const anthropicBill: BillReports = {
  keyVariables: ['ANTHROPIC_ADMIN_KEY', 'ANTHROPIC_ADMIN_API_KEY'],
  baseUrl: 'https://api.anthropic.com',
  finest: 'minute',
  usage: ({ fromMs, toMs }, width, { adminKey }) => {
    const query = new URLSearchParams({
      starting_at: isoTime(fromMs),
      ending_at: isoTime(toMs),
      bucket_width: WIDTHS[width],
      limit: String(MOST_BUCKETS[width]),
    });
    for (const by of ['model', 'api_key_id', 'workspace_id', 'service_tier', 'context_window'])
      query.append('group_by[]', by);
    return [
      page('/v1/organizations/usage_report/messages', query, adminKey, (bucket, result) => ({
        usage: [usageOf(bucket, result)],
      })),
    ];
  },
  costs: ({ fromMs, toMs }, { adminKey }) => {
    const query = new URLSearchParams({
      starting_at: isoTime(fromMs),
      ending_at: isoTime(toMs),
      limit: String(MOST_BUCKETS.day),
    });
    for (const by of ['workspace_id', 'description']) query.append('group_by[]', by);
    return [page('/v1/organizations/cost_report', query, adminKey, costPage)];
  },
  keys: ({ adminKey }) => [keys(undefined, adminKey)],
  files: [
    {
      title: 'Anthropic usage export of the console',
      columns: ['usage_date_utc', 'model_version', 'usage_input_tokens_no_cache', 'usage_output_tokens'],
      read: (line) => ({ usage: [usageOfLine(line)] }),
    },
    {
      title: 'Anthropic cost export of the console',
      columns: ['usage_date_utc', 'token_type', 'cost_usd'],
      read: costOfLine,
    },
  ],
  source:
    'https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages, https://platform.claude.com/docs/en/api/admin/cost_report, ' +
    'https://platform.claude.com/docs/en/api/admin/api_keys/list (2026-11-29)',
};

const isoTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

const headersOf = (adminKey: string): Readonly<Record<string, string>> => ({
  'x-api-key': adminKey,
  'anthropic-version': '2023-06-01',
});

function page(
  path: string,
  query: URLSearchParams,
  adminKey: string,
  read: (bucket: JsonObject, result: JsonObject) => BillPage,
): BillQuery {
  return {
    path: `${path}?${query}`,
    headers: headersOf(adminKey),
    read(answer) {
      const whole = objectIn(answer, 'the answer');
      const pages = listIn(whole, 'data').flatMap((bucket) =>
        listIn(bucket, 'results').map((result) => read(bucket, result)),
      );
      const cursor = nextIn(whole);
      const further = new URLSearchParams(query);
      if (cursor !== undefined) further.set('page', cursor);
      return {
        usage: pages.flatMap(({ usage = [] }) => usage),
        costs: pages.flatMap(({ costs = [] }) => costs),
        next: cursor === undefined ? [] : [page(path, further, adminKey, read)],
      };
    },
  };
}

function usageOf(bucket: JsonObject, result: JsonObject): BilledUsage {
  const written = result.cache_creation == null ? {} : objectIn(result.cache_creation, 'cache_creation');
  return {
    startMs: isoIn(bucket, 'starting_at'),
    endMs: isoIn(bucket, 'ending_at'),
    model: textIn(result, 'model') ?? '',
    keyId: textIn(result, 'api_key_id'),
    project: textIn(result, 'workspace_id'),
    tier: tierOf(textIn(result, 'service_tier')),
    tokens: {
      input: countIn(result, 'uncached_input_tokens'),
      cachedInput: countIn(result, 'cache_read_input_tokens'),
      cacheWrite: countIn(written, 'ephemeral_5m_input_tokens'),
      cacheWriteOneHour: countIn(written, 'ephemeral_1h_input_tokens'),
      output: countIn(result, 'output_tokens'),
    },
  };
}

const tierOf = (tier: string | undefined): string | undefined => (tier === 'standard' ? undefined : tier);

const KINDS: ReadonlyMap<string, BilledKind> = new Map([
  ['uncached_input_tokens', 'input'],
  ['output_tokens', 'output'],
  ['cache_read_input_tokens', 'cachedInput'],
  ['cache_creation.ephemeral_5m_input_tokens', 'cacheWrite'],
  ['cache_creation.ephemeral_1h_input_tokens', 'cacheWriteOneHour'],
  // As the console's file calls them.
  ['input_no_cache', 'input'],
  ['input_cache_read', 'cachedInput'],
  ['input_cache_write_5m', 'cacheWrite'],
  ['input_cache_write_1h', 'cacheWriteOneHour'],
  ['output', 'output'],
]);

function costPage(bucket: JsonObject, result: JsonObject): BillPage {
  const type = textIn(result, 'token_type');
  return {
    costs: [
      {
        startMs: isoIn(bucket, 'starting_at'),
        endMs: isoIn(bucket, 'ending_at'),
        cost: amountIn(result.amount, 'amount', CENTS),
        currency: (textIn(result, 'currency') ?? 'usd').toLowerCase(),
        what: textIn(result, 'description') ?? textIn(result, 'cost_type') ?? '',
        model: textIn(result, 'model'),
        kind: type === undefined ? undefined : KINDS.get(type),
        tier: tierOf(textIn(result, 'service_tier')),
      },
    ],
  };
}

function keys(after: string | undefined, adminKey: string): BillQuery {
  const query = new URLSearchParams({ limit: String(MOST_KEYS), ...(after !== undefined && { after_id: after }) });
  return {
    path: `/v1/organizations/api_keys?${query}`,
    headers: headersOf(adminKey),
    read(answer) {
      const whole = objectIn(answer, 'the answer');
      const last = whole.has_more === true ? textIn(whole, 'last_id') : undefined;
      return {
        keys: listIn(whole, 'data').flatMap((key) => {
          const id = textIn(key, 'id');
          return id === undefined ? [] : [{ id, hint: textIn(key, 'partial_key_hint') }];
        }),
        next: last === undefined ? [] : [keys(last, adminKey)],
      };
    },
  };
}

/** A line of the console's file is a day, or an hour if a time stands behind the date. Keys are named, not numbered. */
function usageOfLine(line: BillLine): BilledUsage {
  return {
    ...spanOf(line),
    model: line.text('model_version'),
    keyId: line.text('api_key') || undefined,
    project: line.text('workspace') || undefined,
    tier: tierOf(line.text('usage_type') || undefined),
    tokens: {
      input: line.count('usage_input_tokens_no_cache'),
      cachedInput: line.count('usage_input_tokens_cache_read'),
      cacheWrite: line.count('usage_input_tokens_cache_write_5m'),
      cacheWriteOneHour: line.count('usage_input_tokens_cache_write_1h'),
      output: line.count('usage_output_tokens'),
    },
  };
}

function spanOf(line: BillLine): { readonly startMs: number; readonly endMs: number } {
  const startMs = line.time('usage_date_utc');
  return { startMs, endMs: startMs + (/\d:\d/.test(line.text('usage_date_utc')) ? HOUR_MS : DAY_MS) };
}

function costOfLine(line: BillLine): BillPage {
  const cost = line.money('cost_usd');
  if (cost === undefined) return {};
  const type = line.text('token_type');
  return {
    costs: [
      {
        ...spanOf(line),
        cost,
        currency: 'usd',
        what: [line.text('model'), type || line.text('cost_type')].filter((part) => part !== '').join(', '),
        model: line.text('model') || undefined,
        kind: KINDS.get(type),
        tier: tierOf(line.text('usage_type') || undefined),
      },
    ],
  };
}
