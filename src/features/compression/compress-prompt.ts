/** Shortens the texts of a prompt: pure, and the same each time. */
import type { PromptText, PromptTurn } from '../../formats/prompt-texts.ts';
import { parseSpan, type Span } from '../../wire/json-walk.ts';
import { escapesUnicode, jsonLength, jsonText } from './json-text.ts';
import { choose } from './prose/choose.ts';
import { type Asked, askedIn } from './question-in.ts';
import { shorterText } from './shorter/shorter-text.ts';

/** What became of a turn's texts, in their order: `undefined` is one that stays as it is. `null` in place of the list: the turn went. */
export type NewTexts = readonly (string | undefined)[] | null;

/** How much is to be kept. */
export interface Wish {
  /** The part of the characters; 1 leaves nothing out. */
  readonly ratio: number;
  /** Of which characters: of the whole body, or of the texts that may be shortened. */
  readonly of: 'body' | 'texts';
  /** What was decided about turns when they were first sent: they are not looked at again. */
  readonly frozen?: ReadonlyMap<number, NewTexts>;
}

/** Why nothing was left out, though it was asked for. */
type BackedOff = 'no-question' | 'question-lost';

/** A prompt with shorter texts. */
export interface Compressed {
  /** The same object if nothing changed. */
  readonly body: Buffer;
  /** The turns that are changed, those that were frozen included. */
  readonly turns: ReadonlyMap<number, NewTexts>;
  readonly backedOff?: BackedOff | undefined;
}

/** A stretch of the body that gets another content; an empty one goes, with its comma. */
interface Edit extends Span {
  readonly json: string;
}

/** A text that may be shortened, and where it is. */
interface Source {
  readonly span: PromptText;
  /** Which of its turn's texts it is. */
  readonly place: number;
  /** All of the text, after what loses nothing. */
  readonly text: string;
  readonly isChanged: boolean;
  /** The part of it that may be shortened; the rest is the question. */
  readonly start: number;
  readonly end: number;
}

/** So much is kept free for the marks that say where something is missing. */
const MARGIN = 0.004;
/** If what is kept has less of the question's words, by weight, than this part of what there was, nothing is left out. */
const LEAST_WEIGHT = 0.15;
/** Shorter texts stay, unless they are messages of their own before the user's next one: passages, or turns of a talk. */
const LEAST_TEXT = 300;

/** Shortens a prompt to a part of all its characters, as far as its texts may be shortened. */
export function compressPrompt(body: Buffer, turns: readonly PromptTurn[], wish: Wish): Compressed {
  const asked = askedIn(body, turns);
  const sources = sourcesOf(body, turns, asked, wish);
  const isEscaped = escapesUnicode(body);
  const write = (texts: readonly (string | undefined)[] | undefined): Compressed =>
    written(body, turns, sources, { texts, isEscaped, frozen: wish.frozen ?? NOTHING_FROZEN });
  const lossless = write(undefined);
  if (wish.ratio >= 1 || sources.length === 0) return lossless;
  const length = charactersIn(lossless.body);
  const cost = (text: string): number => jsonLength(text, isEscaped);
  const shortenable = sources.map(({ span, text, start, end }) => {
    const turn = turns[span.turn] as PromptTurn;
    const isWhole = turn.isOptional && turn.texts.length === 1 && start === 0 && end === text.length;
    const around =
      charactersIn(body.subarray(turn.start, span.start)) + charactersIn(body.subarray(span.end, turn.end));
    // The quotes and the comma go with the turn.
    return { text: text.slice(start, end), wholeCost: isWhole ? around + 3 : undefined };
  });
  // What stays in any case: all but these texts, and the messages around those that may go.
  const fixed = shortenable.reduce(
    (sum, { text, wholeCost }) => sum - cost(text) - (wholeCost ?? 0) + (wholeCost === undefined ? 1 : 0),
    length,
  );
  const share = Math.max(0, wish.ratio - Math.min(MARGIN, wish.ratio * MARGIN * 2));
  const target = Math.floor(wish.of === 'body' ? charactersIn(body) * share : fixed + (length - fixed) * share);
  if (length <= target) return lossless;
  if (asked.question === '') return { ...lossless, backedOff: 'no-question' };
  for (let budget = target - fixed; ; ) {
    const { texts, weightKept } = choose(shortenable, asked.question, Math.max(0, budget), cost);
    if (weightKept < LEAST_WEIGHT) return { ...lossless, backedOff: 'question-lost' };
    const result = write(texts);
    const over = charactersIn(result.body) - target;
    if (over <= 0 || budget <= 0) return result;
    budget -= Math.max(over, 8);
  }
}

const NOTHING_FROZEN: ReadonlyMap<number, NewTexts> = new Map();

/** UTF-16 units, as JavaScript counts them. */
const charactersIn = (bytes: Buffer): number => bytes.toString('utf8').length;

function sourcesOf(
  body: Buffer,
  turns: readonly PromptTurn[],
  asked: Asked,
  { frozen = NOTHING_FROZEN, ratio }: Wish,
): readonly Source[] {
  const seen = new Map<string, string>();
  return turns.flatMap(({ texts }, turn) =>
    texts.flatMap((span, place): Source[] => {
      if (frozen.has(turn)) return [];
      const text = String(parseSpan(body, span));
      if (turn === asked.turn && span.author === 'user') {
        const part = asked.shortenable.get(span.start);
        return part === undefined ? [] : [{ span, place, text, isChanged: false, ...part }];
      }
      if (span.author === 'assistant') return [];
      const shorter = shorterText(text, span.author, seen, ratio < 1);
      const now = shorter ?? text;
      // What was written in fewer characters without loss is no prose any more.
      const isLong = text.length >= LEAST_TEXT || (turns[turn]?.isOptional === true && text !== '');
      const end = shorter === undefined && isLong ? text.length : 0;
      return [{ span, place, text: now, isChanged: shorter !== undefined, start: 0, end }];
    }),
  );
}

interface Writing {
  /** What is kept of the sources' parts; undefined: all. */
  readonly texts: readonly (string | undefined)[] | undefined;
  readonly isEscaped: boolean;
  readonly frozen: ReadonlyMap<number, NewTexts>;
}

function written(
  body: Buffer,
  turns: readonly PromptTurn[],
  sources: readonly Source[],
  { texts, isEscaped, frozen }: Writing,
): Compressed {
  const changed = new Map<number, NewTexts>(frozen);
  sources.forEach(({ span, place, text, isChanged, start, end }, index) => {
    const kept = texts === undefined || end === start ? text.slice(start, end) : texts[index];
    if (kept === undefined) changed.set(span.turn, null);
    else if (isChanged || kept !== text.slice(start, end)) {
      const whole = text.slice(0, start) + kept + text.slice(end);
      const known = changed.get(span.turn) ?? (turns[span.turn] as PromptTurn).texts.map(() => undefined);
      changed.set(span.turn, known.with(place, whole));
    }
  });
  return { body: withTexts(body, turns, changed, isEscaped), turns: changed };
}

/** The body with other texts in turns; the same one if there are none. */
function withTexts(
  body: Buffer,
  turns: readonly PromptTurn[],
  changed: ReadonlyMap<number, NewTexts>,
  isEscaped: boolean,
): Buffer {
  const edits: Edit[] = [];
  for (const [turn, texts] of changed) {
    const { start, end, texts: spans } = turns[turn] as PromptTurn;
    if (texts === null) edits.push({ start, end, json: '' });
    else {
      spans.forEach((span, place) => {
        const text = texts[place];
        if (text !== undefined) edits.push({ start: span.start, end: span.end, json: jsonText(text, isEscaped) });
      });
    }
  }
  return edits.length === 0 ? body : withEdits(body, edits);
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
