/**
 * What the chance of a prefix to come back is learned by: stretches of prompts that are alike share a cell, and cells lie in each
 * other, so that a fine one is believed as far as it has been tried.
 */

/**
 * How a prompt goes on from what was seen before. `first`: nothing of it was, or too little for a cache. `turn`: it goes on from
 * the end of an earlier one. `branch`: it shares a beginning with an earlier one, and leaves it.
 */
export type Kinship = 'first' | 'turn' | 'branch';

/** A stretch of a prompt's prefixes that have the same past. */
interface Stretch {
  /** `new`: never seen. `deepest`: seen, and what comes after it is new. `inner`: seen, and so is more of the prompt. */
  readonly kind: 'new' | 'deepest' | 'inner';
  readonly kinship: Kinship;
  /** Tokens of an earlier prompt beyond what is shared with it. */
  readonly lostTokens: number;
  /** Tokens of this prompt beyond what was seen before. */
  readonly newTokens: number;
  /** How often the stretch was seen; of a new one: what comes before it. */
  readonly seen: number;
  /** How long ago; 0 if never. */
  readonly idleMs: number;
}

const KINDS: readonly Stretch['kind'][] = ['new', 'deepest', 'inner'];
const STEP_TOKENS = 512;
const STEP_MS = 30_000;
const KINSHIPS = 4;
/** A prompt that leaves less of an earlier one behind was edited near its end; one that leaves more has little but its head. */
const FEW_LOST_TOKENS = 4_096;
/** The remainder of a name says the level of its cell. */
const LEVELS = 4;
const SIZES = 18;
const COUNTS = 5;
const PAUSES = 7;

/** The widest cell of a stretch. */
export function widestCell(stretch: Pick<Stretch, 'kind' | 'kinship' | 'lostTokens'>): number {
  return LEVELS * rootOf(stretch);
}

/** The cells of a stretch, the widest first; each is named by a number of its own. */
export function cellsOf(stretch: Stretch): readonly number[] {
  const root = rootOf(stretch);
  const size = bucket(stretch.newTokens / STEP_TOKENS, 1.5, SIZES);
  const count = bucket(stretch.seen, 1, COUNTS);
  const pause = bucket(stretch.idleMs / STEP_MS, 1, PAUSES);
  const bySize = root * SIZES + size;
  const byCount = bySize * COUNTS + count;
  const byPause = byCount * PAUSES + pause;
  return [LEVELS * root, LEVELS * bySize + 1, LEVELS * byCount + 2, LEVELS * byPause + 3];
}

function rootOf({ kind, kinship, lostTokens }: Pick<Stretch, 'kind' | 'kinship' | 'lostTokens'>): number {
  const kin = kinship === 'first' ? 0 : kinship === 'turn' ? 1 : lostTokens <= FEW_LOST_TOKENS ? 2 : 3;
  return KINDS.indexOf(kind) * KINSHIPS + kin;
}

function bucket(value: number, perDoubling: number, buckets: number): number {
  return Math.min(buckets - 1, Math.floor(Math.log2(Math.max(0, value) + 1) * perDoubling));
}
