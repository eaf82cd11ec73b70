/** Books what processes left behind that ended before they had booked it themselves: at the start, and from time to time. */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { Claims } from '../stores/contracts/claims.ts';
import type { JournalTrouble, LeftBehind } from '../stores/contracts/journal.ts';
import type { Ledger } from '../stores/contracts/ledger.ts';
import { adoptLeftBehind } from '../stores/journal/adopt.ts';
import { takeFileLock } from '../stores/sqlite/file-lock.ts';
import type { Log } from '../telemetry/log.ts';

const LOOK_EVERY_MS = 30_000;
/** How many settlements are under way at a time: a shared store is a round trip away. */
const SETTLED_AT_ONCE = 100;

/** What adopting needs. */
interface AdoptingOptions {
  readonly dataFolder: string;
  readonly ledger: Ledger;
  readonly claims: Claims;
  readonly clock: Clock;
  readonly log: Log;
  readonly onTrouble: (trouble: JournalTrouble) => void;
  /** How old a row may be that is delivered again if the ledger lost it; 0: the ledger keeps no rows, or loses none. */
  readonly tellAgainMs: number;
}

/** Looks for the journals of processes that are gone, and books what they hold. */
export class Adopting {
  readonly #options: AdoptingOptions;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: AdoptingOptions) {
    this.#options = options;
  }

  /** Looks from now on, again and again. */
  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once. Never rejects: what cannot be booked now stays where it is until a later look. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { dataFolder, ledger, clock, log, onTrouble, tellAgainMs } = this.#options;
    try {
      const adopted = await adoptLeftBehind({
        folder: join(dataFolder, 'journal'),
        takeLock: takeFileLock,
        clock,
        book: (left) => this.#book(left),
        isInLedger: async (callId) => (await ledger.find({ callId }, { limit: 1, offset: 0 })).length > 0,
        tellAgainMs,
        onDamaged: (path, lines) => onTrouble({ kind: 'damaged', reason: `${path}: ${lines} lines` }),
      });
      if (adopted > 0)
        log.app.info({ journals: adopted }, 'Booked the requests that a killed process left in its journal');
    } catch (error) {
      log.app.error({ error }, 'The journal of a killed process cannot be booked now; it is kept for the next try');
    } finally {
      this.#isLooking = false;
    }
  }

  async #book({ closed, orphans, unsent }: LeftBehind): Promise<void> {
    const { ledger, claims, clock } = this.#options;
    const nowMs = clock.nowMs();
    // Claims first: a counter that is seeded from the ledger afterwards has these costs in it and must not get them again.
    const settlements = closed.flatMap(({ settlement }) => settlement ?? []);
    for (let at = 0; at < settlements.length; at += SETTLED_AT_ONCE) {
      await Promise.all(settlements.slice(at, at + SETTLED_AT_ONCE).map((settlement) => claims.settle(settlement)));
    }
    for (const { callId, row } of orphans) {
      // Another instance may have found the claim before, and booked what it held.
      const booked = claims.isUp === undefined ? [] : await ledger.find({ callId }, { limit: 1, offset: 0 });
      const cost = booked[0]?.cost ?? row.cost ?? 0n;
      await claims.settle({ id: callId, nowMs, cost, inputTokens: 0, outputTokens: 0, charges: [] });
    }
    for (const id of unsent) await claims.settle({ id, nowMs, cost: 0n, inputTokens: 0, outputTokens: 0, charges: [] });
    const rows = [...closed.flatMap((entry) => entry.rows), ...orphans.map(({ row }) => row)];
    if (rows.length > 0) await ledger.write(rows);
  }
}
