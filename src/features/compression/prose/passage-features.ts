/** What the sentences of passages have in common with a question, as numbers. */
import type { Block } from './blocks.ts';
import { firstFrom, type Hits, hitsBetween, hitsIn, TermScores } from './hits.ts';
import type { Question } from './question.ts';
import { rarityOf } from './rarity.ts';
import { type Shape, Shapes } from './shapes.ts';
import type { Vocabulary, Words } from './words.ts';

/** The features of a sentence, in the order of their weights. */
const FEATURE_NAMES = [
  'blockBm25',
  'blockCoverage',
  'headingCoverage',
  'headingPrecision',
  'blockPairs',
  'blockMargin',
  'blockRank',
  'unitBm25',
  'unitCoverage',
  'unitWithHeading',
  'unitPairs',
  'unitNearby',
  'unitNeighbours',
  'isFirst',
  'place',
  'length',
  'unitMargin',
  'person',
  'time',
  'placeName',
  'number',
  'otherName',
  'names',
  'digits',
  'isOnly',
  'blockRare',
  'unitRare',
  'blockRareCoverage',
  'unitRareCoverage',
  'unitRareNeighbours',
] as const;
/** How many there are. */
export const FEATURES = FEATURE_NAMES.length;
const UNIT_MARGIN = FEATURE_NAMES.indexOf('unitMargin');

/** Texts with their words. */
interface ReadTexts {
  readonly texts: readonly string[];
  readonly words: readonly Words[];
  readonly vocabulary: Vocabulary;
}

/** Features of sentences, row by row, block after block. */
interface Features {
  readonly rows: Float32Array;
  /** Of each row: the number of the block and that of the sentence in it. */
  readonly block: Int32Array;
  readonly unit: Int32Array;
}

/** A block in words. */
interface Read {
  readonly block: Block;
  readonly words: Words;
  readonly first: number;
  readonly body: number;
  /** Where each of its sentences ends. */
  readonly ends: readonly number[];
  readonly last: number;
  readonly hits: Hits;
}

/** Reads the features of all sentences of the blocks. */
export function passageFeatures(read: ReadTexts, blocks: readonly Block[], question: Question): Features {
  const termOf = new Int16Array(read.vocabulary.size).fill(-1);
  question.terms.forEach((id, term) => {
    termOf[id] = term;
  });
  const hits = new Map<Words, Hits>();
  const all = blocks.map((block) => {
    const words = read.words[block.source] as Words;
    let ofSource = hits.get(words);
    if (ofSource === undefined) {
      ofSource = hitsIn(words, termOf);
      hits.set(words, ofSource);
    }
    return inWords(block, words, ofSource);
  });
  return new FeatureRows(read, all, question, new Shapes(read.vocabulary, termOf)).write();
}

function inWords(block: Block, words: Words, hits: Hits): Read {
  const { starts } = words;
  const first = firstFrom(starts, block.start);
  const body = block.bodyStart === block.start ? first : firstFrom(starts, block.bodyStart);
  const ends = block.units.map(({ end }) => firstFrom(starts, end));
  const last = ends.at(-1) ?? body;
  return { block, words, first, body, ends, last, hits: hitsBetween(hits, first, last) };
}

/** How much each term of the question says among these blocks: what few of them have says more. */
function weightsAmong(blocks: readonly Read[], { shares }: Question): Float64Array {
  const found = new Int32Array(shares.length);
  for (const { hits } of blocks) {
    for (const term of new Set(hits.term)) found[term] = (found[term] as number) + 1;
  }
  return shares.map((share, term) => {
    const inBlocks = found[term] as number;
    return inBlocks === 0 ? 0 : share * Math.log(1 + (blocks.length - inBlocks + 0.5) / (inBlocks + 0.5));
  });
}

class FeatureRows {
  readonly #read: ReadTexts;
  readonly #blocks: readonly Read[];
  readonly #question: Question;
  readonly #shapes: Shapes;
  readonly #scores: TermScores;
  /** The same by how rare words are in English: passages that were searched for have the same words. */
  readonly #rare: TermScores;
  readonly #meanBlock: number;
  readonly #meanUnit: number;
  readonly #blockScores: Float64Array;
  /** Of each block: how many are better. */
  readonly #ranks: ReadonlyMap<number, number>;
  readonly #best: number;
  readonly #second: number;

  constructor(read: ReadTexts, blocks: readonly Read[], question: Question, shapes: Shapes) {
    this.#read = read;
    this.#blocks = blocks;
    this.#question = question;
    this.#shapes = shapes;
    this.#scores = new TermScores(weightsAmong(blocks, question), question.pairs);
    const { terms, shares, pairs } = question;
    const rarity = shares.map((share, term) => share * rarityOf(read.vocabulary.nameOf(terms[term] as number)));
    this.#rare = new TermScores(rarity, pairs);
    const words = blocks.reduce((sum, { first, last }) => sum + last - first, 0);
    const bodies = blocks.reduce((sum, { body, last }) => sum + last - body, 0);
    this.#meanBlock = Math.max(1, words / Math.max(1, blocks.length));
    this.#meanUnit = Math.max(1, bodies / Math.max(1, this.#units));
    this.#blockScores = Float64Array.from(blocks, ({ hits, first, last }) =>
      this.#scores.bm25(hits, (last - first) / this.#meanBlock),
    );
    const sorted = this.#blockScores.toSorted().reverse();
    this.#best = sorted[0] ?? 0;
    this.#second = sorted[1] ?? 0;
    const ranks = new Map<number, number>();
    sorted.forEach((score, rank) => {
      if (!ranks.has(score)) ranks.set(score, rank);
    });
    this.#ranks = ranks;
  }

  get #units(): number {
    return this.#blocks.reduce((sum, { ends }) => sum + ends.length, 0);
  }

  write(): Features {
    const count = this.#units;
    const rows = new Float32Array(count * FEATURES);
    const block = new Int32Array(count);
    const unit = new Int32Array(count);
    let row = 0;
    let best = 0;
    this.#blocks.forEach((read, index) => {
      const ofBlock = this.#ofBlock(read, index);
      const heading = hitsBetween(read.hits, read.first, read.body);
      const hits = read.ends.map((end, at) => hitsBetween(read.hits, read.ends[at - 1] ?? read.body, end));
      read.ends.forEach((_, at) => {
        const ofUnit = this.#ofUnit(read, at, hits, heading);
        best = Math.max(best, ofUnit[0] as number);
        rows.set(ofBlock, row * FEATURES);
        rows.set(ofUnit, row * FEATURES + ofBlock.length);
        block[row] = index;
        unit[row] = at;
        row += 1;
      });
    });
    for (let at = 0; at < count; at += 1) {
      rows[at * FEATURES + UNIT_MARGIN] = (rows[at * FEATURES + UNIT_BM25] as number) - best;
    }
    return { rows, block, unit };
  }

  #ofBlock({ hits, first, body }: Read, index: number): readonly number[] {
    const score = this.#blockScores[index] as number;
    const heading = hitsBetween(hits, first, body);
    return [
      score,
      this.#scores.coverage(hits),
      this.#scores.coverage(heading),
      body === first ? 0 : heading.at.length / (body - first),
      this.#scores.pairs(hits),
      score - (score === this.#best ? this.#second : this.#best),
      Math.log(1 + (this.#ranks.get(score) ?? 0)),
    ];
  }

  #ofUnit(read: Read, at: number, hits: readonly Hits[], heading: Hits): readonly number[] {
    const { block, words, body, ends } = read;
    const from = ends[at - 1] ?? body;
    const to = ends[at] as number;
    const own = hits[at] as Hits;
    const near = [hits[at - 1], own, hits[at + 1]].filter((each) => each !== undefined);
    const shape = this.#shapes.of(this.#read.texts[block.source] as string, words, from, to);
    return [
      this.#scores.bm25(own, (to - from) / this.#meanUnit),
      this.#scores.coverage(own),
      this.#scores.coverage(own, heading),
      this.#scores.pairs(own),
      this.#scores.nearby(own),
      this.#scores.coverage(...near),
      at === 0 ? 1 : 0,
      Math.min(at, 6) / 6,
      Math.log(1 + to - from) / 4,
      0,
      ...this.#asAsked(shape),
      shape.names,
      shape.digits,
      ends.length === 1 ? 1 : 0,
      this.#rare.bm25(read.hits, (read.last - read.first) / this.#meanBlock),
      this.#rare.bm25(own, (to - from) / this.#meanUnit),
      this.#rare.coverage(read.hits),
      this.#rare.coverage(own),
      this.#rare.coverage(...near),
    ];
  }

  /** What has the shape of the answer that is asked for. */
  #asAsked({ names, times, digits }: Shape): readonly number[] {
    const { kind } = this.#question;
    return [
      kind === 'person' ? names : 0,
      kind === 'time' ? times : 0,
      kind === 'place' ? names : 0,
      kind === 'number' ? digits : 0,
      kind === 'other' ? names : 0,
    ];
  }
}

const UNIT_BM25 = FEATURE_NAMES.indexOf('unitBm25');
