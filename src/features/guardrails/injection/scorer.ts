import { canonicalOf } from '../canonical.ts';
import { FeatureReader } from '../feature-reader.ts';
import { type HashedModel, TokenSums } from '../hashed-model.ts';
import { INJECTION_CONCEPTS } from './concepts.ts';
import { segmentsOf } from './segments.ts';
import { unpack } from './unpacked.ts';

/** The two models: of what users write, and of what tools and documents bring. */
interface InjectionModels {
  readonly user: HashedModel;
  readonly document: HashedModel;
}

/** A raw score, and the part of the text that has it. */
interface Scored {
  readonly raw: number;
  readonly start: number;
  readonly end: number;
}

const WINDOW = 32;
const STRIDE = 16;
/** The best of many windows is higher by chance: what is taken off for each doubling, by the natural logarithm. */
const WINDOW_PENALTY = 0.35;
const SEGMENT_PENALTY = 0.15;
/** Sentences between the rows of a table. */
const BESIDE_ROWS = 1.5;
const SHARE_OF_ROWS = 0.6;
const FEWEST_ROWS = 3;
/** What is packed so that no reader sees it is worth more, if it says something at all. */
const PACKED = 0.6;
const HIDDEN = 2;
const SHORTEST_HIDDEN = 3;
/** Turns of a chat, written into a text as models see them. */
const CHAT_MARKS =
  /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[\/?inst\]|<<\/?sys>>|<\/?system(?:_prompt)?>|<start_of_turn>|\n\n(?:human|assistant):/;
const CHAT_MARK = 1;

/** Scores texts with both models. Holds buffers; one text at a time. */
export class InjectionScorer {
  readonly #models: InjectionModels;
  readonly #reader = new FeatureReader(INJECTION_CONCEPTS);
  readonly #sums = new TokenSums();

  constructor(models: InjectionModels) {
    this.#models = models;
  }

  /** What a text is worth as a user's: the highest of its windows, the whole and what is packed in it; and as a document's, if it is one. */
  score(text: string, isDocument: boolean): { readonly user: Scored; readonly document: Scored | undefined } {
    const { text: canonical, places, hidden, invisible } = canonicalOf(text);
    const more =
      (CHAT_MARKS.test(canonical) ? CHAT_MARK : 0) +
      // Invisible characters between letters serve no reader.
      (invisible > 8 && invisible * 6 > canonical.length ? PACKED : 0);
    const original = ({ raw, start, end }: Scored): Scored => ({
      raw: raw + more,
      start: places === undefined ? start : (places[start] ?? 0),
      end: places === undefined || end === 0 ? end : (places[end - 1] ?? text.length - 1) + 1,
    });
    this.#reader.read(canonical);
    let user = original(this.#bestWindow());
    let document = isDocument ? original(this.#bestSentence(canonical)) : undefined;
    const consider = (packed: string, start: number, end: number, extra: number): void => {
      const inside = canonicalOf(packed).text;
      this.#reader.read(inside);
      const asUser = this.#bestWindow().raw + extra;
      if (asUser > user.raw) user = { raw: asUser, start, end };
      if (document === undefined) return;
      const asDocument = this.#bestSentence(inside).raw + extra;
      if (asDocument > document.raw) document = { raw: asDocument, start, end };
    };
    if (hidden.length > SHORTEST_HIDDEN) consider(hidden, 0, text.length, HIDDEN);
    for (const { text: inside, start, end } of unpack(text, canonical)) consider(inside, start, end, PACKED);
    return { user, document };
  }

  #bestWindow(): Scored {
    this.#sums.add(this.#models.user, this.#reader);
    const { count } = this.#reader;
    const whole = this.#sums.score(0, count);
    if (count <= WINDOW) return this.#scored(whole, 0, count);
    let best = Number.NEGATIVE_INFINITY;
    let [windows, to] = [0, count];
    for (let end = WINDOW; ; end = Math.min(count, end + STRIDE)) {
      const raw = this.#sums.score(end - WINDOW, end);
      if (raw > best) [best, to] = [raw, end];
      windows += 1;
      if (end === count) break;
    }
    best -= WINDOW_PENALTY * Math.log(windows);
    return whole > best ? this.#scored(whole, 0, count) : this.#scored(best, to - WINDOW, to);
  }

  #scored(raw: number, from: number, to: number): Scored {
    return { raw, start: this.#reader.starts[from] ?? 0, end: this.#reader.ends[Math.max(from, to - 1)] ?? 0 };
  }

  #bestSentence(text: string): Scored {
    this.#sums.add(this.#models.document, this.#reader);
    const { starts, count } = this.#reader;
    const bounds = segmentsOf(text, this.#reader);
    const isTable = isTabular(text);
    let best: Scored = { raw: Number.NEGATIVE_INFINITY, start: 0, end: text.length };
    let segments = 0;
    for (let at = 0; at + 1 < bounds.length; at += 1) {
      const [from, to] = [bounds[at] ?? 0, bounds[at + 1] ?? 0];
      if (to - from < 2) continue;
      segments += 1;
      let raw = this.#sums.score(from, to);
      if (isTable && !text.slice(starts[from] ?? 0, to < count ? starts[to] : undefined).includes('|'))
        raw += BESIDE_ROWS;
      if (raw > best.raw) best = this.#scored(raw, from, to);
    }
    if (segments === 0) return this.#scored(this.#sums.score(0, count), 0, count);
    return { ...best, raw: best.raw - SEGMENT_PENALTY * Math.log(segments + 1) };
  }
}

function isTabular(text: string): boolean {
  let [rows, lines] = [0, 0];
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at);
    const end = next === -1 ? text.length : next;
    if (end - at > 1) {
      lines += 1;
      const bar = text.indexOf('|', at);
      if (bar !== -1 && bar < end) rows += 1;
    }
    at = end + 1;
  }
  return lines >= FEWEST_ROWS && rows >= lines * SHARE_OF_ROWS;
}
