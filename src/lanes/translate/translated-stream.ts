import type { GatewayError } from '../../core/errors.ts';
import { clientErrorOf } from '../../formats/client-error.ts';
import type { ConversationFormat, StreamReader, StreamWriter } from '../../formats/format.ts';
import type { StreamEvent, Usage } from '../../formats/neutral/conversation.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { AnswerProblem, type ReportedProblem, readProvider, reportedProblem } from '../answer-problem.ts';
import type { StreamAnswer, StreamEnd } from '../stream-answer.ts';
import { TextSample } from '../text-sample.ts';

/** One translated stream. Events go through as they come; the client's bytes of one piece are sent together. */
export class TranslatedStream implements StreamAnswer {
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #splitter: SseSplitter;
  readonly #write: (bytes: Uint8Array | string) => void;
  readonly #emit = (event: StreamEvent): void => this.#take(event);
  #usage: Usage | undefined;
  readonly #sample = new TextSample();
  #pending = '';
  #hasContent = false;
  #isWhole = false;
  #reported: ReportedProblem | undefined;

  constructor(provider: ConversationFormat, writer: StreamWriter, write: (bytes: Uint8Array | string) => void) {
    this.#reader = provider.openStreamReader();
    this.#writer = writer;
    this.#write = write;
    this.#splitter = new SseSplitter((data, eventName) => this.#reader.read(data, eventName, this.#emit));
  }

  data(chunk: Buffer): void {
    readProvider(() => this.#splitter.push(chunk));
    if (this.#reported !== undefined) throw new AnswerProblem(this.#reported);
    if (!this.#hasContent || this.#pending === '') return;
    this.#write(this.#pending);
    this.#pending = '';
  }

  end(): StreamEnd {
    readProvider(() => {
      this.#splitter.end();
      this.#reader.close(this.#emit);
    });
    const last = this.#pending;
    this.#pending = '';
    if (this.#reported !== undefined) {
      return { isWhole: false, last, problem: this.#reported, wasToldClient: false };
    }
    if (!this.#isWhole) return { isWhole: false, last, problem: { kind: 'cut' }, wasToldClient: false };
    return { isWhole: true, last: last + this.#writer.end() };
  }

  isComplete(): boolean {
    return this.#isWhole;
  }

  hasSaidAll(): boolean {
    return this.#reader.isFinished?.() === true;
  }

  fail(error: GatewayError): string {
    const last = this.#pending;
    this.#pending = '';
    return last + this.#writer.fail(clientErrorOf(error));
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  sample(): { text: string; factor: number } {
    return this.#sample.read();
  }

  #take(event: StreamEvent): void {
    switch (event.type) {
      case 'start':
        this.#usage = event.usage ?? this.#usage;
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'end':
        this.#isWhole = true;
        return;
      case 'error':
        this.#reported ??= reportedProblem(event.error);
        return;
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool-arguments':
        this.#sample.note(event.text);
        this.#hasContent = true;
        break;
      default:
        this.#hasContent = true;
    }
    // What follows an end or an error belongs to no answer.
    if (!this.#isWhole && this.#reported === undefined) this.#pending += this.#writer.write(event);
  }
}
