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
import { LOCAL_GUARDRAIL_NAMES, makeLocalGuardrail } from '../src/features/guardrails/local.ts';

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
  process.stdout.write(`${timesTable()}\n\n`);
  if (!existsSync(DATA)) {
    process.stdout.write(`${DATA} is absent: no tables of what is found\n`);
    return;
  }
  process.stdout.write(`${personalDataTable()}\n\n`);
  process.stdout.write(`${reportInjection(readInjectionData())}\n\n`);
  process.stdout.write(`${reportModeration(readModerationData())}\n`);
}

export function timesTable(): string {
  const rows = LOCAL_GUARDRAIL_NAMES.flatMap((name) => {
    const guardrail = makeLocalGuardrail(name, { secrets: ['a-secret-of-this-process'] });
    if (guardrail === undefined) return [];
    return SIZES.map((size) => {
      const texts = Object.entries(KINDS).map(
        ([kind, text]) => [kind, text.repeat(Math.ceil(size / text.length)).slice(0, size)] as const,
      );
      for (const [, text] of texts)
        for (let round = 0; round < WARM_UP; round += 1) guardrail.inspect(text, 'document');
      const all: number[] = [];
      let slowest = ['', 0] as readonly [string, number];
      for (const [kind, text] of texts) {
        const times = timesOf(() => guardrail.inspect(text, 'document'));
        all.push(...times);
        const middle = quantile(times, 0.5);
        if (middle > slowest[1]) slowest = [kind, middle];
      }
      return [
        name,
        `${size / 1024} kB`,
        ...[0.5, 0.99].map((share) => quantile(all, share).toFixed(3)),
        `${slowest[0]}, ${slowest[1].toFixed(3)}`,
      ];
    });
  });
  return table(
    'Milliseconds for a text from a document',
    ['guardrail', 'text', 'median', 'p99', 'slowest kind, median'],
    rows,
  );
}

function timesOf(inspect: () => void): number[] {
  return Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    inspect();
    return performance.now() - startedAt;
  });
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
