/** The questions of `../shared/data/compression` as requests, in the layouts that clients use. */
import { existsSync, readFileSync } from 'node:fs';

/** A search question, and the passage that answers it. */
interface SearchRow {
  readonly question: string;
  readonly answers: readonly string[];
  readonly title: string;
  readonly passage: string;
}

/** A meeting, and questions about it with the turns that answer them, first and last. */
interface Meeting {
  readonly turns: readonly (readonly [string, string])[];
  readonly queries: readonly { readonly query: string; readonly spans: readonly (readonly [number, number])[] }[];
}

const FOLDER = new URL('../../../shared/data/compression/', import.meta.url);

/** The lines of a file of the folder; undefined if it is absent. */
function readRows<Row>(name: string): readonly Row[] | undefined {
  const file = new URL(name, FOLDER);
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

export const searchRows = (): readonly SearchRow[] | undefined => readRows('nq-passages.jsonl');
export const meetings = (): readonly Meeting[] | undefined => readRows('qmsum-meetings.jsonl');

const OTHERS = 40;
const K1 = 1.2;
const B = 0.75;
const SAID_EVERYWHERE = new Set(
  'the of in a an is was were are to and on for by at with from did do does who what when where which how it that this as be has have had will'.split(
    ' ',
  ),
);

const termsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
    .filter((word) => !SAID_EVERYWHERE.has(word))
    .map((word) => word.replace(/(?:'s|ies|es|s|ed|ing)$/, ''));

/** For each question the row that answers it among the 40 others that BM25 takes for the best, in an order that is always the same. */
export function searchSets(rows: readonly SearchRow[]): readonly (readonly number[])[] {
  const documents = rows.map(({ title, passage }) => termsOf(`${title} ${passage}`));
  const postings = new Map<string, Map<number, number>>();
  documents.forEach((terms, index) => {
    for (const term of terms) {
      const posting = postings.get(term) ?? new Map<number, number>();
      posting.set(index, (posting.get(index) ?? 0) + 1);
      postings.set(term, posting);
    }
  });
  const mean = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  let seed = 20_261_129;
  const below = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return (seed >>> 8) % limit;
  };
  return rows.map(({ question, passage }, gold) => {
    const scores = new Float64Array(rows.length);
    for (const term of new Set(termsOf(question))) {
      const posting = postings.get(term) ?? new Map<number, number>();
      const rarity = Math.log(1 + (rows.length - posting.size + 0.5) / (posting.size + 0.5));
      for (const [index, count] of posting) {
        const length = (documents[index] as string[]).length;
        scores[index] =
          (scores[index] as number) + (rarity * count * (K1 + 1)) / (count + K1 * (1 - B + (B * length) / mean));
      }
    }
    const others = [...scores.keys()]
      .filter((index) => index !== gold && rows[index]?.passage !== passage)
      .sort((one, other) => (scores[other] as number) - (scores[one] as number))
      .slice(0, OTHERS);
    const set = [gold, ...others];
    for (let at = set.length - 1; at > 0; at -= 1) {
      const other = below(at + 1);
      [set[at], set[other]] = [set[other] as number, set[at] as number];
    }
    return set;
  });
}

type Body = {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
};

const chat = (...messages: readonly { role: string; content: string }[]): Body => ({ model: 'm', messages });
const user = (content: string): { role: string; content: string } => ({ role: 'user', content });

/** How passages and a question become a request. */
export const SEARCH_LAYOUTS: Readonly<Record<string, (passages: readonly SearchRow[], question: string) => Body>> = {
  'a message a passage': (passages, question) =>
    chat(...passages.map(({ title, passage }) => user(`${title}\n${passage}`)), user(question)),
  'a message a passage, no titles': (passages, question) =>
    chat(...passages.map(({ passage }) => user(passage)), user(question)),
  'one message, numbered': (passages, question) =>
    chat(
      { role: 'system', content: 'Answer from the documents.' },
      user(passages.map(({ title, passage }, at) => `Document [${at + 1}](Title: ${title}) ${passage}`).join('\n\n')),
      user(question),
    ),
  'one message, a line a passage': (passages, question) =>
    chat(user(passages.map(({ passage }) => passage).join('\n')), user(question)),
  'with the question': (passages, question) =>
    chat(
      user(
        `${passages.map(({ title, passage }, at) => `[${at + 1}] ${title}\n${passage}`).join('\n\n')}\n\nQuestion: ${question}`,
      ),
    ),
  'one message, blank lines, no titles': (passages, question) =>
    chat(user(passages.map(({ passage }) => passage).join('\n\n')), user(question)),
};

/** How a meeting and a question become a request. */
export const MEETING_LAYOUTS: Readonly<Record<string, (meeting: Meeting, question: string) => Body>> = {
  'a line a turn': ({ turns }, question) =>
    chat(user(turns.map(([who, words]) => `${who}: ${words}`).join('\n')), user(question)),
  'a message a turn': ({ turns }, question) =>
    chat(...turns.map(([who, words]) => user(`${who}: ${words}`)), user(question)),
  'with the question': ({ turns }, question) =>
    chat(
      user(
        `Meeting transcript:\n\n${turns.map(([who, words]) => `${who}: ${words}`).join('\n')}\n\nQuestion: ${question}`,
      ),
    ),
  'a message a turn, no names': ({ turns }, question) => chat(...turns.map(([, words]) => user(words)), user(question)),
};
