/** Says what goes wrong with a journal, each kind at most once a minute: a full disk fails thousands of writes a second. */
import type { Clock } from '../../core/clock.ts';
import type { JournalTrouble } from '../contracts/journal.ts';

const EVERY_MS = 60_000;

/** Passes troubles on, not more often than somebody can read them. */
export class Troubles {
  readonly #clock: Clock;
  readonly #tell: (trouble: JournalTrouble) => void;
  readonly #toldAtMs = new Map<JournalTrouble['kind'], number>();

  constructor(clock: Clock, tell: (trouble: JournalTrouble) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  tell(kind: JournalTrouble['kind'], reason: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    const toldAtMs = this.#toldAtMs.get(kind);
    if (toldAtMs !== undefined && nowMs - toldAtMs < EVERY_MS) return;
    this.#toldAtMs.set(kind, nowMs);
    this.#tell({ kind, reason });
  }
}
