import type { GatewayError } from '../core/errors.ts';
import { clientErrorOf } from '../formats/client-error.ts';
import type { ConversationFormat, StreamReader, StreamWriter } from '../formats/format.ts';
import type { StreamEvent, Usage } from '../formats/neutral/conversation.ts';
import { SseSplitter } from '../wire/sse.ts';
import { AnswerProblem, type ReportedProblem, readProvider, reportedProblem } from './answer-problem.ts';
import { type AnsweredCalls, withClientName } from './answered-calls.ts';
import type { StreamAnswer, StreamEnd } from './stream-answer.ts';
import { TextSample } from './text-sample.ts';
import { usageOfModel } from './usage-of-model.ts';

/** A stream that is read into neutral events and written again for the client; the client's bytes of one piece are sent together. */
export abstract class RewrittenStream implements StreamAnswer {
  readonly #reader: StreamReader;
  readonly #splitter: SseSplitter;
  readonly #writer: StreamWriter;
  readonly #write: (bytes: Uint8Array | string) => void;
  readonly #emit: (event: StreamEvent) => void;
  readonly #sample = new TextSample();
  #usage: Usage | undefined;
  #model: string | undefined;
  #pending = '';
  #isWhole = false;
  #reported: ReportedProblem | undefined;

  constructor(
    provider: ConversationFormat,
    writer: StreamWriter,
    write: (bytes: Uint8Array | string) => void,
    calls?: AnsweredCalls,
  ) {
    this.#reader = provider.openStreamReader(calls?.seed);
    this.#emit =
      calls === undefined || calls.names.size === 0
        ? (event) => this.take(event)
        : (event) => this.take(withClientName(event, calls));
    this.#splitter = new SseSplitter((data, eventName) => this.#reader.read(data, eventName, this.#emit));
    this.#writer = writer;
    this.#write = write;
  }

  /** Takes one event. */
  abstract take(event: StreamEvent): void;

  data(chunk: Buffer): void {
    readProvider(() => this.#splitter.push(chunk));
    if (this.#reported !== undefined) throw new AnswerProblem(this.#reported);
    if (!this.mayWrite()) return;
    const bytes = this.takePending();
    if (bytes !== '') this.#write(bytes);
  }

  end(): StreamEnd {
    readProvider(() => {
      this.#splitter.end();
      this.#reader.close(this.#emit);
    });
    return this.finish();
  }

  /** Ends the stream after the last event, as far as it is whole. */
  finish(): StreamEnd {
    if (this.#reported !== undefined || !this.#isWhole) {
      const problem = this.#reported ?? ({ kind: 'cut' } as const);
      return { isWhole: false, last: this.takePending(), problem, wasToldClient: false };
    }
    this.writeRest();
    this.#pending += this.#writer.end();
    return { isWhole: true, last: this.takePending() };
  }

  isComplete(): boolean {
    return this.#isWhole;
  }

  hasSaidAll(): boolean {
    return this.#reader.isFinished?.() === true;
  }

  fail(error: GatewayError): string {
    this.#pending += this.#writer.fail(clientErrorOf(error));
    return this.takePending();
  }

  /** What this attempt used, as its provider told it. */
  usage(): Usage | undefined {
    return usageOfModel(this.#usage, this.#model);
  }

  sample(): { text: string; factor: number } {
    return this.#sample.read();
  }

  /** Whether the client may have bytes yet. */
  protected mayWrite(): boolean {
    return true;
  }

  /** Writes what is owed before the end of a whole stream. */
  protected writeRest(): void {}

  /** Notes what an event says of the answer as a whole; returns false if the event itself is not a part of the answer. */
  protected note(event: StreamEvent): boolean {
    if (event.type === 'start') this.#model = event.model;
    if (event.type === 'start' || event.type === 'usage') this.#usage = event.usage ?? this.#usage;
    // What follows an end or an error belongs to no answer.
    if (this.#isWhole || this.#reported !== undefined) return false;
    switch (event.type) {
      case 'end':
        this.#isWhole = true;
        return false;
      case 'error':
        this.#reported = reportedProblem(event.error);
        return false;
      case 'text':
      case 'reasoning':
      case 'refusal':
      case 'tool-arguments':
        this.#sample.note(event.text);
    }
    return true;
  }

  /** Writes an event for the client. */
  protected write(event: StreamEvent): void {
    this.#pending += this.#writer.write(event);
  }

  /** The bytes that the client has not got yet. */
  protected takePending(): string {
    const bytes = this.#pending;
    this.#pending = '';
    return bytes;
  }
}
