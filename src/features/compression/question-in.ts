/** Finds the question of a request: what its user said last, apart from the passages that may stand in the same message. */
import type { PromptTurn } from '../../formats/prompt-texts.ts';
import { parseSpan, type Span } from '../../wire/json-walk.ts';

/** The question, and what of the message that holds it may be shortened. */
export interface Asked {
  readonly question: string;
  /** Undefined: no user has asked anything. */
  readonly turn: number | undefined;
  /** By where texts start in the body: the part of the text that is no question. */
  readonly shortenable: ReadonlyMap<number, Span>;
}

/** A message up to this length is a question as a whole. */
const MOST_QUESTION = 1_200;
/** A paragraph up to this length at the beginning or the end belongs to the question. */
const MOST_PARAGRAPH = 400;
const NAMED = /^\W{0,4}(?:question|query|task|instructions?|request|user|q)\b[^:\n]{0,20}:/i;

/** Finds it. */
export function askedIn(body: Buffer, turns: readonly PromptTurn[]): Asked {
  const turn = turns.findLastIndex(
    ({ author, texts }) => author === 'user' && texts.some((text) => text.author === 'user'),
  );
  if (turn === -1) return { question: '', turn: undefined, shortenable: new Map() };
  const texts = (turns[turn] as PromptTurn).texts.filter(({ author }) => author === 'user');
  const shortenable = new Map<number, Span>();
  const questions: string[] = [];
  texts.forEach((span, index) => {
    const text = String(parseSpan(body, span));
    const isLast = index === texts.length - 1;
    if (text.length <= MOST_QUESTION) {
      // Of several parts of a message the last one asks, and those that are short.
      if (isLast || text.length <= MOST_PARAGRAPH) questions.push(text);
      else shortenable.set(span.start, { start: 0, end: text.length });
      return;
    }
    const { start, end } = passagesIn(text, isLast);
    questions.push(text.slice(0, start), text.slice(end));
    if (end > start) shortenable.set(span.start, { start, end });
  });
  return { question: namedQuestion(questions.join('\n')), turn, shortenable };
}

/** The line that says it is the question, if there is one: orders around it ("use only the search results") name nothing to look for. */
function namedQuestion(text: string): string {
  const line = text.split('\n').findLast((each) => QUESTION.test(each));
  const named = line?.replace(QUESTION, '').trim() ?? '';
  return named === '' ? text.trim() : named;
}

const QUESTION = /^\W{0,4}(?:question|query)\W{0,3}:\s*/i;

/** The part of a long message that is no question: all but short paragraphs at its beginning and its end. */
function passagesIn(text: string, isLast: boolean): Span {
  const end = endOfPassages(text, isLast);
  const start = startOfPassages(text, end);
  if (end < text.length || !isLast || start > 0) return { start, end };
  // One text without paragraphs: its last line, or its last sentence, asks.
  const line = text.trimEnd().lastIndexOf('\n') + 1;
  if (line > 0 && text.length - line <= MOST_PARAGRAPH) return { start: 0, end: line };
  return { start: 0, end: 0 };
}

function endOfPassages(text: string, isLast: boolean): number {
  if (!isLast) return text.length;
  let end = text.length;
  let taken = 0;
  for (;;) {
    const rest = text.slice(0, end).trimEnd();
    const at = rest.lastIndexOf('\n\n') + 2;
    if (at < 2 || taken + rest.length - at > MOST_PARAGRAPH) return taken === 0 ? lastNamed(text) : end;
    const paragraph = rest.slice(at);
    // Behind the first one only what is said to be part of the question, or ends as one.
    if (taken > 0 && !NAMED.test(paragraph) && !/\?\s*$/.test(paragraph)) return end;
    taken += rest.length - at;
    end = at;
    if (NAMED.test(paragraph) || taken > MOST_PARAGRAPH / 2) return end;
  }
}

/** Where a line begins, near the end, that says it is the question; the text's length if none does. */
function lastNamed(text: string): number {
  const trimmed = text.trimEnd();
  const line = trimmed.lastIndexOf('\n') + 1;
  if (line > 0 && trimmed.length - line <= MOST_PARAGRAPH && (NAMED.test(trimmed.slice(line)) || trimmed.endsWith('?')))
    return line;
  return text.length;
}

function startOfPassages(text: string, end: number): number {
  const first = text.search(/\S/);
  const blank = text.indexOf('\n\n', first);
  if (blank === -1 || blank > MOST_PARAGRAPH || blank + 2 >= end) return 0;
  const paragraph = text.slice(first, blank);
  const asks =
    NAMED.test(paragraph) ||
    /[?:]\s*$/.test(paragraph) ||
    /^(?:answer|use|read|based|given|summari[sz]e|write|you|the following|below|here)\b/i.test(paragraph);
  return asks && !/^\W*(?:document|passage|title|source)\b/i.test(paragraph) ? blank + 2 : 0;
}
