import type { JsonObject } from '../../core/json.ts';
import type {
  BilledKind,
  BilledTokens,
  BilledUsage,
  BillLine,
  BillPage,
  BillQuery,
  BillReports,
  BillWidth,
} from '../bill.ts';
import { amountIn, countIn, listIn, nextIn, objectIn, secondsIn, textIn } from '../report-members.ts';

/** The most buckets of an answer: `limit` (the source below). */
const MOST_BUCKETS: Readonly<Record<BillWidth, number>> = { day: 31, hour: 168, minute: 1_440 };
const WIDTHS: Readonly<Record<BillWidth, string>> = { day: '1d', hour: '1h', minute: '1m' };
const MOST_COST_BUCKETS = 180;
const MOST_LISTED = 100;

/** The reports that bill tokens. Other reports (images, speech, vector stores) bill what this gateway does not call. */
const USAGE = ['completions', 'embeddings'];

/**
 * OpenAI's reports. The usage of chat completions, responses and legacy completions is all in `completions`. Times are seconds, days
 * are UTC, amounts are USD.
 */
export const openaiBill: BillReports = {
  keyVariables: ['OPENAI_ADMIN_KEY'],
  baseUrl: 'https://api.openai.com',
  finest: 'minute',
  usage: ({ fromMs, toMs }, width, { adminKey }) =>
    USAGE.map((report) => {
      const query = new URLSearchParams({
        start_time: String(fromMs / 1_000),
        end_time: String(toMs / 1_000),
        bucket_width: WIDTHS[width],
        limit: String(MOST_BUCKETS[width]),
      });
      for (const by of ['model', 'api_key_id', 'project_id', 'batch', 'service_tier']) query.append('group_by', by);
      if (report === 'embeddings') for (const by of ['batch', 'service_tier']) query.delete('group_by', by);
      return page(`/v1/organization/usage/${report}`, query, adminKey, (bucket, result) => ({
        usage: [usageOf(bucket, result)],
      }));
    }),
  costs: ({ fromMs, toMs }, { adminKey }) => {
    const query = new URLSearchParams({
      start_time: String(fromMs / 1_000),
      end_time: String(toMs / 1_000),
      bucket_width: '1d',
      limit: String(MOST_COST_BUCKETS),
      group_by: 'line_item',
    });
    return [page('/v1/organization/costs', query, adminKey, (bucket, result) => costPage(bucket, result))];
  },
  keys: ({ adminKey }) => [projects(undefined, adminKey)],
  files: [
    {
      title: 'OpenAI usage export (completions, embeddings)',
      columns: ['start_time', 'end_time', 'model', 'input_tokens', 'num_model_requests'],
      read: (line) => ({ usage: [usageOfLine(line)] }),
    },
    {
      title: 'OpenAI cost export',
      columns: ['start_time', 'end_time', 'amount_value', 'amount_currency', 'line_item'],
      read: costOfLine,
    },
  ],
  source:
    'https://platform.openai.com/docs/api-reference/usage, https://cookbook.openai.com/examples/completions_usage_api (2026-11-29); ' +
    'line items and what `input_tokens` includes: https://docs.rs/crate/openai-client-base/0.16.0/source/src/models/usage_completions_result.rs (2026-11-29)',
};

function page(
  path: string,
  query: URLSearchParams,
  adminKey: string,
  read: (bucket: JsonObject, result: JsonObject) => BillPage,
): BillQuery {
  return {
    path: `${path}?${query}`,
    headers: { authorization: `Bearer ${adminKey}` },
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
  return {
    startMs: secondsIn(bucket, 'start_time'),
    endMs: secondsIn(bucket, 'end_time'),
    model: textIn(result, 'model') ?? '',
    keyId: textIn(result, 'api_key_id'),
    project: textIn(result, 'project_id'),
    tier: tierOf(result.batch === true, textIn(result, 'service_tier')),
    requests: countIn(result, 'num_model_requests'),
    tokens: tokensOf((name) => countIn(result, name)),
  };
}

/** `input_tokens` has everything: what was read from the cache or written to it, and sounds. */
function tokensOf(count: (name: string) => number): BilledTokens {
  const cachedInput = count('input_cached_tokens');
  const cacheWrite = count('input_cache_write_tokens');
  const audioInput = count('input_audio_tokens');
  const audioOutput = count('output_audio_tokens');
  return {
    input: Math.max(0, count('input_tokens') - cachedInput - cacheWrite - audioInput),
    cachedInput,
    cacheWrite,
    audioInput,
    output: Math.max(0, count('output_tokens') - audioOutput),
    audioOutput,
  };
}

function tierOf(isBatch: boolean, tier: string | undefined): string | undefined {
  if (isBatch) return 'batch';
  return tier === 'default' || tier === 'auto' ? undefined : tier;
}

function costPage(bucket: JsonObject, result: JsonObject): BillPage {
  const amount = objectIn(result.amount, 'amount');
  const what = textIn(result, 'line_item') ?? '';
  return {
    costs: [
      {
        startMs: secondsIn(bucket, 'start_time'),
        endMs: secondsIn(bucket, 'end_time'),
        cost: amountIn(amount.value, 'amount.value'),
        currency: (textIn(amount, 'currency') ?? 'usd').toLowerCase(),
        what,
        ...itemOf(what),
      },
    ],
  };
}

const KINDS: readonly (readonly [RegExp, BilledKind])[] = [
  [/^cached(?: audio)? input/, 'cachedInput'],
  [/^cache writes?/, 'cacheWrite'],
  [/^audio input/, 'audioInput'],
  [/^audio output/, 'audioOutput'],
  [/^input/, 'input'],
  [/^output/, 'output'],
];

/** `gpt-4o-2024-08-06, cached input`; `gpt-4o batch, input`; `gpt-image-1 text, input`. Anything else is named and not compared. */
function itemOf(what: string): {
  readonly model?: string;
  readonly kind?: BilledKind;
  readonly tier?: string;
} {
  const [named = '', kindText = ''] = what.split(/,\s*(?=[^,]*$)/);
  const kind = KINDS.find(([form]) => form.test(kindText.toLowerCase()))?.[1];
  if (kind === undefined) return {};
  const [model = '', ...rest] = named.trim().split(/\s+/);
  const tier = rest.find((word) => /^(?:batch|flex|priority)$/i.test(word))?.toLowerCase();
  const isAudio = rest.some((word) => /^audio$/i.test(word));
  const ofSound = { input: 'audioInput', output: 'audioOutput' } as const;
  const told = isAudio && (kind === 'input' || kind === 'output') ? ofSound[kind] : kind;
  return { model, kind: told, ...(tier !== undefined && { tier }) };
}

/** Keys are listed by project. */
function projects(after: string | undefined, adminKey: string): BillQuery {
  return listed('/v1/organization/projects', after, adminKey, (whole, further) => {
    const ids = listIn(whole, 'data').flatMap((project) => textIn(project, 'id') ?? []);
    return {
      next: [...ids.map((id) => keysOf(id, undefined, adminKey)), ...further.map((id) => projects(id, adminKey))],
    };
  });
}

function keysOf(project: string, after: string | undefined, adminKey: string): BillQuery {
  const path = `/v1/organization/projects/${encodeURIComponent(project)}/api_keys`;
  return listed(path, after, adminKey, (whole, further) => ({
    keys: listIn(whole, 'data').flatMap((key) => {
      const id = textIn(key, 'id');
      return id === undefined ? [] : [{ id, hint: textIn(key, 'redacted_value') }];
    }),
    next: further.map((id) => keysOf(project, id, adminKey)),
  }));
}

function listed(
  path: string,
  after: string | undefined,
  adminKey: string,
  read: (whole: JsonObject, further: readonly string[]) => BillPage,
): BillQuery {
  const query = new URLSearchParams({ limit: String(MOST_LISTED), ...(after !== undefined && { after }) });
  return {
    path: `${path}?${query}`,
    headers: { authorization: `Bearer ${adminKey}` },
    read(answer) {
      const whole = objectIn(answer, 'the answer');
      const last = whole.has_more === true ? textIn(whole, 'last_id') : undefined;
      return read(whole, last === undefined ? [] : [last]);
    },
  };
}

function usageOfLine(line: BillLine): BilledUsage {
  return {
    startMs: line.time('start_time'),
    endMs: line.time('end_time'),
    model: line.text('model'),
    keyId: line.text('api_key_id') || undefined,
    project: line.text('project_id') || undefined,
    tier: tierOf(/^true$/i.test(line.text('batch')), line.text('service_tier') || undefined),
    requests: line.count('num_model_requests'),
    tokens: tokensOf((name) => line.count(name)),
  };
}

function costOfLine(line: BillLine): BillPage {
  const cost = line.money('amount_value');
  const what = line.text('line_item');
  if (cost === undefined) return {};
  const currency = line.text('amount_currency').toLowerCase() || 'usd';
  return {
    costs: [{ startMs: line.time('start_time'), endMs: line.time('end_time'), cost, currency, what, ...itemOf(what) }],
  };
}
