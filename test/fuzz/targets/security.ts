/** Readers of what decides about access, and writers of what must not contain a secret. */
import assert from 'node:assert/strict';
import { flagOf, numberOf, pageOf, sortOf, textOf, textsOf, wordOf } from '../../../src/admin/query-fields.ts';
import { spanOf, usdOf } from '../../../src/admin/query-spans.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { isJsonObject } from '../../../src/core/json.ts';
import { parsePeriod } from '../../../src/core/period.ts';
import { printable } from '../../../src/core/printable.ts';
import { compileWildcard } from '../../../src/core/wildcard.ts';
import { headerText } from '../../../src/pipeline/header-text.ts';
import { KnownSecrets } from '../../../src/providers/known-secrets.ts';
import { readRetryAfterMs } from '../../../src/providers/retry-after.ts';
import { queryOf } from '../../../src/server/url.ts';
import { writeSnapshot } from '../../../src/telemetry/exposition.ts';
import { redact } from '../../../src/telemetry/redact.ts';
import { readCredential } from '../../../src/tenancy/credential.ts';
import { type FuzzTarget, parsedJson, unlessRefused } from '../target.ts';

const SECRET = 'sk-prov-7Hq2Zx91mKd0TfWbL4ys';
const ENCODED = [
  ...[SECRET, SECRET.slice(0, 24), [...SECRET].reverse().join(''), SECRET.toUpperCase(), encodeURIComponent(SECRET)],
  ...[Buffer.from(SECRET).toString('base64'), Buffer.from(SECRET).toString('hex'), [...SECRET].join(' ')],
  [...SECRET].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join(''),
  [...SECRET].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join(''),
];

const credentialTarget: FuzzTarget = {
  name: 'credential',
  seeds: [
    'authorization: Bearer sk-1\nx-api-key: sk-1\n?key=sk-1',
    'Authorization: sk-1\nAUTHORIZATION: Bearer sk-2\n',
    'api-key: sk-3\nx-goog-api-key:  sk-3 \n?api_key=sk-3&key=%73k-3',
  ],
  words: ['bearer ', 'Basic ', 'x-api-key: ', 'key=', '&', '+', '%20', 'sk-1', '\t'],
  run(input) {
    const lines = input.toString('latin1').split('\n');
    const query = lines.find((line) => line.startsWith('?'))?.slice(1);
    const rawHeaders = lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return line.startsWith('?') || colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const key = unlessRefused(() => readCredential({ rawHeaders, query }, 'x-own-key'), GatewayError);
    if (key === undefined) return;
    assert.notEqual(key, '');
    // Each header that was sent twice with another key would be a way to act under one key and appear under another.
    const other = [...rawHeaders, 'Authorization', `Bearer ${key}-other`];
    assert.equal(
      unlessRefused(() => readCredential({ rawHeaders: other, query }, 'x-own-key'), GatewayError),
      undefined,
    );
  },
};

/** What a person can read back out of a text with usual tools. */
function readings(text: string): string[] {
  const plain = text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const percent = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const runs = [...text.matchAll(/[A-Za-z0-9+/]{12,}={0,2}/g)].map(([run]) =>
    Buffer.from(run, 'base64').toString('latin1'),
  );
  const hex = [...text.matchAll(/(?:[0-9a-f]{2}){8,}/gi)].map(([run]) => Buffer.from(run, 'hex').toString('latin1'));
  return [text, plain, percent, ...runs, ...hex];
}

const redactionTarget: FuzzTarget = {
  name: 'redaction',
  seeds: ENCODED.map((text) => `{"error":{"message":"Incorrect API key provided: ${text}. Ask again.","code":"x"}}`),
  words: [...ENCODED, 'Bearer ', 'api_key=', '***', '"', '\n', '&#115;'],
  run(input) {
    const text = input.toString();
    const clean = new KnownSecrets([SECRET]).redact(text);
    for (const reading of readings(clean)) {
      assert.ok(!reading.includes(SECRET), `the secret is in ${JSON.stringify(clean)}`);
    }
    // Shapes are looked for where a word begins.
    const said = text.replaceAll(/(?<=[\w-])sk-/g, ' sk-');
    const line = redact(JSON.stringify({ msg: said, key: ` ${SECRET} ` }));
    assert.ok(!line.includes(SECRET), `the secret is in ${line}`);
    assert.ok(isJsonObject(parsedJson(line)), 'a redacted log line is not JSON any more');
  },
};

const headerTarget: FuzzTarget = {
  name: 'header-text',
  seeds: ['gpt-4o', 'a\r\nset-cookie: x', 'naïve 😀'],
  words: ['\r\n', '\0', '\u2028', '\u007f'],
  run(input) {
    const text = input.toString();
    assert.match(headerText(text), /^[\x20-\x7e]{0,1000}$/);
    const shown = printable(text);
    assert.ok(!/[\p{Cc}\u2028\u2029\u202a-\u202e]/u.test(shown), 'a control character passed');
    const pattern = compileWildcard(text.slice(0, 2_000));
    pattern.match(text);
    assert.ok(pattern.match(text.slice(0, 2_000)) !== undefined, 'a pattern does not match itself');
  },
};

const queryTarget: FuzzTarget = {
  name: 'management-query',
  seeds: [
    '/key/list?page=2&size=10&sort_by=created_at&sort_order=asc',
    '/spend/logs?start_date=2026-01-01&end_date=2026-02-01%2012:00:00&min_spend=0.25&tags=a,b',
    '/x?page=1&page=9&return_full_object=true',
  ],
  words: ['page=', '&', '=', '%', '%00', '%ff', '2026-02-30', 'start_date=', '1e9', '+', '#', '__proto__=1'],
  run(input) {
    const query = queryOf(input.toString());
    const readers: readonly (() => unknown)[] = [
      () => pageOf(query, { sizeName: 'size', usual: 10, most: 100 }),
      () => sortOf(query, {}, 'desc'),
      () => numberOf(query, 'page', 1, 10),
      () => flagOf(query, 'return_full_object'),
      () => wordOf(query, 'sort_order', ['asc', 'desc']),
      () => textsOf(query, 'tags'),
      () => spanOf(query),
      () => usdOf(query, 'min_spend'),
    ];
    for (const read of readers) unlessRefused(read, GatewayError);
    for (const name of [...query.keys()].slice(0, 10)) unlessRefused(() => textOf(query, name), GatewayError);
    parsePeriod(input.toString());
  },
};

const retryTarget: FuzzTarget = {
  name: 'retry-after',
  seeds: [
    'retry-after: 20\nx-ratelimit-reset-requests: 6m0s\nx-ratelimit-remaining-requests: 0\n\nPlease try again in 6m0s.',
    'retry-after: Sun, 06 Nov 1994 08:49:37 GMT\ndate: Sun, 06 Nov 1994 08:49:07 GMT\n\n{"error":{"details":[{"retryDelay":"34s"}]}}',
  ],
  words: [
    'retry-after-ms: ',
    'anthropic-ratelimit-tokens-reset: 2026-01-01T00:00:00Z\n',
    '99999999999',
    '1h2m',
    'try again in ',
  ],
  run(input) {
    const [head = '', body = ''] = input.toString().split('\n\n');
    const headers = Object.fromEntries(head.split('\n').map((line) => line.split(': ', 2) as [string, string]));
    const json = parsedJson(body) as never;
    const wait = readRetryAfterMs({ status: 429, headers, body: json, error: undefined, receivedAtMs: 1e12 }, body);
    assert.ok(wait === undefined || (Number.isInteger(wait) && wait > 0 && wait <= 3_600_000), String(wait));
  },
};

const METRIC_LINE = /^(?:# (?:HELP|TYPE) .*|[a-zA-Z_:][\w:]*(?:\{(?:\w+="(?:[^"\\]|\\[\\"n])*",?)*\})? \S+|)$/;

const expositionTarget: FuzzTarget = {
  name: 'metrics-exposition',
  seeds: ['gpt-4o', 'a"b\\c\nd', 'naïve 😀 \u001b[31m'],
  words: ['"', '\\', '\n', '{', '}', '\u001b', '\u2028'],
  async run(input) {
    const reason = input.toString();
    const pieces = writeSnapshot({
      series: [],
      histogramsPerKey: false,
      lanes: [{ lane: 'relay', reason, count: 1 }],
      deployments: [
        { labels: { litellm_model_name: reason, model_id: reason, api_base: reason, api_provider: 'x' }, state: 0 },
      ],
      cooldowns: [],
      remaining: [],
      hedges: { won: 0, lost: 0 },
      savings: { saved: [[reason, 1]], cost: [] },
      groups: [],
      readings: {},
      further: [],
      budgets: { budgets: [], rates: [] },
      build: { version: '1', node_version: 'v24' },
      process: [],
    });
    let text = '';
    for await (const piece of pieces) text += piece;
    for (const line of text.split('\n')) assert.match(line, METRIC_LINE);
    assert.ok(!/[\p{Cc}--\n]/v.test(text), 'a control character is in the exposition');
  },
};

/** The targets around access and secrets. */
export const SECURITY_TARGETS: readonly FuzzTarget[] = [
  credentialTarget,
  redactionTarget,
  headerTarget,
  queryTarget,
  retryTarget,
  expositionTarget,
];
