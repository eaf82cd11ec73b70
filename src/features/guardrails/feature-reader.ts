import type { Concepts } from './concepts.ts';

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
/** Longer words are read as far as this. */
const LONGEST_WORD = 28;
const SHORTEST_GRAM = 3;
const LONGEST_GRAM = 5;
/** How many tokens apart two concepts may stand, and how many of them a token is paired with. */
const CONCEPT_REACH = 12;
const CONCEPT_PAIRS = 6;

/** Kinds of features, so that equal letters in two kinds do not fall together. */
const SEED = {
  word: 0x1357,
  pair: 0x2468,
  triple: 0x3579,
  apart: 0x468a,
  gram: 0x579b,
  concept: 0x68ac,
  concepts: 0x79bd,
} as const;

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, FNV_PRIME);
const finished = (hash: number): number => {
  const folded = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return folded ^ (folded >>> 15);
};

const CODE_A = 97;
const CODE_Z = 122;

/** What kind of character a unit is: 0 space, 1 part of a word, 2 a sign of its own, 3 a letter that is a word of its own. */
function kindOf(code: number): 0 | 1 | 2 | 3 {
  if (code >= CODE_A && code <= CODE_Z) return 1;
  if (code < 128) {
    if (code === 32 || code === 9 || code === 13) return 0;
    return (code >= 48 && code <= 57) || code === 95 || code === 39 ? 1 : 2;
  }
  if (code >= 0x3040 && code <= 0x9fff) return 3;
  if (code >= 0x0e00 && code <= 0x0e7f) return 3;
  if (code < 0xc0 || (code >= 0x2000 && code <= 0x2bff) || (code >= 0x3000 && code < 0x3040)) return 2;
  return 1;
}

/**
 * Reads a canonical text as tokens, each with the hashes of its features: words, pairs and triples of words, parts of words, and
 * concepts with those before them. Holds its buffers, so that reading makes no garbage; one reader reads one text at a time.
 */
export class FeatureReader {
  /** How many tokens were read. */
  count = 0;
  /** The features of token `t` are those from `firsts[t]` to `firsts[t + 1]`. */
  firsts = new Int32Array(1 << 10);
  starts = new Int32Array(1 << 10);
  ends = new Int32Array(1 << 10);
  features = new Int32Array(1 << 14);
  #used = 0;
  /** The hash of each token's word, and its concept; 0 for no concept. */
  words = new Int32Array(1 << 10);
  concepts = new Uint8Array(1 << 10);
  readonly #known: Concepts;

  constructor(known: Concepts) {
    this.#known = known;
  }

  read(text: string): void {
    this.count = 0;
    this.#used = 0;
    for (let at = 0; at < text.length; ) {
      const kind = kindOf(text.charCodeAt(at));
      let end = at + 1;
      if (kind === 1) while (end < text.length && kindOf(text.charCodeAt(end)) === 1) end += 1;
      // A run of one sign is one token.
      else if (kind === 2) while (end < text.length && text.charCodeAt(end) === text.charCodeAt(at)) end += 1;
      if (kind !== 0) this.#token(text, at, end, kind);
      at = end;
    }
    this.#grow();
    this.firsts[this.count] = this.#used;
  }

  #token(text: string, start: number, end: number, kind: 1 | 2 | 3): void {
    this.#grow();
    const token = this.count;
    this.count += 1;
    this.firsts[token] = this.#used;
    this.starts[token] = start;
    this.ends[token] = end;
    const last = Math.min(end, start + LONGEST_WORD);
    let word = FNV_OFFSET;
    // Numbers differ from text to text: their lengths say enough.
    const isNumber = kind === 1 && text.charCodeAt(start) >= 48 && text.charCodeAt(start) <= 57;
    if (isNumber) word = mix(word, 48 + Math.min(4, end - start));
    else for (let at = start; at < (kind === 2 ? start + 1 : last); at += 1) word = mix(word, text.charCodeAt(at));
    this.words[token] = word;
    this.#add(SEED.word, word);
    if (token > 0) this.#add(mix(SEED.pair, this.words[token - 1] ?? 0), word);
    if (token > 1) {
      const far = this.words[token - 2] ?? 0;
      this.#add(mix(mix(SEED.triple, far), this.words[token - 1] ?? 0), word);
      this.#add(mix(SEED.apart, far), word);
    }
    if (kind === 1 && !isNumber) this.#grams(text, start, last);
    this.concepts[token] = 0;
    const concept = kind === 2 ? 0 : this.#conceptOf(text, start, end, kind);
    if (concept !== 0) this.#concept(token, concept);
  }

  #grams(text: string, start: number, end: number): void {
    for (let at = start - 1; at <= end - SHORTEST_GRAM + 1; at += 1) {
      let hash = mix(SEED.gram, at < start ? 1 : text.charCodeAt(at));
      for (let length = 2; length <= LONGEST_GRAM; length += 1) {
        const next = at + length - 1;
        if (next > end) break;
        hash = mix(hash, next === end ? 2 : text.charCodeAt(next));
        if (length >= SHORTEST_GRAM) this.#push(finished(hash));
      }
    }
  }

  #conceptOf(text: string, start: number, end: number, kind: 1 | 3): number {
    const { ofWord, parts } = this.#known;
    const own = kind === 1 ? ofWord.get(text.slice(start, end)) : undefined;
    if (own !== undefined || text.charCodeAt(start) < 128) return own ?? 0;
    for (const [part, concept] of parts.get(text[start] ?? '') ?? []) if (text.startsWith(part, start)) return concept;
    return 0;
  }

  #concept(token: number, concept: number): void {
    this.concepts[token] = concept;
    this.#add(SEED.concept, concept);
    let pairs = 0;
    let near = 0;
    for (let back = token - 1; back >= 0 && token - back <= CONCEPT_REACH && pairs < CONCEPT_PAIRS; back -= 1) {
      const other = this.concepts[back] ?? 0;
      if (other === 0) continue;
      this.#add(mix(SEED.concepts, other), concept);
      if (near !== 0) this.#add(mix(mix(SEED.concepts, other), near), concept);
      near = other;
      pairs += 1;
    }
  }

  #add(seed: number, value: number): void {
    this.#push(finished(mix(seed, value)));
  }

  #push(hash: number): void {
    if (this.#used === this.features.length) this.features = doubled(this.features);
    this.features[this.#used] = hash;
    this.#used += 1;
  }

  #grow(): void {
    if (this.count + 1 < this.starts.length) return;
    this.firsts = doubled(this.firsts);
    this.starts = doubled(this.starts);
    this.ends = doubled(this.ends);
    this.words = doubled(this.words);
    const concepts = new Uint8Array(this.concepts.length * 2);
    concepts.set(this.concepts);
    this.concepts = concepts;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
