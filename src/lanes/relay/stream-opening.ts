import type { FormatParts } from '../../formats/index.ts';
import type { StreamEvent } from '../../formats/neutral/conversation.ts';
import { isTrueEnd } from '../../formats/neutral/no-answer.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { AnswerProblem, type Problem, reportedProblem } from '../answer-problem.ts';

/** A stream that says nothing in so many bytes is handed on as it is. */
const LARGEST_OPENING_BYTES = 65_536;

/**
 * The beginning of a relayed stream, held back until the model says something: a provider that opens a stream and then
 * fails has sent the client nothing yet, so another deployment may answer. Reads a few events and is dropped.
 */
export class StreamOpening {
  readonly #pieces: Uint8Array[] = [];
  readonly #splitter: SseSplitter;
  #bytes = 0;
  #isOver = false;
  #reported: Problem | undefined;

  constructor(format: FormatParts) {
    const reader = format.openStreamReader();
    const emit = (event: StreamEvent): void => this.#see(event);
    this.#splitter = new SseSplitter((data, eventName) => reader.read(data, eventName, emit));
  }

  /**
   * Reads what came from the provider; true when the opening is over. Throws an AnswerProblem for an error instead of
   * content.
   */
  read(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    try {
      this.#splitter.push(chunk);
    } catch {
      // The relay lane hands bytes on even if the gateway cannot read them: the client may.
      this.#isOver = true;
    }
    if (this.#reported !== undefined && !this.#isOver) throw new AnswerProblem(this.#reported);
    return this.#isOver || this.#bytes > LARGEST_OPENING_BYTES;
  }

  /** Holds bytes back until the opening is over. */
  hold(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pieces.push(bytes);
  }

  /** Everything that was held. */
  held(): Uint8Array {
    const [first] = this.#pieces;
    return this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
  }

  #see(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
      case 'usage':
      case 'end':
        return;
      case 'text':
      case 'reasoning':
      case 'refusal':
        if (event.text !== '') this.#isOver = true;
        return;
      case 'finish':
        // A stream that says nothing and only stops is not an answer.
        if (isTrueEnd(event.finish)) this.#isOver = true;
        return;
      case 'error':
        this.#reported ??= reportedProblem(event.error);
        return;
      default:
        this.#isOver = true;
    }
  }
}
