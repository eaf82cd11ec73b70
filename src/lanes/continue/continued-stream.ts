/** The way back of a continuation: another deployment's stream, written as the rest of the one that broke off. */
import type { GatewayError } from '../../core/errors.ts';
import { clientErrorOf } from '../../formats/client-error.ts';
import type { ConversationFormat, StreamReader, StreamWriter } from '../../formats/format.ts';
import type { StreamEvent, Usage } from '../../formats/neutral/conversation.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { AnswerProblem, type ReportedProblem, readProvider, reportedProblem } from '../answer-problem.ts';
import type { StreamAnswer, StreamEnd } from '../stream-answer.ts';
import { TextSample } from '../text-sample.ts';
import { addedTokens, type ContinuationStyle, estimatedTokens } from './continuation.ts';
import { type FirstPart, mergeUsage, type UsageParts } from './continued-usage.ts';
import { OverlapTrimmer } from './overlap.ts';
import type { SentSoFar } from './stream-record.ts';

/** What a continuation is joined to. */
export interface Seam {
  readonly sent: SentSoFar;
  readonly style: ContinuationStyle;
  readonly first: FirstPart;
  /** In the state of the client's stream. */
  readonly writer: StreamWriter;
}

/**
 * One continued stream. Nothing is written before the first content, and no error ever by itself: an error of the provider's is
 * thrown as an AnswerProblem, and as long as `hasWritten` is false the client knows nothing of this attempt.
 */
export class ContinuedStream implements StreamAnswer {
  readonly #reader: StreamReader;
  readonly #splitter: SseSplitter;
  readonly #seam: Seam;
  readonly #trimmer: OverlapTrimmer;
  readonly #write: (bytes: Uint8Array | string) => void;
  readonly #emit = (event: StreamEvent): void => this.take(event);
  readonly #sample = new TextSample();
  #usage: Usage | undefined;
  #pending = '';
  #isWhole = false;
  #hasWritten = false;
  #reported: ReportedProblem | undefined;

  constructor(provider: ConversationFormat, seam: Seam, write: (bytes: Uint8Array | string) => void) {
    this.#reader = provider.openStreamReader();
    this.#splitter = new SseSplitter((data, eventName) => this.#reader.read(data, eventName, this.#emit));
    this.#seam = seam;
    // A model that was shown no text at all begins the answer, with the white space that the client may have already.
    const { text } = seam.sent;
    this.#trimmer = new OverlapTrimmer(text, seam.style === 'prefill' || text.trim() === '');
    this.#write = write;
  }

  /** Whether the client has anything of this continuation. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  data(chunk: Buffer): void {
    readProvider(() => this.#splitter.push(chunk));
    if (this.#reported !== undefined) throw new AnswerProblem(this.#reported);
    const bytes = this.#takePending();
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
    if (this.#reported !== undefined) {
      return { isWhole: false, last: this.#takePending(), problem: this.#reported, wasToldClient: false };
    }
    if (!this.#isWhole) {
      return { isWhole: false, last: this.#takePending(), problem: { kind: 'cut' }, wasToldClient: false };
    }
    this.#sayHeld();
    const { told } = this.usageParts();
    if (told !== undefined) this.#pending += this.#seam.writer.write({ type: 'usage', usage: told });
    this.#pending += this.#seam.writer.end();
    return { isWhole: true, last: this.#takePending() };
  }

  isComplete(): boolean {
    return this.#isWhole;
  }

  hasSaidAll(): boolean {
    return this.#reader.isFinished?.() === true;
  }

  fail(error: GatewayError): string {
    this.#pending += this.#seam.writer.fail(clientErrorOf(error));
    return this.#takePending();
  }

  /** What this attempt used, as its provider told it: the continuation's own prompt and its own words. */
  usage(): Usage | undefined {
    return this.#usage;
  }

  /** Both attempts' usage for the books, and what the client is told. */
  usageParts(): UsageParts {
    const { first, sent, style } = this.#seam;
    const { text, factor } = this.sample();
    const written = Math.ceil(estimatedTokens(text) * factor);
    const told = mergeUsage(first, this.#usage, written, addedTokens(sent, style));
    return { first: first.usage, second: this.#usage, told };
  }

  sample(): { text: string; factor: number } {
    return this.#sample.read();
  }

  /** Takes one event of the continuation. */
  take(event: StreamEvent): void {
    // What follows an end or an error belongs to no answer, and there is no second choice to continue.
    if (this.#isWhole || this.#reported !== undefined || ('choice' in event && event.choice !== 0)) return;
    switch (event.type) {
      case 'start':
        this.#usage = event.usage ?? this.#usage;
        return;
      case 'usage':
        this.#usage = event.usage;
        return;
      case 'end':
        this.#isWhole = true;
        return;
      case 'error':
        this.#reported = reportedProblem(event.error);
        return;
      case 'text':
        this.#takeText(event);
        return;
      case 'reasoning':
        this.#sample.note(event.text);
        this.#takeThought(event);
        return;
      case 'reasoning-signature':
      case 'reasoning-redacted':
        this.#takeThought(event);
        return;
      case 'refusal':
      case 'tool-arguments':
        this.#sample.note(event.text);
        break;
      default:
    }
    this.#sayHeld();
    this.#pending += this.#seam.writer.write(event);
  }

  #takeText(event: Extract<StreamEvent, { type: 'text' }>): void {
    this.#sample.note(event.text);
    const text = this.#trimmer.push(event.text);
    if (text !== '' || event.signature !== undefined) this.#pending += this.#seam.writer.write({ ...event, text });
  }

  /** Thoughts come before the answer: once that has begun, the client has no place for them. */
  #takeThought(event: Extract<StreamEvent, { type: `reasoning${string}` }>): void {
    const { sent, writer } = this.#seam;
    if (sent.text !== '') return;
    // A signature holds for the thoughts of one model, and here those of two run together.
    if (event.type === 'reasoning-signature' && sent.reasoning !== '') return;
    this.#pending += writer.write(event);
  }

  #sayHeld(): void {
    const text = this.#trimmer.flush();
    if (text !== '') this.#pending += this.#seam.writer.write({ type: 'text', choice: 0, text });
  }

  #takePending(): string {
    if (this.#pending === '') return '';
    const bytes = this.#hasWritten ? this.#pending : this.#seam.sent.owed + this.#pending;
    this.#hasWritten = true;
    this.#pending = '';
    return bytes;
  }
}
