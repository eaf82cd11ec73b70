/** Splits texts into blocks (a passage, a paragraph, what one speaker says) and these into sentences. */
import { sentenceEnds } from './sentences.ts';

/** A stretch of a text that is kept or left out as one. */
interface Unit {
  readonly start: number;
  readonly end: number;
}

/** A passage, a paragraph, a turn of a talk. */
export interface Block {
  /** Which of the texts it is of. */
  readonly source: number;
  readonly start: number;
  readonly end: number;
  /** Where what it is about begins; before it stands a title, or who speaks. It is kept if anything of the block is. */
  readonly bodyStart: number;
  /** Of its body. */
  readonly units: readonly Unit[];
  /** It is never touched: code. */
  readonly isFixed: boolean;
}

/** A paragraph that is longer is split at the ends of its lines, if it has several. */
const MOST_PARAGRAPH = 2_000;
/** Without an end of a line, so many characters make a block. */
const MOST_BLOCK = 1_500;
const MOST_HEADING = 160;
const FENCE = /^[ \t]*(?:```|~~~)/;
/** Who speaks, perhaps behind the number of the turn: `Ann: …`, `[12] **Ann**: …`, `<Ann> …`. */
const NUMBER = /^\s*(?:turn\s*)?[[(#]?\d{1,5}[\])]?\s*[:.)-]?\s+/i;
const LABEL =
  /^(?:<[^<>\n]{1,48}>|\*{0,2}[[(]?[\p{L}\p{N}][\p{L}\p{N} .,'’()_&/-]{0,48}[\])]?\*{0,2}(?: \([^)\n]{1,40}\))?:\*{0,2})\s/u;
/** `Document [3](Title: The castle (ruin)) …`, `[3] (…)`, `Passage 3: …`: which passage it is. */
const LEAD =
  /^\s*(?:(?:document|doc|passage|source|context|snippet|result|chunk)\s*)?[[(#]?\d{1,4}[\])]?\s*[:.)-]?\s*(?:\((?:[^()\n]|\([^()\n]*\)){1,200}\)\s*)?/i;
const FIELD =
  /^(?:title|text|document|doc|passage|content|source|url|body|context|question|answer|note|summary|date|id|name|section|chapter|example|input|output|http|https)\b/i;

/** Whether lines are turns of a talk: names before colons, which come again. */
export function isTalk(lines: readonly string[]): boolean {
  const labels = new Map<string, number>();
  let labelled = 0;
  let filled = 0;
  for (const line of lines) {
    if (line.trim() === '') continue;
    filled += 1;
    const label = LABEL.exec(line.replace(NUMBER, ''))?.[0];
    if (label === undefined || FIELD.test(label)) continue;
    labelled += 1;
    labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  return filled >= 6 && labelled >= filled * 0.6 && labels.size <= labelled / 3;
}

/** Where the label of a turn ends; `start` if it has none. */
export function labelEnd(text: string, start: number, end: number): number {
  const begin = text.slice(start, Math.min(end, start + 120));
  const number = NUMBER.exec(begin)?.[0].length ?? 0;
  const found = LABEL.exec(begin.slice(number));
  return found === null ? start : start + number + found[0].length;
}

/** The blocks of a text. With `isTalk` each line is one, which is kept whole. */
export function blocksOf(text: string, source: number, isTalk: boolean): Block[] {
  const blocks: Block[] = [];
  for (const { start, end, isFixed } of paragraphsOf(text, isTalk)) {
    if (isFixed) blocks.push({ source, start, end, bodyStart: start, units: [{ start, end }], isFixed: true });
    else if (isTalk) {
      const bodyStart = labelEnd(text, start, end);
      blocks.push({ source, start, end, bodyStart, units: [{ start: bodyStart, end }], isFixed: false });
    } else addPassage(text, source, start, end, blocks);
  }
  return blocks;
}

function addPassage(text: string, source: number, start: number, end: number, blocks: Block[]): void {
  const bodyStart = headingEnd(text, start, end);
  const ends = sentenceEnds(text, bodyStart, end);
  let from = start;
  let body = bodyStart;
  let units: Unit[] = [];
  ends.forEach((unitEnd, index) => {
    units.push({ start: units.at(-1)?.end ?? body, end: unitEnd });
    if (unitEnd - from < MOST_BLOCK && index < ends.length - 1) return;
    blocks.push({ source, start: from, end: unitEnd, bodyStart: body, units, isFixed: false });
    from = unitEnd;
    body = unitEnd;
    units = [];
  });
  if (ends.length === 0 && start < end) {
    blocks.push({ source, start, end, bodyStart: start, units: [{ start, end }], isFixed: false });
  }
}

/** The end of the lines at the beginning that are a title: short, without the mark that ends a sentence. */
function headingEnd(text: string, start: number, end: number): number {
  const lead = LEAD.exec(text.slice(start, Math.min(end, start + 280)))?.[0].length ?? 0;
  let at = start;
  // A number alone may be a part of the sentence.
  if (lead > 0 && start + lead < end && /[\])#:]|^\s*[a-z]/i.test(text.slice(start, start + lead))) at += lead;
  for (;;) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd === -1 || lineEnd >= end - 1 || lineEnd - at > MOST_HEADING) return at;
    const line = text.slice(at, lineEnd).trim();
    if (line !== '' && /[.!?]["')\]]?$/.test(line) && !/^\W*(?:document|passage|title|source|#)/i.test(line)) return at;
    at = lineEnd + 1;
  }
}

interface Paragraph {
  readonly start: number;
  readonly end: number;
  readonly isFixed: boolean;
}

/** Paragraphs and what is between fences. A title on a paragraph of its own belongs to the next one. */
function paragraphsOf(text: string, isTalk: boolean): readonly Paragraph[] {
  const lines = linesOf(text);
  const found: Paragraph[] = [];
  let fence = -1;
  let start = 0;
  const close = (end: number, isFixed = false): void => {
    if (end > start) found.push({ start, end, isFixed });
    start = end;
  };
  lines.forEach(({ start: from, end }, index) => {
    const line = text.slice(from, Math.min(end, from + 8));
    if (FENCE.test(line)) {
      if (fence === -1) {
        close(from);
        fence = from;
      } else {
        close(end, true);
        fence = -1;
      }
      return;
    }
    if (fence !== -1) return;
    if (isTalk) {
      const last = found.at(-1);
      if (!isBlank(text, from, end) || last === undefined) close(end);
      else {
        found[found.length - 1] = { ...last, end };
        start = end;
      }
    } else if (isBlank(text, from, end) && !isBlank(text, start, from)) {
      const next = lines[index + 1];
      if (next === undefined || !isBlank(text, next.start, next.end)) close(end);
    }
  });
  close(text.length, fence !== -1);
  return isTalk
    ? found
    : withTitles(
        text,
        found.flatMap((paragraph) => smaller(text, paragraph)),
      );
}

/** A long paragraph by its lines. */
function smaller(text: string, paragraph: Paragraph): readonly Paragraph[] {
  const { start, end, isFixed } = paragraph;
  if (isFixed || end - start <= MOST_PARAGRAPH) return [paragraph];
  const lines = linesOf(text, start, end);
  if (lines.length < 3) return [paragraph];
  const joined: Paragraph[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    const isEnd = last !== undefined && CLOSING.test(text.slice(line.start, Math.min(line.end, line.start + 80)));
    if (isEnd) joined[joined.length - 1] = { ...last, end: line.end };
    else joined.push({ ...line, isFixed: false });
  }
  return joined;
}

/** What ends what stands before it: a closing tag, a rule, a blank line. */
const CLOSING = /^\s*(?:<\/[\w:-]{1,64}>|-{3,}|={3,}|\*{3,})?\s*$/;

/** Joins what is but a title with what follows it. */
function withTitles(text: string, paragraphs: readonly Paragraph[]): readonly Paragraph[] {
  const joined: Paragraph[] = [];
  let from = -1;
  paragraphs.forEach((paragraph, index) => {
    const { start, end, isFixed } = paragraph;
    const next = paragraphs[index + 1];
    const begin = from === -1 ? start : from;
    if (!isFixed && next?.isFixed === false && end - begin <= MOST_HEADING && isTitle(text, start, end, next)) {
      from = begin;
      return;
    }
    joined.push({ start: begin, end, isFixed });
    from = -1;
  });
  return joined;
}

function isTitle(text: string, start: number, end: number, next: Paragraph): boolean {
  const line = text.slice(start, end).trim();
  if (line === '') return true;
  return !/[.!?]["')\]]?$/.test(line) && next.end - next.start > 2 * line.length && !line.includes('\n');
}

function linesOf(text: string, start = 0, end = text.length): readonly Unit[] {
  const lines: Unit[] = [];
  for (let at = start; at < end; ) {
    const found = text.indexOf('\n', at);
    const next = found === -1 || found >= end ? end : found + 1;
    lines.push({ start: at, end: next });
    at = next;
  }
  return lines;
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at) > 0x20) return false;
  return true;
}
