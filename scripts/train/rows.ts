/** The rows that guardrails are trained from and measured on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../shared/data');

/** A text, and where it is from. */
interface InjectionRow {
  readonly text: string;
  readonly label: 0 | 1;
  readonly source: string;
}

function readRows<Row>(file: string): Row[] {
  return readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Attacks and harmless texts of `../shared/data/guard`. */
export const injectionRows = (): InjectionRow[] => readRows('guard/injection.jsonl');

/** A text with what people found in it. */
interface ModerationRow {
  readonly text: string;
  readonly source: string;
  readonly labels: Readonly<Record<string, number>>;
}

/** Abuse and harmless texts of `../shared/data/guard`. */
export const moderationRows = (): ModerationRow[] => readRows('guard/moderation.jsonl');

/** Harmless documents: passages of an encyclopedia, and what an airline's tools returned. */
export function harmlessDocuments(): { text: string; source: string }[] {
  const passages = readRows<{ passage: string | { text: string } }>('compression/nq-passages.jsonl').map(
    ({ passage }) => ({
      text: typeof passage === 'string' ? passage : passage.text,
      source: 'passage',
    }),
  );
  const results = readRows<{ messages: { role: string; content: string | null }[] }>(
    'sessions/tau-airline.jsonl',
  ).flatMap(({ messages }) =>
    messages
      .filter(({ role, content }) => role === 'tool' && content !== null && content.length > 20)
      .map(({ content }) => ({ text: content?.slice(0, 3_000) ?? '', source: 'tool-result' })),
  );
  return [...passages.slice(0, 600), ...results.slice(0, 400)];
}
