/**
 * How likely each prefix of a prompt is to be asked for again while a provider's prompt cache still has it, learned online from
 * the prompts themselves: every prompt shows which earlier prefixes came back in time, whether they were marked or not. Pure,
 * deterministic, and bounded in memory whatever clients send.
 *
 * How it is used: `observe` once for each request, before anything is decided; then, for the deployment that a request goes to,
 * `chooseCut` with what `observe` returned and how many prefixes that deployment holds. `Cut.steps` says at the end of which
 * prefix of the chain the mark belongs. For an hour's life a second forecast learns beside the first.
 */
import type { PrefixKey, PromptChain } from '../../core/prompt-chain.ts';
import { cellsOf, type Kinship } from './reuse-cells.ts';
import { ReuseTable } from './reuse-table.ts';

/** What is to be expected of a prompt's prefixes. */
export interface Prospect {
  /** For each prefix of the chain: the chance that it is asked for again within the life. */
  readonly chances: readonly number[];
  /** How many of the prefixes were seen before. */
  readonly known: number;
  readonly kinship: Kinship;
  /** How long ago the longest known prefix was seen; undefined if none was. */
  readonly idleMs: number | undefined;
}

interface ForecastOptions {
  /** How long the cache keeps what no request reads. */
  readonly lifeMs: number;
  /** How many prefixes are remembered at most. */
  readonly prefixes?: number;
  /** Makes the table that a pool of traffic begins with. */
  readonly makeTable?: () => ReuseTable;
}

/** What is remembered of a prefix. */
interface Prefix {
  seen: number;
  atMs: number;
  /** Tokens of the prompt that had it last, and prefixes. */
  promptTokens: number;
  promptSteps: number;
  lesson: Lesson | undefined;
}

/** A prompt that has a prefix. */
interface Sight {
  readonly nowMs: number;
  readonly promptTokens: number;
  readonly promptSteps: number;
  readonly lesson: Lesson;
}

/** A guess that time will answer. */
interface Lesson {
  readonly table: ReuseTable;
  readonly cells: readonly number[];
  readonly atMs: number;
  readonly steps: number;
  readonly weight: number;
  stepsBack: number;
}

const DEFAULT_PREFIXES = 100_000;
const MOST_POOLS = 512;
/** A prefix that is shorter is in no cache. */
const LEAST_SHARED_TOKENS = 1_024;
/** Two prompts of a conversation share all of the earlier one but what is less than a step. */
const STEP_TOKENS = 512;
const LARGE_TOKENS = 5_120;
const MOST_WEIGHT = 3;
const MOST_COMPACTED = 1_024;

/** Learns from all prompts of a gateway. */
export class ReuseForecast {
  readonly #lifeMs: number;
  readonly #perGeneration: number;
  readonly #makeTable: () => ReuseTable;
  readonly #tables = new Map<string, ReuseTable>();
  #young = new Map<PrefixKey, Prefix>();
  #old = new Map<PrefixKey, Prefix>();
  #lessons: Lesson[] = [];
  #firstLesson = 0;

  constructor({ lifeMs, prefixes = DEFAULT_PREFIXES, makeTable = () => new ReuseTable() }: ForecastOptions) {
    this.#lifeMs = lifeMs;
    this.#perGeneration = Math.max(1, Math.ceil(prefixes / 2));
    this.#makeTable = makeTable;
  }

  /** How many prefixes, and guesses that wait for their answer, are remembered now. */
  get size(): { readonly prefixes: number; readonly guesses: number } {
    return { prefixes: this.#young.size + this.#old.size, guesses: this.#lessons.length - this.#firstLesson };
  }

  /**
   * Takes a prompt in and says what to expect of its prefixes. To be called once for each prompt. `pool`: whose traffic is learned
   * from together, a model group; which prompts may share anything is said by the keys of the chain. `isOnlyAsked`: it is not sent, and
   * leaves no trace.
   */
  observe(pool: string, chain: PromptChain, nowMs: number, isOnlyAsked = false): Prospect {
    this.#learn(nowMs);
    const table = this.#tableOf(pool);
    const past = chain.keys.map((key) => this.#recall(key));
    const gap = past.indexOf(undefined);
    const known = gap === -1 ? past.length : gap;
    const kin = kinOf(past[known - 1], known, chain.tokens[known - 1] ?? 0, nowMs);
    const promptTokens = chain.tokens.at(-1) ?? 0;
    const newTokens = promptTokens - (chain.tokens[known - 1] ?? 0);
    const chances: number[] = [];
    for (let start = 0; start < past.length; ) {
      const first = start < known ? past[start] : undefined;
      const end = first === undefined ? past.length : endOfStretch(past, start, known);
      const kind = first === undefined ? 'new' : end === known ? 'deepest' : 'inner';
      const cells = cellsOf({
        ...kin,
        kind,
        newTokens,
        seen: first?.seen ?? kin.seen,
        idleMs: first === undefined ? kin.idleMs : nowMs - first.atMs,
      });
      const isFirst = kind === 'new' && kin.kinship !== 'turn' && promptTokens >= LEAST_SHARED_TOKENS;
      const chance = isFirst ? table.chanceOfFirst(cells, isOnlyAsked) : table.chance(cells);
      for (let index = start; index < end; index += 1) chances.push(chance);
      if (!isOnlyAsked) {
        const length = (chain.tokens[end - 1] ?? 0) - (chain.tokens[start - 1] ?? 0);
        const lesson = { table, cells, atMs: nowMs, steps: end - start, weight: weightOf(length), stepsBack: 0 };
        this.#ask(lesson);
        const sight = { nowMs, promptTokens, promptSteps: past.length, lesson };
        for (let index = start; index < end; index += 1) this.#note(chain.keys[index] as PrefixKey, past[index], sight);
      }
      start = end;
    }
    return { chances, known, kinship: kin.kinship, idleMs: known === 0 ? undefined : kin.idleMs };
  }

  #recall(key: PrefixKey): Prefix | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old);
    return old;
  }

  /** Two generations, of which the older is dropped whole: about the least recently used are forgotten. */
  #keep(key: PrefixKey, prefix: Prefix): void {
    if (this.#young.size >= this.#perGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, prefix);
  }

  #note(key: PrefixKey, prefix: Prefix | undefined, sight: Sight): void {
    const { nowMs, promptTokens, promptSteps, lesson } = sight;
    if (prefix === undefined) {
      this.#keep(key, { seen: 1, atMs: nowMs, promptTokens, promptSteps, lesson });
      return;
    }
    if (prefix.lesson !== undefined && nowMs - prefix.atMs <= this.#lifeMs) prefix.lesson.stepsBack += 1;
    prefix.seen += 1;
    prefix.atMs = nowMs;
    prefix.promptTokens = promptTokens;
    prefix.promptSteps = promptSteps;
    prefix.lesson = lesson;
  }

  #ask(lesson: Lesson): void {
    // So many at once can only be a flood: the oldest are given up and teach nothing.
    if (this.size.guesses >= 2 * this.#perGeneration) this.#firstLesson += 1;
    this.#lessons.push(lesson);
  }

  /** Learns from the guesses whose time is over. Those that came true show earlier than those that did not: they wait too. */
  #learn(nowMs: number): void {
    for (;;) {
      const lesson = this.#lessons[this.#firstLesson];
      if (lesson === undefined || lesson.atMs + this.#lifeMs >= nowMs) break;
      this.#firstLesson += 1;
      lesson.table.learn(lesson.cells, lesson.stepsBack / lesson.steps, lesson.weight);
    }
    if (this.#firstLesson > MOST_COMPACTED && 2 * this.#firstLesson > this.#lessons.length) {
      this.#lessons = this.#lessons.slice(this.#firstLesson);
      this.#firstLesson = 0;
    }
  }

  /** What a pool has learned; the pool that was used longest ago is forgotten for one too many, and shares nothing with it. */
  #tableOf(pool: string): ReuseTable {
    const table = this.#tables.get(pool) ?? this.#makeTable();
    this.#tables.delete(pool);
    if (this.#tables.size >= MOST_POOLS) {
      const oldest = this.#tables.keys().next();
      if (oldest.done !== true) this.#tables.delete(oldest.value);
    }
    this.#tables.set(pool, table);
    return table;
  }
}

interface Kin {
  readonly kinship: Kinship;
  readonly lostTokens: number;
  readonly seen: number;
  readonly idleMs: number;
}

function kinOf(deepest: Prefix | undefined, sharedSteps: number, sharedTokens: number, nowMs: number): Kin {
  if (deepest === undefined) return { kinship: 'first', lostTokens: 0, seen: 0, idleMs: 0 };
  // How many tokens a text has may have been learned better since.
  const lostTokens = deepest.promptSteps > sharedSteps ? deepest.promptTokens - sharedTokens : 0;
  const isTurn = lostTokens <= STEP_TOKENS;
  const kinship = sharedTokens < LEAST_SHARED_TOKENS ? 'first' : isTurn ? 'turn' : 'branch';
  return { kinship, lostTokens, seen: deepest.seen, idleMs: nowMs - deepest.atMs };
}

function endOfStretch(past: readonly (Prefix | undefined)[], start: number, known: number): number {
  const first = past[start];
  let end = start + 1;
  while (end < known && past[end]?.seen === first?.seen && past[end]?.atMs === first?.atMs) end += 1;
  return end;
}

function weightOf(tokens: number): number {
  return Math.min(MOST_WEIGHT, Math.sqrt(Math.max(0, tokens) / LARGE_TOKENS));
}
