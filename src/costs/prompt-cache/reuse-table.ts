import { widestCell } from './reuse-cells.ts';

/** How often a cell was tried and how much of what was tried came back. */
interface Cell {
  tried: number;
  back: number;
}

/** A fine cell is believed as much as the wider one around it once it has been tried so often. */
const TRUST = 10;
/** The chance where nothing is known: what is seen for the first time is not written before its like was seen to come back. */
const UNKNOWN = 0.1;
/** An even chance, for so few that traffic that never comes back costs nothing to speak of: who tries marks out sees them at once. */
const BENEFIT_OF_DOUBT = 0.5;
const MOST_DOUBTFUL = 4;
/** So many stretches what is assumed at the start is worth. */
const ASSUMED_TRIALS = 30;
/**
 * The chances to begin with, as this table learned them in an hour of a chat service (kvcache-ai/Mooncake, FAST '25, Apache-2.0,
 * seen on 2026-11-29; `npm run bench -- prompt-cache` says what they are worth). Nothing is assumed of first sights.
 */
const ASSUMED = [
  ['new', 'turn', 0, 0.3],
  ['new', 'branch', 0, 0.15],
  ['new', 'branch', 10_000, 0.1],
  ['deepest', 'turn', 0, 0.39],
  ['deepest', 'branch', 0, 0.45],
  ['deepest', 'branch', 10_000, 0.45],
  ['inner', 'turn', 0, 0.69],
  ['inner', 'branch', 0, 0.78],
  ['inner', 'branch', 10_000, 0.75],
] as const;
/** Halved from here on, so that traffic that changes is learned again. */
const MOST_TRIED = 1_000;

/** The chances of one pool of traffic. Bounded: there are only so many cells. */
export class ReuseTable {
  readonly #cells = new Map<number, Cell>();
  #doubtful = 0;

  constructor() {
    for (const [kind, kinship, lostTokens, chance] of ASSUMED) {
      // So that it comes out as said when it is shrunk towards what is unknown.
      const back = chance * (ASSUMED_TRIALS + TRUST) - TRUST * UNKNOWN;
      this.#cells.set(widestCell({ kind, kinship, lostTokens }), { tried: ASSUMED_TRIALS, back });
    }
  }

  /** The chance of what is in these cells, the widest first. */
  chance(cells: readonly number[]): number {
    let chance = UNKNOWN;
    for (const name of cells) {
      const cell = this.#cells.get(name);
      if (cell !== undefined) chance = (cell.back + TRUST * chance) / (cell.tried + TRUST);
    }
    return chance;
  }

  /** The chance of what goes on from nothing that was seen: the very first ones have the benefit of the doubt. */
  chanceOfFirst(cells: readonly number[], isOnlyAsked: boolean): number {
    const chance = this.chance(cells);
    if (this.#doubtful >= MOST_DOUBTFUL) return chance;
    if (!isOnlyAsked) this.#doubtful += 1;
    return Math.max(chance, BENEFIT_OF_DOUBT);
  }

  /** Takes in what became of a stretch: `share` of it came back. */
  learn(cells: readonly number[], share: number, weight: number): void {
    for (const name of cells) {
      let cell = this.#cells.get(name);
      if (cell === undefined) {
        cell = { tried: 0, back: 0 };
        this.#cells.set(name, cell);
      }
      cell.tried += weight;
      cell.back += weight * share;
      if (cell.tried > MOST_TRIED) {
        cell.tried /= 2;
        cell.back /= 2;
      }
    }
  }
}
