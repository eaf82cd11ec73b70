/**
 * Reports what goes wrong with a journal, each kind at most once a minute: a full disk fails thousands of writes a
 * second.
 */
import type { Clock } from '../../core/clock.ts';
import type { JournalTrouble } from '../contracts/journal.ts';

const EVERY_MS = 60_000;

/** Limits how often troubles are reported. */
export class Troubles {
  readonly #clock: Clock;
  readonly #onTrouble: (trouble: JournalTrouble) => void;
  readonly #reportedAtMs = new Map<JournalTrouble['kind'], number>();

  constructor(clock: Clock, onTrouble: (trouble: JournalTrouble) => void) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
  }

  report(kind: JournalTrouble['kind'], reason: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    const reportedAtMs = this.#reportedAtMs.get(kind);
    if (reportedAtMs !== undefined && nowMs - reportedAtMs < EVERY_MS) return;
    this.#reportedAtMs.set(kind, nowMs);
    this.#onTrouble({ kind, reason });
  }
}
