import { canonicalOf } from '../canonical.ts';
import { FeatureReader } from '../feature-reader.ts';
import { type HashedModel, TokenSums } from '../hashed-model.ts';
import { CONCEPT, MODERATION_CONCEPTS } from './concepts.ts';

/** The categories that have a model of their own; the others follow from them. */
export const HEADS = ['sexual', 'hate', 'violence', 'harassment', 'self-harm'] as const;
type Head = (typeof HEADS)[number];

/** OpenAI's names of what the models and the words beside them tell. */
export type Category = Head | 'sexual/minors' | 'hate/threatening' | 'violence/graphic';

/** A text's raw score over all categories, how likely each is beside the others, and the part that weighs most. */
interface Moderated {
  readonly raw: number;
  readonly likely: Readonly<Record<Category, number>>;
  readonly start: number;
  readonly end: number;
}

/** The model of any category, and one for each head. */
export interface ModerationModels {
  readonly any: HashedModel;
  readonly heads: Readonly<Record<Head, HashedModel>>;
}

export const WINDOW = 48;
/** How much the whole text counts beside its worst window. */
const WHOLE = 0.6;
const WINDOW_PENALTY = 0.3;
/** What different words of a kind add, by the logarithm of their number: pages full of them say little else. */
const EXPLICIT_WORDS = 1.5;
const SEXUAL_WORDS = 0.25;
const BOTH_KINDS = 0.5;
const SLURS = 0.6;

/** What a reader holds of a text, as far as counting words needs it. */
interface Counted {
  readonly count: number;
  readonly words: Int32Array;
  readonly concepts: Uint8Array;
}

/** How many different words of a concept there are. */
function different({ count, words, concepts }: Counted, concept: number): number {
  const seen = new Set<number>();
  for (let token = 0; token < count; token += 1) if (concepts[token] === concept) seen.add(words[token] ?? 0);
  return seen.size;
}

/** What the words of a text add to what its model says. */
function wordsAdd(read: Counted): number {
  const [explicit, sexual, slurs] = [CONCEPT.explicit, CONCEPT.sexual, CONCEPT.slur].map((concept) =>
    different(read, concept),
  );
  return (
    EXPLICIT_WORDS * Math.log2(1 + (explicit ?? 0)) +
    SEXUAL_WORDS * Math.log2(1 + (sexual ?? 0)) +
    SLURS * Math.log2(1 + (slurs ?? 0)) +
    ((explicit ?? 0) > 0 && (sexual ?? 0) > 1 ? BOTH_KINDS : 0)
  );
}

/** Scores texts. Holds buffers; one text at a time. */
export class ModerationScorer {
  readonly #models: ModerationModels;
  readonly #reader = new FeatureReader(MODERATION_CONCEPTS);
  readonly #sums = new TokenSums();

  constructor(models: ModerationModels) {
    this.#models = models;
  }

  score(text: string): Moderated {
    const { text: canonical, places } = canonicalOf(text);
    this.#reader.read(canonical);
    const { raw, from, to } = this.#worst();
    const { starts, ends } = this.#reader;
    const [start, end] = [starts[from] ?? 0, ends[Math.max(from, to - 1)] ?? 0];
    return {
      raw: raw + wordsAdd(this.#reader),
      likely: this.#likely(),
      start: places === undefined ? start : (places[start] ?? 0),
      end: places === undefined ? end : (places[end - 1] ?? text.length - 1) + 1,
    };
  }

  #worst(): { raw: number; from: number; to: number } {
    const { count } = this.#reader;
    this.#sums.add(this.#models.any, this.#reader);
    const whole = this.#sums.score(0, count);
    if (count <= WINDOW) return { raw: whole, from: 0, to: count };
    let worst = Number.NEGATIVE_INFINITY;
    let [windows, from] = [0, 0];
    for (let end = WINDOW; ; end = Math.min(count, end + WINDOW / 2)) {
      const score = this.#sums.score(end - WINDOW, end);
      if (score > worst) [worst, from] = [score, end - WINDOW];
      windows += 1;
      if (end === count) break;
    }
    return { raw: WHOLE * whole + (1 - WHOLE) * (worst - WINDOW_PENALTY * Math.log(windows)), from, to: from + WINDOW };
  }

  #likely(): Record<Category, number> {
    const { count } = this.#reader;
    const [sexual = 0, hate = 0, violence = 0, harassment = 0, selfHarm = 0] = HEADS.map((head) => {
      this.#sums.add(this.#models.heads[head], this.#reader);
      const own = this.#sums.score(0, count) + (head === 'sexual' ? wordsAdd(this.#reader) / 2 : 0);
      return 1 / (1 + Math.exp(-own));
    });
    const young = Math.min(1, different(this.#reader, CONCEPT.young) / 2);
    const gore = Math.min(1, different(this.#reader, CONCEPT.gore) / 3);
    return {
      sexual,
      hate,
      violence,
      harassment,
      'self-harm': selfHarm,
      'sexual/minors': sexual * young,
      'hate/threatening': Math.sqrt(hate * violence) * Math.min(hate, violence),
      'violence/graphic': violence * gore,
    };
  }
}
