/**
 * Books what processes left behind that ended before they had booked it themselves: at the start, and from time to time.
 * A start waits a second for it. A larger journal is read, and its rows go to the ledger, while requests are served; those
 * that need to know what was spent wait until it is read.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import type { Claims, Settlement } from '../stores/contracts/claims.ts';
import type { JournalTrouble } from '../stores/contracts/journal.ts';
import type { Ledger, LedgerRow } from '../stores/contracts/ledger.ts';
import { findLeftBehind } from '../stores/journal/find-left-behind.ts';
import type { LeftCosts, LeftJournal } from '../stores/journal/left-journal.ts';
import type { Undelivered } from '../stores/journal/undelivered.ts';
import { takeFileLock } from '../stores/sqlite/file-lock.ts';
import type { Log } from '../telemetry/log.ts';

const LOOK_EVERY_MS = 30_000;
/** How many settlements are under way at a time: a shared store is a round trip away. */
const SETTLED_AT_ONCE = 100;
/** How long a start settles claims that a killed process had open at the shared store; the rest is settled behind. */
const SETTLES_WITHIN_MS = 500;
/** How long a start reads and delivers rows before it serves meanwhile. */
const DELIVERS_WITHIN_MS = 1_000;
const PART_SIZE = 500;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** What adopting needs. */
interface AdoptingOptions {
  readonly dataFolder: string;
  readonly ledger: Ledger;
  readonly claims: Claims;
  readonly undelivered: Undelivered;
  readonly clock: Clock;
  readonly log: Log;
  readonly onTrouble: (trouble: JournalTrouble) => void;
  /** How old a row may be that is delivered again if the ledger lost it; 0: the ledger keeps no rows, or loses none. */
  readonly tellAgainMs: number;
}

/** Looks for the journals of processes that are gone, and books what they hold. */
export class Adopting {
  readonly #options: AdoptingOptions;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #delivering: Promise<void> | undefined;
  /** The ledger may have some of the rows: only when all are written is it known what was spent. */
  #waitsForAll = false;

  constructor(options: AdoptingOptions) {
    this.#options = options;
  }

  /**
   * Looks now, and from now on again and again. Resolves if all of it is in the ledger, or after a second; then seeds wait until
   * it is known what was spent. Never rejects.
   *
   * A shared store may lack settlements, which need seeds themselves: then the start itself waits until all is known.
   */
  async start(): Promise<void> {
    const { claims, undelivered } = this.#options;
    const isOver = wait(DELIVERS_WITHIN_MS, undefined, { ref: false });
    const found = Promise.withResolvers<readonly LeftJournal[]>();
    const isKnown = this.#look(found.resolve).then(() => (this.#waitsForAll ? this.#delivering : undefined));
    const doSeedsWait = claims.isUp === undefined || !(await found.promise).some(({ isUnsettled }) => isUnsettled);
    if (doSeedsWait) undelivered.waitFor(isKnown);
    else await isKnown;
    await Promise.race([isKnown.then(() => this.#delivering), isOver]);
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Resolves when nothing is written any more; what is not booked by then stays where it is. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#delivering;
  }

  async #look(onFound: (journals: readonly LeftJournal[]) => void = () => undefined): Promise<void> {
    if (this.#delivering !== undefined || this.#stopping.signal.aborted) return;
    const underWay = Promise.withResolvers<void>();
    this.#delivering = underWay.promise;
    const { dataFolder, ledger, clock, log, onTrouble, tellAgainMs } = this.#options;
    let journals: readonly LeftJournal[] = [];
    try {
      journals = await findLeftBehind({
        folder: join(dataFolder, 'journal'),
        takeLock: takeFileLock,
        clock,
        isInLedger: async (callId) => (await ledger.find({ callId }, { limit: 1, offset: 0 })).length > 0,
        tellAgainMs,
        onDamaged: (path, lines) => onTrouble({ kind: 'damaged', reason: `${path}: ${lines} lines` }),
      });
      onFound(journals);
      for (const journal of journals) await this.#prepare(journal);
    } catch (error) {
      log.app.error({ error }, 'The journal of a killed process cannot be read now; it is kept for the next try');
      for (const journal of journals) journal.release();
      this.#options.undelivered.clear();
      journals = [];
      onFound(journals);
    }
    void this.#deliver(journals).finally(() => {
      this.#delivering = undefined;
      underWay.resolve();
    });
  }

  /** Lets budgets know of everything in a journal. */
  async #prepare(journal: LeftJournal): Promise<void> {
    const { claims, undelivered, clock } = this.#options;
    if (journal.isLost) {
      this.#waitsForAll = true;
      return;
    }
    undelivered.add(journal.orphans.map(({ row }) => row));
    const untilMs = clock.monotonicMs() + SETTLES_WITHIN_MS;
    let unsettled: LeftCosts[] = [];
    const settle = async (): Promise<void> => {
      const settlements = unsettled.flatMap(({ settlement }) => settlement ?? []);
      if (clock.monotonicMs() < untilMs) await this.#settle(settlements);
      // Counted only now: a counter that the settlement itself had to seed got the cost from the settlement.
      for (const { rows } of unsettled) undelivered.add(rows);
      unsettled = [];
    };
    for await (const costs of journal.costs()) {
      if (this.#isStopping) return;
      for (const left of costs) {
        if (left.settlement !== undefined && claims.isUp !== undefined) unsettled.push(left);
        else undelivered.add(left.rows);
        if (unsettled.length >= SETTLED_AT_ONCE) await settle();
      }
    }
    await settle();
  }

  async #deliver(journals: readonly LeftJournal[]): Promise<void> {
    const { log } = this.#options;
    try {
      for (const journal of journals) await this.#deliverOne(journal);
      if (journals.length > 0 && !this.#isStopping)
        log.app.info({ journals: journals.length }, 'Booked the requests that a killed process left in its journal');
    } catch (error) {
      if (!this.#isStopping)
        log.app.error({ error }, 'The journal of a killed process cannot be booked now; it is kept');
    } finally {
      for (const journal of journals) journal.release();
      // All of it is in the ledger, or is kept for a later look, which counts it again.
      if (!this.#isStopping) this.#options.undelivered.clear();
    }
  }

  async #deliverOne(journal: LeftJournal): Promise<void> {
    await this.#insist(() => this.#bookOrphans(journal));
    for await (const part of journal.parts(PART_SIZE)) {
      if (this.#isStopping) return;
      // Claims first: a counter that is seeded from the ledger afterwards has these costs in it and must not get them again.
      await this.#settle(part.flatMap(({ settlement }) => settlement ?? []));
      const rows = part.flatMap((entry) => entry.rows);
      await this.#insist(() => this.#write(rows, journal.isLost));
      if (this.#isStopping) return;
      journal.noteBooked(part.length);
    }
    if (!this.#isStopping) journal.delete();
  }

  /** Repeats work until it succeeds, or until we stop: a database that is unavailable comes back. */
  async #insist(work: () => Promise<void>): Promise<void> {
    const { log } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isStopping; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await work();
      } catch (error) {
        log.app.error({ error }, 'The journal of a killed process cannot be booked now; it is kept for the next try');
      }
      await wait(pauseMs, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #bookOrphans({ orphans, unsent, isLost }: LeftJournal): Promise<void> {
    const { ledger, claims, clock } = this.#options;
    const nowMs = clock.nowMs();
    for (const { callId, row } of orphans) {
      // Another instance may have found the claim before, and booked what it held.
      const booked = claims.isUp === undefined ? [] : await ledger.find({ callId }, { limit: 1, offset: 0 });
      const cost = booked[0]?.cost ?? row.cost ?? 0n;
      await claims.settle({ id: callId, nowMs, cost, inputTokens: 0, outputTokens: 0, charges: [] });
    }
    await this.#settle(unsent.map((id) => ({ id, nowMs, cost: 0n, inputTokens: 0, outputTokens: 0, charges: [] })));
    await this.#write(
      orphans.map(({ row }) => row),
      isLost,
    );
  }

  async #settle(settlements: readonly Settlement[]): Promise<void> {
    const { claims } = this.#options;
    for (let at = 0; at < settlements.length; at += SETTLED_AT_ONCE) {
      await Promise.all(settlements.slice(at, at + SETTLED_AT_ONCE).map((settlement) => claims.settle(settlement)));
    }
  }

  async #write(rows: readonly LedgerRow[], isLost: boolean): Promise<void> {
    const { ledger, undelivered } = this.#options;
    if (rows.length > 0) await undelivered.move(isLost ? [] : rows, () => ledger.write(rows));
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}
