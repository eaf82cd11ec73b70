import type { UpstreamFault } from '../../upstream/upstream.ts';
import { errorOfResponse } from './failure.ts';
import type { Answer, RunningAttempt } from './running-attempt.ts';

/** Enough for every error message; what follows is not read. */
const LARGEST_ERROR_BYTES = 65_536;

/** An answer with an error status: read up to a limit, and turned into an error of the gateway. */
export class RefusedAnswer implements Answer {
  readonly #attempt: RunningAttempt;
  readonly #status: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(attempt: RunningAttempt, status: number) {
    this.#attempt = attempt;
    this.#status = status;
  }

  onData(chunk: Buffer): void {
    this.#attempt.noteFirstContent();
    this.#bytes += chunk.length;
    if (this.#bytes <= LARGEST_ERROR_BYTES) this.#chunks.push(chunk);
  }

  onEnd(): void {
    const attempt = this.#attempt;
    if (attempt.isOver) return;
    const { deployment, choice, headers, exchange } = attempt;
    const response = { status: this.#status, headers, body: Buffer.concat(this.#chunks) };
    attempt.fail(errorOfResponse(deployment, choice.operation.format, response, exchange.clock.nowMs()), 'refused');
  }

  onFault(fault: UpstreamFault): void {
    if (!this.#attempt.isOver) this.#attempt.fail(this.#attempt.errorOfProblem({ kind: 'fault', fault }), 'refused');
  }

  /** Providers bill no refusals. */
  bookLoss(): void {}
}
