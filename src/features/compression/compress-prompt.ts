/** Shortens the texts of a prompt to a part of the characters of the whole body: pure, and the same each time. */
import type { PromptText, PromptTurn } from '../../formats/prompt-texts.ts';
import { parseSpan, type Span } from '../../wire/json-walk.ts';
import { escapesUnicode, jsonLength, jsonText } from './json-text.ts';
import { choose } from './prose/choose.ts';
import { type Asked, askedIn } from './question-in.ts';

/** A stretch of the body that gets another content; an empty one goes, with its comma. */
interface Edit extends Span {
  readonly json: string;
}

/** So much is kept free for the marks that say where something is missing. */
const MARGIN = 0.004;

/** A text that may be shortened, and where it is. */
interface Source {
  readonly span: PromptText;
  /** All of the text. */
  readonly text: string;
  /** The part of it that may be shortened; the rest is the question. */
  readonly start: number;
  readonly end: number;
}

/** The body with its texts shortened to `ratio` of all its characters; the same one if nothing may be shortened. */
export function compressPrompt(body: Buffer, turns: readonly PromptTurn[], ratio: number): Buffer {
  if (ratio >= 1) return body;
  const characters = body.toString('utf8').length;
  const target = Math.floor(characters * (ratio - Math.min(MARGIN, ratio * MARGIN * 2)));
  if (characters <= target) return body;
  const asked = askedIn(body, turns);
  const sources = sourcesOf(body, turns, asked);
  if (sources.length === 0) return body;
  const isEscaped = escapesUnicode(body);
  const cost = (text: string): number => jsonLength(text, isEscaped);
  const shortenable = sources.map(({ span, text, start, end }) => {
    const turn = turns[span.turn] as PromptTurn;
    const isAlone = turn.texts.length === 1 && start === 0 && end === text.length;
    const item = body.toString('utf8', turn.start, turn.end).length + 1;
    return {
      text: text.slice(start, end),
      wholeCost: turn.isOptional && isAlone ? item - cost(text) : undefined,
      isStaying: !(turn.isOptional && isAlone),
    };
  });
  // What stays in any case: all of the body but these texts, and the messages around those that may go.
  const fixed = shortenable.reduce(
    (sum, { text, wholeCost, isStaying }) => sum - cost(text) - (wholeCost ?? 0) + (isStaying ? 1 : 0),
    characters,
  );
  let budget = target - fixed;
  for (;;) {
    const { texts } = choose(shortenable, asked.question, Math.max(0, budget), cost);
    const edits = texts.map((text, index) => editOf(sources[index] as Source, text, turns, isEscaped));
    const result = withEdits(body, edits);
    const over = result.toString('utf8').length - target;
    if (over <= 0 || budget <= 0) return result;
    budget -= Math.max(over, 8);
  }
}

function sourcesOf(body: Buffer, turns: readonly PromptTurn[], asked: Asked): readonly Source[] {
  return turns.flatMap(({ texts }, turn) =>
    texts.flatMap((span) => {
      const text = String(parseSpan(body, span));
      const isAsked = turn === asked.turn && span.author === 'user';
      const kept = isAsked ? asked.shortenable.get(span.start) : { start: 0, end: text.length };
      return kept === undefined || kept.end <= kept.start ? [] : [{ span, text, ...kept }];
    }),
  );
}

function editOf(
  { span, text, start, end }: Source,
  kept: string | undefined,
  turns: readonly PromptTurn[],
  isEscaped: boolean,
): Edit {
  if (kept === undefined) {
    const { start: from, end: to } = turns[span.turn] as PromptTurn;
    return { start: from, end: to, json: '' };
  }
  const whole = text.slice(0, start) + kept + text.slice(end);
  return { start: span.start, end: span.end, json: jsonText(whole, isEscaped) };
}

const COMMA = 0x2c;

/** The body with edits made that do not overlap. An item of a list that goes is followed by another one, whose comma goes with it. */
function withEdits(body: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end, json } of edits.toSorted((one, other) => one.start - other.start)) {
    pieces.push(body.subarray(from, start));
    if (json !== '') pieces.push(Buffer.from(json));
    from = json === '' ? behindComma(body, end) : end;
  }
  pieces.push(body.subarray(from));
  return Buffer.concat(pieces);
}

function behindComma(body: Buffer, end: number): number {
  let at = end;
  while (body[at] !== COMMA) at += 1;
  at += 1;
  while ((body[at] as number) <= 0x20) at += 1;
  return at;
}
