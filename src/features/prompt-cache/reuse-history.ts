/**
 * How likely the beginning of a prompt is sent again while the provider keeps it, learned from what was sent: nothing has to be marked for it.
 * Beginnings are of kinds (this head of instructions; the third turn of conversations under it), and a kind that is new is taken to be
 * like the kinds above it.
 */
import type { Clock } from '../../core/clock.ts';
import { RecentMap } from './recent-map.ts';

/** The chances that a beginning comes again. */
export interface Chances {
  /** Within the short life. */
  readonly short: number;
  /** Within an hour. */
  readonly hour: number;
}

interface Kind {
  /** What came again within the short life, of those of which it is known. */
  again: number;
  known: number;
  /** What came again within the hour, of those that did not within the short life. */
  laterAgain: number;
  laterKnown: number;
  /** Of which nothing is known yet. */
  open: number;
}

interface Open {
  readonly kinds: readonly string[];
  readonly atMs: number;
}

const HOUR_MS = 3_600_000;
const MOST_KINDS = 20_000;
const MOST_OPEN = 50_000;
/** How many observations what is known of other kinds is worth. */
const PRIOR_WEIGHT = 2;
const PRIOR = 0.5;
/** Without any experience an hour is not paid for. */
const LATER_PRIOR = 0.1;
/** What is older than so many observations fades. */
const MEMORY = 64;
/**
 * Bets whose end is open: so many for each that was won, and as many to begin with. More of them count as lost until they end, so that traffic
 * that never comes again is not paid for during the whole first life.
 */
const OPEN_BETS = 4;

/** What is known of the beginnings at providers that keep them equally long. Bounded. */
export class ReuseHistory {
  readonly #clock: Clock;
  readonly #shortMs: number;
  readonly #kinds = new RecentMap<Kind>(MOST_KINDS);
  /** By key, oldest first: those within their short life, and those within the hour. */
  readonly #young = new Map<string, Open>();
  readonly #old = new Map<string, Open>();

  constructor(clock: Clock, shortMs: number) {
    this.#clock = clock;
    this.#shortMs = shortMs;
  }

  /** A beginning came again: the bet on it is won. */
  cameAgain(key: string): void {
    this.#sweep();
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.#young.delete(key);
      this.#count(young, (kind) => {
        kind.open -= 1;
        kind.again += 1;
        kind.known += 1;
      });
      return;
    }
    const old = this.#old.get(key);
    if (old === undefined) return;
    this.#old.delete(key);
    this.#count(old, (kind) => {
      kind.laterAgain += 1;
      kind.laterKnown += 1;
    });
  }

  /** A beginning was sent; from now on it may come again. `kinds`: narrowest first. */
  sent(key: string, kinds: readonly string[]): void {
    this.#sweep();
    if (this.#young.delete(key)) return void this.#young.set(key, { kinds, atMs: this.#clock.monotonicMs() });
    this.#young.set(key, { kinds, atMs: this.#clock.monotonicMs() });
    this.#count({ kinds, atMs: 0 }, (kind) => {
      kind.open += 1;
    });
    dropOldest(this.#young, MOST_OPEN, (oldest) => this.#lose(oldest));
  }

  /** The chances of a beginning of these kinds, narrowest first. */
  chances(kinds: readonly string[]): Chances {
    this.#sweep();
    let short = PRIOR;
    let later = LATER_PRIOR;
    for (const name of kinds.toReversed()) {
      const kind = this.#kinds.get(name);
      if (kind === undefined) continue;
      const lost = Math.max(0, kind.open - OPEN_BETS * (kind.again + 1));
      short = (kind.again + PRIOR_WEIGHT * short) / (kind.known + lost + PRIOR_WEIGHT);
      later = (kind.laterAgain + PRIOR_WEIGHT * later) / (kind.laterKnown + PRIOR_WEIGHT);
    }
    return { short, hour: short + (1 - short) * later };
  }

  /** How many bets are open. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, open] of this.#young) {
      if (open.atMs + this.#shortMs > nowMs) break;
      this.#young.delete(key);
      this.#lose(open);
      this.#old.set(key, open);
    }
    dropOldest(this.#old, MOST_OPEN, () => {});
    for (const [key, open] of this.#old) {
      if (open.atMs + HOUR_MS > nowMs) break;
      this.#old.delete(key);
      this.#count(open, (kind) => {
        kind.laterKnown += 1;
      });
    }
  }

  #lose(open: Open): void {
    this.#count(open, (kind) => {
      kind.open -= 1;
      kind.known += 1;
    });
  }

  #count({ kinds }: Open, change: (kind: Kind) => void): void {
    for (const name of kinds) {
      let kind = this.#kinds.get(name);
      if (kind === undefined) {
        kind = { again: 0, known: 0, laterAgain: 0, laterKnown: 0, open: 0 };
        this.#kinds.set(name, kind);
      }
      change(kind);
      kind.open = Math.max(0, kind.open);
      if (kind.known > MEMORY) {
        kind.again /= 2;
        kind.known /= 2;
      }
      if (kind.laterKnown > MEMORY) {
        kind.laterAgain /= 2;
        kind.laterKnown /= 2;
      }
    }
  }
}

function dropOldest<Value>(map: Map<string, Value>, most: number, drop: (value: Value) => void): void {
  for (const [key, value] of map) {
    if (map.size <= most) return;
    map.delete(key);
    drop(value);
  }
}
