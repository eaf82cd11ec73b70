/** What the composite replay asks: agents' sessions, one-shot questions, questions about passages, and questions that come again. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../src/core/json.ts';

const SESSIONS = '../shared/data/sessions/tau-airline.jsonl';
const QUESTIONS = '../shared/data/routing/zeroeval.jsonl';
const PRICES = '../shared/data/routing/prices.json';
const PASSAGES = '../shared/data/compression/nq-passages.jsonl';

const MOST_SESSIONS = 16;
const MOST_QUESTIONS = 240;
const MOST_RETRIEVALS = 60;
const DISTRACTORS = 19;
/** Every so many questions come again. */
const REPEATED = 2;

/** A question with what each model answered. */
export interface Question {
  readonly id: string;
  readonly task: string;
  readonly prompt: string;
  readonly inputTokens: number;
  readonly models: Readonly<
    Record<string, { readonly ok: boolean; readonly outputTokens: number; readonly answer: string }>
  >;
}

/** One request of the replay. */
export type Asked =
  | { readonly kind: 'session'; readonly messages: readonly JsonObject[] }
  | { readonly kind: 'question' | 'repeat'; readonly question: Question }
  | { readonly kind: 'retrieval'; readonly messages: readonly JsonObject[]; readonly answers: readonly string[] };

/** The replay, and what models are calibrated on: no question stands in both. */
export interface Workload {
  readonly asked: readonly Asked[];
  readonly learnt: readonly Question[];
  readonly prices: Readonly<Record<string, { readonly inputPerMillion: number; readonly outputPerMillion: number }>>;
  readonly pricesPath: string;
}

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** A number from a text, the same on every machine. */
const hashOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE();

/** Names of the files that are absent. */
export function absentFiles(): readonly string[] {
  return [SESSIONS, QUESTIONS, PRICES, PASSAGES].filter((file) => !existsSync(pathOf(file)));
}

function rowsOf<Row>(file: string): Row[] {
  return readFileSync(pathOf(file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

/** Reads it; the same requests in the same order every time. */
export function readWorkload(): Workload {
  const questions = rowsOf<Question>(QUESTIONS).sort((one, other) => hashOf(one.id) - hashOf(other.id));
  const half = Math.floor(questions.length / 2);
  const asked = questions.slice(half, half + MOST_QUESTIONS);
  return {
    asked: [
      ...sessions(),
      ...asked.map((question) => ({ kind: 'question' as const, question })),
      ...retrievals(),
      ...asked.filter((_, index) => index % REPEATED === 0).map((question) => ({ kind: 'repeat' as const, question })),
    ],
    learnt: questions.slice(0, half),
    prices: JSON.parse(readFileSync(pathOf(PRICES), 'utf8')) as Workload['prices'],
    pricesPath: pathOf(PRICES),
  };
}

/** The calls of sessions: what stands before each turn of the assistant. */
function sessions(): Asked[] {
  return rowsOf<{ messages: JsonObject[] }>(SESSIONS)
    .slice(0, MOST_SESSIONS)
    .flatMap(({ messages }) =>
      messages.flatMap((message, index) =>
        message.role === 'assistant' ? [{ kind: 'session' as const, messages: messages.slice(0, index) }] : [],
      ),
    );
}

interface Passage {
  readonly question: string;
  readonly answers: readonly string[];
  readonly title: string;
  readonly passage: string;
}

/** A question about twenty passages, of which one has the answer. */
function retrievals(): Asked[] {
  const rows = rowsOf<Passage>(PASSAGES).sort((one, other) => hashOf(one.question) - hashOf(other.question));
  return rows.slice(0, MOST_RETRIEVALS).map((row, index) => {
    const others = Array.from(
      { length: DISTRACTORS },
      (_, place) => rows[MOST_RETRIEVALS + index * DISTRACTORS + place],
    );
    const shown = [row, ...others.filter((each) => each !== undefined)].sort(
      (one, other) => hashOf(`${index}${one.passage}`) - hashOf(`${index}${other.passage}`),
    );
    const text = shown.map(({ title, passage }) => `${title}\n${passage}`).join('\n\n');
    return {
      kind: 'retrieval' as const,
      messages: [
        { role: 'user', content: `Read these passages.\n\n${text}` },
        { role: 'assistant', content: 'I have read them.' },
        { role: 'user', content: `${row.question}?` },
      ],
      answers: row.answers,
    };
  });
}
