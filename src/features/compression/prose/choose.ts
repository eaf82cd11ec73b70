/** Of several texts and a question: what of them is kept within a number of characters. */
import { type Block, blocksOf, isTalk, labelEnd } from './blocks.ts';
import { firstFrom } from './hits.ts';
import { FEATURES, passageFeatures } from './passage-features.ts';
import { type Question, readQuestion } from './question.ts';
import { rarityOf } from './rarity.ts';
import { type Candidate, type Opening, selectUnits } from './select-units.ts';
import { around, talkFeatures } from './talk-features.ts';
import { PASSAGE_WEIGHTS, TALK_WEIGHTS } from './weights.ts';
import { Vocabulary, type Words } from './words.ts';

/** A text that may be shortened. */
interface Shortenable {
  readonly text: string;
  /** What leaving all of it out saves beside its characters; undefined: it has to stay, if only as a mark. */
  readonly wholeCost: number | undefined;
}

/** Stands where something was left out. */
const LEFT_OUT = '…';

/** How much a character more counts. Of a passage the one sentence counts, of a talk all that was said. */
const PASSAGE_DEARNESS = 0.8;
const TALK_DEARNESS = 0.25;
/** Over so many turns what was found is evened out. */
const EVENED = 5;
/** A request whose texts are longer on average is no talk whose turns are messages. */
const MOST_MEAN_TURN = 1_500;

/** What is kept. */
interface Chosen {
  /** Undefined: nothing of the text is kept. */
  readonly texts: readonly (string | undefined)[];
  /** The part of the weight of the question's words in the texts that is in what is kept; 1 if the texts have none of them. */
  readonly weightKept: number;
}

/** Chooses. `cost`: of a stretch of a text, in the characters that `budget` counts. */
export function choose(
  sources: readonly Shortenable[],
  asked: string,
  budget: number,
  cost: (text: string) => number,
): Chosen {
  const vocabulary = new Vocabulary();
  const texts = sources.map(({ text }) => text);
  const talks = talksAmong(texts);
  const blocks = texts.flatMap((text, source) => blocksIn(text, source, talks[source] ?? 'no'));
  const words = texts.map((text) => vocabulary.read(text));
  const question = readQuestion(asked, vocabulary);
  const scores = scoresOf(texts, words, blocks, talks, question, vocabulary);
  const candidates: Candidate[] = [];
  const openings: Opening[] = [];
  const at: { readonly block: number; readonly unit: number }[] = [];
  blocks.forEach((block, index) => {
    const text = texts[block.source] as string;
    const heading = block.bodyStart > block.start ? cost(text.slice(block.start, block.bodyStart)) : 0;
    openings.push({ cost: heading + OPENING_MARKS, message: block.source });
    block.units.forEach((unit, number) => {
      candidates.push({
        block: index,
        cost: cost(text.slice(unit.start, unit.end)) + 1,
        score: block.isFixed ? Number.POSITIVE_INFINITY : (scores[index]?.[number] ?? 0),
      });
      at.push({ block: index, unit: number });
    });
  });
  const messageCosts = sources.map(({ wholeCost }) => wholeCost ?? 0);
  const dearness = talks.some((talk) => talk !== 'no') ? TALK_DEARNESS : PASSAGE_DEARNESS;
  const kept = selectUnits(candidates, openings, messageCosts, budget, dearness);
  const keptUnits: Uint8Array[] = blocks.map(({ units }) => new Uint8Array(units.length));
  kept.forEach((isKept, candidate) => {
    const place = at[candidate];
    if (isKept === 1 && place !== undefined) (keptUnits[place.block] as Uint8Array)[place.unit] = 1;
  });
  const bySource: number[][] = texts.map(() => []);
  blocks.forEach(({ source }, index) => {
    (bySource[source] as number[]).push(index);
  });
  return {
    texts: texts.map((text, source) => {
      const own = bySource[source] as number[];
      return written(
        text,
        own.map((index) => [blocks[index] as Block, keptUnits[index] as Uint8Array]),
        sources[source],
      );
    }),
    weightKept: weightKept(blocks, keptUnits, words, question, vocabulary),
  };
}

/** For the mark before a block and the one behind it. */
const OPENING_MARKS = 3;

/** Whether most of some lines end as sentences do: titles, tags and rows of a table do not. */
const areSaid = (lines: readonly string[]): boolean =>
  lines.filter((line) => /[.!?…,;:}\]"'”’)-]\s*$/.test(line) && !/>\s*$/.test(line)).length >= lines.length * 0.7;

/** So many short texts in turn are a talk, with names or without. */
const MANY = 60;
const SHORT = 400;
const FEW = 6;

type Talk = 'no' | 'lines' | 'apart';

/** Which texts are talks: by their lines, or all of them together, a text a turn. */
function talksAmong(texts: readonly string[]): readonly Talk[] {
  const characters = texts.reduce((sum, { length }) => sum + length, 0);
  const firstLines = texts.map((text) => text.slice(0, 120).split('\n', 1)[0] ?? '');
  const mean = characters / texts.length;
  if (texts.length >= MANY && mean <= SHORT && areSaid(texts)) return texts.map(() => 'apart');
  if (texts.length >= FEW && mean <= MOST_MEAN_TURN && isTalk(firstLines)) return texts.map(() => 'apart');
  return texts.map((text) => {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const isOfShortLines =
      lines.length >= MANY && text.length / lines.length <= SHORT && !text.includes('\n\n') && areSaid(lines);
    return isOfShortLines || isTalk(lines) ? 'lines' : 'no';
  });
}

function blocksIn(text: string, source: number, talk: Talk): readonly Block[] {
  if (talk !== 'apart') return blocksOf(text, source, talk === 'lines');
  const bodyStart = labelEnd(text, 0, text.length);
  return [
    { source, start: 0, end: text.length, bodyStart, units: [{ start: bodyStart, end: text.length }], isFixed: false },
  ];
}

/** For each block the scores of its units. */
function scoresOf(
  texts: readonly string[],
  words: readonly Words[],
  blocks: readonly Block[],
  talks: readonly Talk[],
  question: Question,
  vocabulary: Vocabulary,
): readonly (readonly number[])[] {
  const scores: (readonly number[])[] = blocks.map(() => []);
  const passages: number[] = [];
  const groups = new Map<number, number[]>();
  blocks.forEach(({ source, isFixed }, index) => {
    if (isFixed) return;
    const talk = talks[source];
    if (talk === 'no') passages.push(index);
    else {
      // Turns that are messages are one talk; each text with lines is one of its own.
      const group = talk === 'apart' ? -1 : source;
      groups.set(group, [...(groups.get(group) ?? []), index]);
    }
  });
  if (passages.length > 0) {
    const chosen = passages.map((index) => blocks[index] as Block);
    const { rows, block, unit } = passageFeatures({ texts, words, vocabulary }, chosen, question);
    const found: number[][] = chosen.map(() => []);
    for (let row = 0; row < block.length; row += 1) {
      let sum = 0;
      for (let feature = 0; feature < FEATURES; feature += 1) {
        sum += (PASSAGE_WEIGHTS[feature] as number) * (rows[row * FEATURES + feature] as number);
      }
      (found[block[row] as number] as number[])[unit[row] as number] = sum;
    }
    passages.forEach((index, place) => {
      scores[index] = found[place] as number[];
    });
  }
  for (const group of groups.values()) {
    const turns = group.map((index) => {
      const { source, start, bodyStart, end } = blocks[index] as Block;
      const of = words[source] as Words;
      return {
        speaker: idsIn(of, start, bodyStart),
        words: idsIn(of, bodyStart, end),
        characters: end - start,
      };
    });
    const logits = talkScores(talkFeatures(turns, question, vocabulary), turns.length);
    group.forEach((index, place) => {
      scores[index] = [logits[place] as number];
    });
  }
  return scores;
}

/** Logarithms of how likely turns are about the question. */
function talkScores(columns: readonly Float64Array[], size: number): Float64Array {
  const sums = new Float64Array(size);
  columns.forEach((column, feature) => {
    const weight = TALK_WEIGHTS[feature] as number;
    for (let at = 0; at < size; at += 1) sums[at] = (sums[at] as number) + weight * (column[at] as number);
  });
  const near = around(sums, EVENED);
  const counts = around(new Float64Array(size).fill(1), EVENED);
  return near.map((value, at) => -Math.log(1 + Math.exp(-value / (counts[at] as number))));
}

function idsIn(words: Words, start: number, end: number): Int32Array {
  const { starts, ids } = words;
  const from = firstFrom(starts, start);
  return ids.subarray(from, firstFrom(starts, end));
}

/** What is kept of a text, with marks where something is missing. */
function written(
  text: string,
  blocks: readonly (readonly [Block, Uint8Array])[],
  shortenable: Shortenable | undefined,
): string | undefined {
  let result = '';
  let isGap = false;
  let isAny = false;
  blocks.forEach(([block, flags]) => {
    if (!flags.includes(1)) {
      isGap = true;
      return;
    }
    if (isGap) result += `${LEFT_OUT}${text.charCodeAt(block.start - 1) === 0x0a ? '\n' : ' '}`;
    isGap = false;
    result += text.slice(block.start, block.bodyStart);
    block.units.forEach(({ start, end }, unit) => {
      if (flags[unit] !== 1) {
        isGap = true;
        return;
      }
      if (isGap) result += `${LEFT_OUT} `;
      isGap = false;
      isAny = true;
      result += text.slice(start, end);
    });
    // A line's end goes with what was left out before it.
    if (isGap && text.charCodeAt(block.end - 1) === 0x0a && !result.endsWith('\n')) {
      result = `${result.trimEnd()} ${LEFT_OUT}\n`;
      isGap = false;
    }
  });
  if (!isAny) return shortenable?.wholeCost === undefined ? LEFT_OUT : undefined;
  return isGap ? `${result.trimEnd()} ${LEFT_OUT}` : result;
}

function weightKept(
  blocks: readonly Block[],
  kept: readonly Uint8Array[],
  words: readonly Words[],
  { terms, shares }: Question,
  vocabulary: Vocabulary,
): number {
  const there = new Set<number>();
  const left = new Set<number>();
  const wanted = new Set(terms);
  blocks.forEach(({ source, start, bodyStart, units }, index) => {
    const flags = kept[index] as Uint8Array;
    const note = (from: number, to: number, isKept: boolean): void => {
      for (const id of idsIn(words[source] as Words, from, to)) {
        if (!wanted.has(id)) continue;
        there.add(id);
        if (isKept) left.add(id);
      }
    };
    note(start, bodyStart, flags.includes(1));
    units.forEach((unit, number) => {
      note(unit.start, unit.end, flags[number] === 1);
    });
  });
  let all = 0;
  let some = 0;
  terms.forEach((id, term) => {
    const weight = (shares[term] as number) * rarityOf(vocabulary.nameOf(id));
    if (there.has(id)) all += weight;
    if (left.has(id)) some += weight;
  });
  return all === 0 ? 1 : some / all;
}
