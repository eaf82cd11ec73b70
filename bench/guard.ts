/**
 * `npm run bench -- guard`: how long each local guardrail takes for texts of 2 and 32 kB, and what it finds: personal data on texts of
 * others, injection and moderation on sources that their models did not see. The shared data lies beside the checkout.
 */
import { existsSync, readFileSync } from 'node:fs';
import { reportInjection } from '../scripts/train/injection.ts';
import { readInjectionData } from '../scripts/train/injection-models.ts';
import { readModerationData, reportModeration } from '../scripts/train/moderation.ts';
import { table } from '../scripts/train/report.ts';
import type { Span } from '../src/features/guardrails/inspection.ts';
import { LOCAL_GUARDRAIL_NAMES, type LocalGuardrail, makeLocalGuardrail } from '../src/features/guardrails/local.ts';
import { KnownSecrets } from '../src/features/guardrails/secrets/known-secrets.ts';
import { HoldBack } from '../src/features/guardrails/streaming/hold-back.ts';
import { SOUGHT_PERSONAL_DATA, soughtSecrets } from '../src/features/guardrails/streaming/sought.ts';
import { hashedWith, masked, TokenVault } from '../src/features/guardrails/streaming/substitutes.ts';

const DATA = '../shared/data/guard';
const SIZES = [2_048, 32_768];
const ROUNDS = 400;
const WARM_UP = 60;
const TYPES = ['EMAIL_ADDRESS', 'IBAN_CODE', 'US_SSN', 'IP_ADDRESS', 'CREDIT_CARD', 'PHONE_NUMBER'];

/** Texts as they are sent: prose, code, a table, a log and numbers, and what takes longest to read. */
const KINDS: Readonly<Record<string, string>> = {
  prose:
    'The harbour was quiet, and the boats moved with the tide while people bought bread and talked about the price of fish. ',
  code: "for (const [name, value] of Object.entries(settings)) {\n  if (value === undefined) continue; // nothing is set\n  write(name, '=', value);\n}\n",
  table: '| 1998 | Kuala Lumpur, Malaysia | 2:13:09 | 4th | marathon |\n',
  log: '2026-03-01T12:44:01.331Z 10.4.0.17 GET /v1/models?id=7f3a91 200 12ms user=anna@example.org session=8842\n',
  numbers: '4111 1111 1111 1112, 0049 30 901820, 12.50, 2024-01-31; ',
  accents: 'Élève, façade, naïve: où êtes-vous allé à Noël ? Über Straßen und Plätze, 東京の朝。',
};

/** Prints the times, and the tables if the shared data is there. */
export function printGuard(): void {
  process.stdout.write(`${timesTable()}\n\n${streamsTable()}\n\n`);
  if (!existsSync(DATA)) {
    process.stdout.write(`${DATA} is absent: no tables of what is found\n`);
    return;
  }
  process.stdout.write(`${personalDataTable()}\n\n`);
  process.stdout.write(`${reportInjection(readInjectionData())}\n\n`);
  process.stdout.write(`${reportModeration(readModerationData())}\n`);
}

function timesTable(): string {
  const rows = LOCAL_GUARDRAIL_NAMES.flatMap((name) => {
    const guardrail = makeLocalGuardrail(name, { secrets: ['a-secret-of-this-process'] });
    return guardrail === undefined ? [] : SIZES.map((size) => [name, `${size / 1024} kB`, ...timesOf(guardrail, size)]);
  });
  return table(
    'Milliseconds for a text from a document; the processor time is the mean of many runs',
    ['guardrail', 'text', 'median', 'p99', 'processor', 'slowest kind, processor'],
    rows,
  );
}

function timesOf(guardrail: LocalGuardrail, size: number): string[] {
  const texts = Object.entries(KINDS).map(
    ([kind, text]) => [kind, text.repeat(Math.ceil(size / text.length)).slice(0, size)] as const,
  );
  for (const [, text] of texts) for (let round = 0; round < WARM_UP; round += 1) guardrail.inspect(text, 'document');
  const all: number[] = [];
  const busy = texts.map(([kind, text]) => {
    const before = process.threadCpuUsage();
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      guardrail.inspect(text, 'document');
      all.push(performance.now() - startedAt);
    }
    const { user, system } = process.threadCpuUsage(before);
    return [kind, (user + system) / 1_000 / ROUNDS] as const;
  });
  const [slowest, most] = busy.reduce((one, other) => (other[1] > one[1] ? other : one));
  const mean = busy.reduce((sum, [, each]) => sum + each, 0) / busy.length;
  return [
    ...[0.5, 0.99].map((share) => quantile(all, share).toFixed(3)),
    mean.toFixed(3),
    `${slowest}, ${most.toFixed(3)}`,
  ];
}

/** An answer as a model streams it, a few characters at a time. */
const ANSWER =
  'Your order has shipped and arrives on 3 March at the harbour. If the card 4111 1111 1111 1111 was charged twice, write to ann@example.org or call +49 (0)30 901820 and ask for a refund. '.repeat(
    20,
  );
const PIECE = 4;
const STREAMS = 20;

function streamsTable(): string {
  const known = soughtSecrets(new KnownSecrets(['a-secret-of-this-process']));
  const vault = new TokenVault();
  const filters: readonly (readonly [string, () => HoldBack])[] = [
    ['personal-data, masked', () => new HoldBack(SOUGHT_PERSONAL_DATA, masked)],
    ['personal-data, hashed', () => new HoldBack(SOUGHT_PERSONAL_DATA, hashedWith('key'))],
    ['personal-data, tokens', () => new HoldBack(SOUGHT_PERSONAL_DATA, vault.replace)],
    ['tokens put back', () => vault.restoring()],
    ['secrets, masked', () => new HoldBack(known, masked)],
  ];
  const rows = filters.map(([name, make]) => {
    for (let round = 0; round < STREAMS; round += 1) throughStream(make());
    const before = process.threadCpuUsage();
    const held = Array.from({ length: STREAMS }, () => throughStream(make())).flat();
    const { user, system } = process.threadCpuUsage(before);
    return [name, ((user + system) / held.length).toFixed(2), String(quantile(held, 0.5)), String(quantile(held, 1))];
  });
  return table(
    `Streams, ${PIECE} characters a piece`,
    ['filter', 'processor µs a piece', 'characters held, median', 'most'],
    rows,
  );
}

/** How many characters are held after each piece. */
function throughStream(filter: HoldBack): number[] {
  const held: number[] = [];
  for (let at = 0; at < ANSWER.length; at += PIECE) {
    filter.push(ANSWER.slice(at, at + PIECE));
    held.push(filter.held);
  }
  filter.end();
  return held;
}

const quantile = (times: readonly number[], share: number): number => {
  const ascending = [...times].sort((one, other) => one - other);
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
};

function personalDataTable(): string {
  const guardrail = makeLocalGuardrail('personal-data');
  const rows = readFileSync(`${DATA}/personal-data.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { text: string; spans: Span[] });
  const key = ({ type, start, end }: Span): string => `${type}:${start}:${end}`;
  return table(
    'Personal data on the texts of presidio-research, spans exact',
    ['type', 'spans', 'found', 'extra', 'F1'],
    TYPES.map((type) => {
      let [spans, found, given] = [0, 0, 0];
      for (const row of rows) {
        const wanted = new Set(row.spans.filter((span) => span.type === type).map(key));
        const got = (guardrail?.inspect(row.text, 'user').spans ?? []).filter((span) => span.type === type);
        spans += wanted.size;
        given += got.length;
        found += got.filter((span) => wanted.has(key(span))).length;
      }
      return [type, String(spans), String(found), String(given - found), ((2 * found) / (spans + given)).toFixed(3)];
    }),
  );
}
