/** Readers of plain text, of single values and of files, with what they look for. */
import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { endOfDuration } from '../../../src/admin/duration.ts';
import { Fields } from '../../../src/admin/fields.ts';
import { readKeyFields } from '../../../src/admin/keys/key-fields.ts';
import { pageOf, textsOf } from '../../../src/admin/query-fields.ts';
import { spanOf } from '../../../src/admin/query-spans.ts';
import { readTeamFields } from '../../../src/admin/teams/team-fields.ts';
import { readUserFields } from '../../../src/admin/users/user-fields.ts';
import { didYouMean } from '../../../src/config/did-you-mean.ts';
import { budgetPeriod, durationMs, momentMs } from '../../../src/config/durations.ts';
import { isBase64 } from '../../../src/core/base64.ts';
import { GatewayError } from '../../../src/core/errors.ts';
import { escapeId, unescapeId } from '../../../src/core/escape-id.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { picoUsdFromUsd } from '../../../src/core/money.ts';
import { parsePeriod } from '../../../src/core/period.ts';
import { printable, printableLines } from '../../../src/core/printable.ts';
import { compileWildcard, fillWildcard } from '../../../src/core/wildcard.ts';
import { mediaExtent } from '../../../src/costs/media/media-extent.ts';
import { TokenCounter } from '../../../src/costs/token-counter.ts';
import { headerText } from '../../../src/pipeline/header-text.ts';
import { KnownSecrets } from '../../../src/providers/known-secrets.ts';
import { readWords } from '../../../src/providers/provider-words.ts';
import { readRetryAfterMs } from '../../../src/providers/retry-after.ts';
import { readRequestControls } from '../../../src/routing/request-controls.ts';
import { filterByTags } from '../../../src/routing/tags.ts';
import { unpack } from '../../../src/server/unpack.ts';
import { pathOf, queryOf } from '../../../src/server/url.ts';
import { rowOfJson, textOfRow } from '../../../src/stores/contracts/ledger-text.ts';
import { lineOf, readEvent, readLine } from '../../../src/stores/journal/record.ts';
import { boundedLabel } from '../../../src/telemetry/label.ts';
import { redact } from '../../../src/telemetry/redact.ts';
import { readCredential } from '../../../src/tenancy/credential.ts';
import { ledgerRow } from '../../support/ledger-rows.ts';
import { parsedJson, unlessRefused } from '../target.ts';
import type { TextReader } from './text-reader.ts';

const MEGABYTE = 1_048_576;
const NOW_MS = 1_764_000_000_000;
const counter = new TokenCounter();
/** Ends the threads of these readers. */
export const closeReaders = (): Promise<void> => counter.close();
const secrets = new KnownSecrets(['sk-prov-7Hq2Zx91mKd0TfWbL4ys']);
const memberOf = (_text: string, json: string): Buffer => Buffer.from(`{"models":${json},"metadata":${json}}`);
const compressed = (text: string): Buffer => gzipSync(text, { level: 1 });
const roomy = (): GatewayError => new GatewayError('body_too_large', 'x');

function eachField(read: (fields: Fields) => unknown): (input: Buffer) => void {
  return (input) => {
    const body = parsedJson(input.toString()) as JsonObject | undefined;
    if (body === undefined) return;
    unlessRefused(() => {
      const fields = new Fields(body);
      read(fields);
      fields.finish({ ignore: () => {} });
    }, GatewayError);
  };
}

const extent = (kind: 'image' | 'document' | 'audio' | 'video') => (input: Buffer) =>
  mediaExtent(kind, (most = input.length) => input.subarray(0, most), { bytes: 16 * 1_048_576 });
const after = (head: string) => (text: string) => Buffer.from(head + text, 'latin1');

const MEDIA: readonly TextReader[] = [
  {
    name: 'image',
    marks: ['\xff\xd8\xff', '\xff\xe0\0\x02', 'VP8 ', '\xff\xff'],
    frame: after('\xff\xd8'),
    read: extent('image'),
  },
  { name: 'png', marks: ['IHDR'], frame: after('\x89PNG\r\n\x1a\n'), read: extent('image') },
  { name: 'gif', marks: ['\x21\xf9\x04'], frame: after('GIF89a'), read: extent('image') },
  {
    name: 'pdf',
    marks: [
      ...[
        'stream',
        'streamendstream',
        ' obj/F[/Filter',
        '/Kids[',
        '/Kids [0 0 R',
        '/Type /Pag',
        '/Count ',
        '(',
        '<',
        '#2',
        '\\(',
      ],
      `1 0 obj<</F[ /Filter${' '.repeat(8_100)}x>>stream\nendstream`,
      `1 0 obj<</F[ /Filter [${' '.repeat(8_100)}x>>stream\nendstream`,
      `1 0 obj<</F [/FlateDecode ${'/LZ'.repeat(2_600)}>>stream\nendstream`,
      `1 0 obj<</Filter /FlateDecode /${'a'.repeat(8_000)}>>stream\nendstream`,
      `1 0 obj<</Subtype${' '.repeat(8_100)}x>>stream\nendstream`,
      `1 0 obj<</Type${' '.repeat(8_100)}x>>stream\nendstream`,
    ],
    frame: after('%PDF-1.7\n'),
    read: extent('document'),
  },
  { name: 'mp3', marks: ['\xff\xfb', 'ID3', 'TAG', 'Xing'], frame: after('ID3\x04'), read: extent('audio') },
  { name: 'wav', marks: ['fmt ', 'data', 'LIST\0\0\0\0'], frame: after('RIFF\0\0\0\0WAVE'), read: extent('audio') },
  { name: 'ogg', marks: ['OggS', 'OggS\0', 'OpusHead'], frame: after('OggS'), read: extent('audio') },
  { name: 'flac', marks: ['fLaC'], frame: after('fLaC'), read: extent('audio') },
  {
    name: 'mp4',
    marks: ['\0\0\0\x08moov', '\0\0\0\x08trak', '\0\0\0\x01moov', 'mvhd'],
    frame: after('\0\0\0\x18ftypmp42'),
    read: extent('video'),
  },
  {
    name: 'webm',
    marks: ['\x1a\x45\xdf\xa3', '\x44\x89', '\x15\x49\xa9\x66'],
    frame: after('\x1a\x45\xdf\xa3'),
    read: extent('video'),
  },
];

const PATTERNS: readonly TextReader[] = [
  {
    name: 'wildcard as pattern',
    mostBytes: MEGABYTE / 4,
    marks: ['*', 'a*', '*a*b'],
    read: (input) => {
      const text = input.toString('latin1');
      compileWildcard(text).match(text);
      compileWildcard(`${text}*`).match(`${text}b`);
      return fillWildcard(text, ['x']);
    },
  },
  {
    name: 'wildcard as name',
    mostBytes: MEGABYTE / 4,
    marks: ['a', 'ab', 'openai/'],
    read: (input) => compileWildcard('a*ab*aab*aaab*openai/*x').match(input.toString('latin1')),
  },
  {
    name: 'tags',
    mostBytes: MEGABYTE / 4,
    marks: ['!', '&a', ','],
    read: (input) => filterByTags([['a'], ['default']], input.toString('latin1').split(','), 'any'),
  },
  {
    name: 'request controls',
    mostBytes: MEGABYTE / 4,
    marks: ['!a,', ',', ' ,'],
    read: (input) => {
      const text = input.toString('latin1');
      for (const name of ['tags', 'num-retries', 'timeout', 'stream-timeout'])
        unlessRefused(() => readRequestControls(() => undefined, { [`x-litellm-${name}`]: text }), GatewayError);
      for (const member of [text, text.split(','), { m: text }])
        unlessRefused(() => readRequestControls(() => member, {}, 'm'), GatewayError);
    },
  },
];

const SECRETS: readonly TextReader[] = [
  {
    name: 'redaction of provider answers',
    mostBytes: MEGABYTE / 4,
    marks: [
      'sk-',
      'bearer ',
      'Bearer\t',
      'sk-prov-7Hq2',
      '&#1',
      '\\u00',
      '%7',
      '7Hq2Zx91mK',
      '31 32 ',
      '49, ',
      'a1',
      'AIza',
      'api_key=',
      '://a:',
      'eyJ',
      '\\x73',
      '0x73 ',
      'AKIA',
    ],
    read: (input) => secrets.redact(input.toString()),
  },
  {
    name: 'redaction of the log',
    marks: [
      'sk-',
      'Bearer ',
      'Bearer',
      '"api_key',
      '"password":"',
      '\\"secret\\"',
      'secret  ',
      'cookie',
      'x://y:',
      'x://y:z',
      '?key=',
      '&sig',
      'AKIA',
      'eyJaaaaaaaa.',
      'access-',
      'api_',
      '\\u0061',
      'a-',
    ],
    read: (input) => redact(input.toString()),
  },
  {
    name: 'printable',
    marks: ['\u001b[', '\u202e', '\u2028'],
    read: (input) => printable(input.toString()) + printableLines(input.toString()),
  },
  {
    name: 'header text and labels',
    mostBytes: MEGABYTE / 4,
    marks: ['\r\n', '\u{1f600}'],
    read: (input) => headerText(input.toString()) + boundedLabel(input.toString()),
  },
];

const VALUES: readonly TextReader[] = [
  {
    name: 'durations, periods and amounts',
    mostBytes: MEGABYTE / 4,
    marks: ['1', '1h', '30d', '1.', '0', '.0', '1e', '-', '2026-01-01', 'T00:00'],
    read: (input) => {
      const text = input.toString('latin1');
      return [
        parsePeriod(text),
        endOfDuration(text, NOW_MS),
        durationMs(text),
        momentMs(text),
        budgetPeriod(text),
        picoUsdFromUsd(text),
      ];
    },
  },
  {
    name: 'nearest word',
    mostBytes: MEGABYTE / 4,
    marks: ['model', '-'],
    read: (input) => didYouMean(input.toString(), ['model_list', 'general_settings']),
  },
  { name: 'base64', marks: ['QUJD', '=', 'QUJD='], read: (input) => isBase64(input.toString('latin1')) },
  {
    name: 'ids in addresses',
    mostBytes: MEGABYTE / 4,
    marks: ['%2F', '%', '~', '/', '_'],
    read: (input) => unescapeId(escapeId(input.toString())),
  },
  {
    name: 'path and query',
    mostBytes: MEGABYTE / 4,
    marks: ['?', '&', '=', '%', '%2', '/', '#', 'a=1&', 'tags=a,'],
    read: (input) => {
      const text = input.toString('latin1');
      const query = queryOf(`/x?start_date=${text}&tags=${text}&page=${text}`);
      const readers: readonly (() => unknown)[] = [
        () => spanOf(query),
        () => textsOf(query, 'tags'),
        () => pageOf(query, { sizeName: 'size', usual: 1, most: 9 }),
      ];
      for (const read of readers) unlessRefused(read, GatewayError);
      return pathOf(text);
    },
  },
  {
    name: 'keys in headers and query',
    mostBytes: MEGABYTE / 4,
    marks: ['bearer ', 'Bearer', 'key=', '&key=a', '; '],
    read: (input) => {
      const text = input.toString('latin1');
      unlessRefused(
        () =>
          readCredential(
            { rawHeaders: ['authorization', text, 'cookie', text, 'x-api-key', text], query: text },
            undefined,
          ),
        GatewayError,
      );
      unlessRefused(() => readCredential({ rawHeaders: text.split(' '), query: undefined }, 'a'), GatewayError);
    },
  },
  {
    name: 'waiting times of providers',
    marks: ['1h', '1m', '6m0', 'try again in ', 'retry', '1.', '0', 'Sun, 06 '],
    read: (input) => {
      const text = input.toString('latin1');
      const answer = {
        status: 429,
        headers: { 'retry-after': text, 'x-ratelimit-reset-requests': text, date: text },
        body: { error: { message: text, details: [{ retryDelay: text }] } },
        error: undefined,
        receivedAtMs: NOW_MS,
      };
      readWords(answer);
      return readRetryAfterMs(answer, text);
    },
  },
  {
    name: 'token counter',
    marks: ['a ', ' a', '中', '\r\n', '。', '<|endoftext|>'],
    read: (input) => counter.count(input.toString()),
  },
  {
    name: 'signature of a webhook',
    marks: ['t='],
    read: (input) => createHmac('sha256', 'x').update(input.toString()).digest('hex'),
  },
];

const BODIES: readonly TextReader[] = [
  {
    name: 'management: keys',
    mostBytes: MEGABYTE,
    marks: ['sk-', '1d'],
    frame: memberOf,
    read: eachField((fields) => readKeyFields(fields, NOW_MS)),
  },
  {
    name: 'management: teams',
    mostBytes: MEGABYTE,
    marks: ['@'],
    frame: memberOf,
    read: eachField((fields) => readTeamFields(fields, NOW_MS)),
  },
  {
    name: 'management: users',
    mostBytes: MEGABYTE,
    marks: ['@'],
    frame: memberOf,
    read: eachField((fields) => readUserFields(fields, NOW_MS)),
  },
  {
    name: 'management: fields at the top',
    mostBytes: MEGABYTE,
    marks: ['a'],
    frame: (_text, json) => Buffer.from(json),
    read: eachField((fields) => readKeyFields(fields, NOW_MS)),
  },
  {
    name: 'compressed body',
    marks: ['\x1f\x8b', '\0'],
    frame: compressed,
    read: (input) => unpack(input, { encoding: 'gzip', maxBytes: 64 * 1_048_576, tooLarge: roomy, onPiece: () => {} }),
  },
  {
    name: 'body that says wrongly that it is compressed',
    marks: ['\x1f\x8b', '\0', 'x\x9c'],
    read: async (input) => {
      for (const encoding of ['gzip', 'deflate', 'br', 'zstd'])
        await unpack(input, { encoding, maxBytes: 64 * 1_048_576, tooLarge: roomy, onPiece: () => {} }).catch(() => {});
    },
  },
  {
    name: 'journal',
    mostBytes: MEGABYTE,
    marks: ['{"open":"a",', '"endedAtMs":', '{"closed":"a","number":1'],
    frame: (text, json) => Buffer.from(`${lineOf(`{"open":"a","marked":true,"row":${json}}`)}${lineOf(text)}`),
    read: (input) => {
      for (let at = 0; at < input.length; ) {
        const end = input.indexOf(10, at);
        const line = input.subarray(at, end === -1 ? input.length : end);
        readEvent(line);
        readLine(line);
        at = end === -1 ? input.length : end + 1;
      }
    },
  },
  {
    name: 'rows of the ledger',
    mostBytes: MEGABYTE,
    marks: ['"tags":[', '\\"cost'],
    read: (input) => {
      const text = input.toString();
      return rowOfJson(
        JSON.parse(textOfRow(ledgerRow('a', { requestedModel: text, tags: [text], metadata: { [text]: text } }))),
      );
    },
  },
];

/** All of them. */
export const TEXT_READERS: readonly TextReader[] = [...MEDIA, ...PATTERNS, ...SECRETS, ...VALUES, ...BODIES];
