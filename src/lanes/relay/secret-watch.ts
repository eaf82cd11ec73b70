import type { FormatParts } from '../../formats/index.ts';
import type { KnownSecrets } from '../../providers/known-secrets.ts';
import { endOfEvent } from '../../wire/event-boundary.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { WholeEvents } from '../../wire/whole-events.ts';
import { type ReportedProblem, reportedProblem } from '../answer-problem.ts';

/** An error by its name, whatever is escaped of it. */
const MARKS: readonly Buffer[] = ['error', '\\u006', '\\u0072'].map((mark) => Buffer.from(mark));
const EMPTY = Buffer.alloc(0);

/**
 * Holds back an error event that contains a credential of the deployment: a relayed stream is handed on unread, but
 * providers echo keys in errors. Only whole events pass, so that no event can leave in halves.
 */
export class SecretWatch {
  readonly #format: FormatParts;
  readonly #secrets: KnownSecrets;
  readonly #whole = new WholeEvents();
  #found: ReportedProblem | undefined;

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
    return this.#found === undefined ? this.#checked(this.#whole.push(bytes)) : EMPTY;
  }

  /** What is left at the end of the stream. */
  end(): Buffer {
    return this.#found === undefined ? this.#checked(this.#whole.end()) : EMPTY;
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
