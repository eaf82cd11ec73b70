/**
 * The stages of an end, in their order. Each begins when the one before it is over:
 * `intake`: no new request and no new work in the background. `features`: what features still have to send goes out.
 * `outside`: connections to providers and other instances, and the counting of tokens. `books`: requests that were broken off, or
 * whose usage was still being counted, close their books. `telemetry`: consumers hear of the last requests. `stores`: the journal
 * goes to the ledger.
 */
const STAGES = ['intake', 'features', 'outside', 'books', 'telemetry', 'stores'] as const;

/** One stage of an end. */
type Stage = (typeof STAGES)[number];

interface Closer {
  readonly stage: Stage;
  readonly close: () => unknown;
}

/** The ordered list of what is closed when a gateway ends, or when its start fails half-way. */
export class Shutdown {
  readonly #closers: Closer[] = [];

  /** Adds something that is open now. What belongs to one stage is closed together. */
  add(stage: Stage, close: () => unknown): void {
    this.#closers.push({ stage, close });
  }

  /** Closes everything, also if some of it cannot be closed; rejects then, at the end, with the first reason. */
  async run(): Promise<void> {
    const reasons: unknown[] = [];
    for (const stage of STAGES) {
      const own = this.#closers.filter((closer) => closer.stage === stage);
      const ends = await Promise.allSettled(own.map(async ({ close }) => close()));
      for (const end of ends) if (end.status === 'rejected') reasons.push(end.reason);
    }
    if (reasons.length > 0) throw reasons[0];
  }
}
