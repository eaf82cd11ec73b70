import type { FormatParts } from '../../formats/index.ts';
import type { KnownSecrets } from '../../providers/known-secrets.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { WholeEvents } from '../../wire/whole-events.ts';
import { type ReportedProblem, reportedProblem } from '../answer-problem.ts';

/** An error by its name, whatever is escaped of it. */
const MARKS: readonly Buffer[] = ['error', '\\u006', '\\u0072'].map((mark) => Buffer.from(mark));
const EMPTY = Buffer.alloc(0);
/** More than any credential takes, however it is written. */
const OVERLAP_BYTES = 16 * 1024;
const END_OF_EVENT = Buffer.from('\n\n');

/**
 * Holds back an error event that contains a credential of the deployment: a relayed stream is handed on unread, but
 * providers echo keys in errors. Only whole events pass, so that no event can leave in halves; one that is too large for that is searched
 * while it passes, whatever it says of itself, and ends where a credential would begin.
 */
export class SecretWatch {
  readonly #format: FormatParts;
  readonly #secrets: KnownSecrets;
  readonly #whole = new WholeEvents();
  #found: ReportedProblem | undefined;
  /** The last bytes of an event that is too large to be held, not sent yet. */
  #tail: Buffer | undefined;

  constructor(format: FormatParts, secrets: KnownSecrets) {
    this.#format = format;
    this.#secrets = secrets;
  }

  /** The error that was held back; what `push` returned until then may still be sent. */
  get found(): ReportedProblem | undefined {
    return this.#found;
  }

  /** What may be sent of the stream so far. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#found !== undefined) return EMPTY;
    const out = this.#whole.push(bytes);
    return this.#tail === undefined && !this.#whole.isPassing ? this.#checked(out) : this.#checkedLarge(out);
  }

  /** What is left at the end of the stream. */
  end(): Buffer {
    if (this.#found !== undefined) return EMPTY;
    const out = this.#whole.end();
    return this.#tail === undefined ? this.#checked(out) : this.#checkedLarge(out);
  }

  #checkedLarge(bytes: Buffer): Buffer {
    const hasBegun = this.#tail !== undefined;
    const joined = this.#tail === undefined ? bytes : Buffer.concat([this.#tail, bytes]);
    if (this.#secrets.holds(joined.toString('utf8'))) {
      this.#found = this.#read(EMPTY);
      this.#whole.drop();
      // What follows must not become part of an event that has begun.
      return hasBegun ? END_OF_EVENT : EMPTY;
    }
    if (!this.#whole.isPassing) {
      this.#tail = undefined;
      return joined;
    }
    const sent = Math.max(0, joined.length - OVERLAP_BYTES);
    this.#tail = joined.subarray(sent);
    return joined.subarray(0, sent);
  }

  #checked(bytes: Buffer): Buffer {
    if (!MARKS.some((mark) => bytes.includes(mark))) return bytes;
    for (let start = 0; start < bytes.length; ) {
      const found = endOfEvent(bytes, start);
      const end = found === -1 ? bytes.length : found;
      const event = bytes.subarray(start, end);
      if (MARKS.some((mark) => event.includes(mark)) && this.#secrets.holds(event.toString('utf8'))) {
        this.#found = this.#read(event);
        this.#whole.drop();
        return bytes.subarray(0, start);
      }
      start = end;
    }
    return bytes;
  }

  #read(event: Buffer): ReportedProblem {
    let error: ReportedProblem | undefined;
    const reader = this.#format.openStreamReader();
    const splitter = new SseSplitter((data, eventName) => {
      reader.read(data, eventName, (read) => {
        if (read.type === 'error') error ??= reportedProblem(read.error);
      });
    });
    try {
      splitter.push(event);
      splitter.end();
    } catch {
      // An event that cannot be read is still withheld.
    }
    return error ?? reportedProblem({ message: 'the stream contained a credential of this gateway' });
  }
}
