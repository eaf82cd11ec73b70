/**
 * Finds instructions that are the same for all requests but for a few words early in them: a time, an id, a user's name. What stands
 * behind those words is never found in a prompt cache. Texts are compared by hashes of their words and are not kept.
 */
import { RecentMap } from './recent-map.ts';

interface Head {
  /** A hash of each word, in order. */
  readonly words: Uint32Array;
  /** Where each word begins, in bytes. */
  readonly starts: Uint32Array;
  readonly bytes: number;
}

interface Seen {
  /** The last heads that were new, latest first. */
  heads: readonly Head[];
  /** How many new ones were like one before them. */
  alike: number;
}

const MOST_WORDS = 8_192;
const MOST_CACHES = 128;
const KEPT_HEADS = 3;
const MOST_KNOWN = 20_000;
/** A new version of instructions is like the old one too; that many versions are not made in the life of a cache. */
const LEAST_ALIKE = 3;
/** Heads are alike if so much of what stands behind the first difference is the same. */
const SAME_SHARE = 0.9;

/** What is known of the heads at all upstream keys. Bounded. */
export class VolatileHeads {
  readonly #known = new RecentMap<number>(MOST_KNOWN);
  readonly #seen = new RecentMap<Seen>(MOST_CACHES);

  /**
   * At which byte a head begins to differ from those before it that are otherwise the same; undefined if it is not of that kind. `hash`
   * names the head.
   */
  look(cache: string, hash: string, pieces: readonly Buffer[]): number | undefined {
    const key = cache + hash;
    const before = this.#known.get(key);
    if (before !== undefined) return before >= 0 ? before : undefined;
    const head = headOf(pieces);
    const seen = this.#seen.get(cache) ?? { heads: [], alike: 0 };
    let at: number | undefined;
    for (const other of seen.heads) at ??= firstDifference(head, other);
    const alike = at === undefined ? seen.alike : seen.alike + 1;
    this.#seen.set(cache, { heads: [head, ...seen.heads].slice(0, KEPT_HEADS), alike });
    const found = alike >= LEAST_ALIKE ? at : undefined;
    this.#known.set(key, found ?? -1);
    return found;
  }
}

const SPACE = 0x20;
const BACKSLASH = 0x5c;
const SMALL_N = 0x6e;

function headOf(pieces: readonly Buffer[]): Head {
  const words: number[] = [];
  const starts: number[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    let hash = FNV_OFFSET;
    let start = -1;
    for (let at = 0; at <= piece.length && words.length < MOST_WORDS; at += 1) {
      const byte = piece[at];
      const isEnd =
        byte === undefined ||
        byte <= SPACE ||
        (byte === BACKSLASH && piece[at + 1] === SMALL_N) ||
        isAfterLine(piece, at);
      if (!isEnd) {
        if (start === -1) start = at;
        hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
      } else if (start !== -1) {
        words.push(hash);
        starts.push(bytes + start);
        hash = FNV_OFFSET;
        start = -1;
      }
    }
    bytes += piece.length;
  }
  return { words: Uint32Array.from(words), starts: Uint32Array.from(starts), bytes };
}

/** The `n` of a `\n` is not part of a word. */
const isAfterLine = (piece: Buffer, at: number): boolean => piece[at] === SMALL_N && piece[at - 1] === BACKSLASH;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Where two heads begin to differ that are alike behind it; undefined if they are not. */
function firstDifference({ words, starts, bytes }: Head, other: Head): number | undefined {
  let at = 0;
  while (at < words.length && words[at] === other.words[at]) at += 1;
  const rest = words.length - at;
  const otherRest = other.words.length - at;
  if (rest <= 0 || otherRest <= 0) return undefined;
  const counts = new Map<number, number>();
  for (const word of other.words.subarray(at)) counts.set(word, (counts.get(word) ?? 0) + 1);
  let same = 0;
  for (const word of words.subarray(at)) {
    const left = counts.get(word) ?? 0;
    if (left === 0) continue;
    counts.set(word, left - 1);
    same += 1;
  }
  return same >= SAME_SHARE * Math.max(rest, otherRest) ? (starts[at] ?? bytes) : undefined;
}
