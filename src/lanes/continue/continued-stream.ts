/** Another deployment's stream, written as the rest of the one that broke off. */
import type { ConversationFormat, StreamWriter } from '../../formats/format.ts';
import type { StreamEvent } from '../../formats/neutral/conversation.ts';
import { AnswerProblem } from '../answer-problem.ts';
import type { AnsweredCalls } from '../answered-calls.ts';
import { RewrittenStream } from '../rewritten-stream.ts';
import { addedTokens, BYTES_PER_TOKEN, type ContinuationStyle, estimatedTokens } from './continuation.ts';
import { type FirstPart, mergeUsage, onlyNew, type UsageParts } from './continued-usage.ts';
import { isCutBetweenWords, isEndOfSentence } from './fits.ts';
import type { SentSoFar } from './stream-record.ts';
import { TextJoiner } from './text-joiner.ts';

/** What a continuation is joined to. */
export interface Seam {
  readonly sent: SentSoFar;
  readonly style: ContinuationStyle;
  readonly first: FirstPart;
  /** How many tokens the client still takes, estimated; undefined if it set no limit. */
  readonly leftTokens?: number | undefined;
  /** In the state of the client's stream. */
  readonly writer: StreamWriter;
}

/**
 * One continued stream. Nothing is written before the first content, and no error ever by itself: an error of the
 * provider's is thrown as an AnswerProblem, and as long as `hasWritten` is false the client knows nothing of this
 * attempt.
 */
export class ContinuedStream extends RewrittenStream {
  readonly #seam: Seam;
  readonly #joiner: TextJoiner;
  /** Joins thoughts; undefined if the client has none. */
  readonly #thoughts: TextJoiner | undefined;
  #dropsThoughts = false;
  #hasWritten = false;
  #leftBytes: number;
  #isCutShort = false;
  #hasOther = false;

  constructor(
    provider: ConversationFormat,
    seam: Seam,
    write: (bytes: Uint8Array | string) => void,
    calls?: AnsweredCalls,
  ) {
    super(provider, seam.writer, write, calls);
    this.#seam = seam;
    this.#leftBytes = (seam.leftTokens ?? Number.POSITIVE_INFINITY) * BYTES_PER_TOKEN;
    const { text, events, reasoning } = seam.sent;
    if (reasoning.trim() !== '') {
      this.#thoughts = new TextJoiner({ before: reasoning, isPrefill: false, isCutBetweenWords: false });
    }
    this.#joiner = new TextJoiner({
      before: text,
      isPrefill: seam.style === 'prefill',
      isCutBetweenWords: isCutBetweenWords(events),
    });
  }

  /** Whether the client has anything of this continuation. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Whether words came that are held until it is known whether they are new. */
  isHolding(): boolean {
    return !this.#hasWritten && !this.#joiner.isEmpty;
  }

  /** Both attempts' usage for the books, and the usage that the client sees. */
  usageParts(): UsageParts {
    const { first, sent, style } = this.#seam;
    const { text, factor } = this.sample();
    const second = this.usage();
    const written = Math.ceil(estimatedTokens(text) * factor);
    const { newShare } = this.#joiner;
    const told = mergeUsage(first, onlyNew(second, newShare), Math.ceil(written * newShare), addedTokens(sent, style));
    return { first: first.usage, second, told };
  }

  take(event: StreamEvent): void {
    // Only choice 0 is continued.
    if (('choice' in event && event.choice !== 0) || !this.note(event)) return;
    switch (event.type) {
      case 'start':
      case 'usage':
        return;
      case 'text':
        this.#takeText(event);
        return;
      case 'reasoning':
      case 'reasoning-signature':
      case 'reasoning-redacted':
        this.#takeThought(event);
        return;
      case 'finish':
        this.#writeHeld();
        this.#refuseNothing();
        this.write(this.#isCutShort ? { ...event, finish: { reason: 'length' } } : event);
        return;
      default:
        this.#hasOther = true;
        this.#writeHeld();
        this.write(event);
    }
  }

  protected override writeRest(): void {
    this.#writeHeld();
    const { told } = this.usageParts();
    if (told !== undefined) this.write({ type: 'usage', usage: told });
  }

  protected override takePending(): string {
    const bytes = super.takePending();
    if (bytes === '' || this.#hasWritten) return bytes;
    this.#hasWritten = true;
    return this.#seam.sent.owed + bytes;
  }

  #takeText(event: Extract<StreamEvent, { type: 'text' }>): void {
    const thought = this.#restOfThoughts((thoughts) => thoughts.flush());
    if (thought !== '') this.write({ type: 'reasoning', choice: 0, text: thought });
    const text = this.#withinLimit(this.#joiner.push(event.text));
    if (text !== '' || event.signature !== undefined) this.write({ ...event, text });
  }

  /** A model that was asked for the rest of a sentence and ends with nothing has not ended the answer. */
  #refuseNothing(): void {
    const { sent, style } = this.#seam;
    if (style === 'prefill' || !this.#joiner.isEmpty || this.#hasOther || sent.text.trim() === '') return;
    if (!isEndOfSentence(sent.text)) throw new AnswerProblem({ kind: 'other-answer' });
  }

  /** What the client asked for at the most; the model had room to say again what the client has. */
  #withinLimit(text: string): string {
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#leftBytes) {
      this.#leftBytes -= bytes;
      return text;
    }
    const within = Buffer.from(text)
      .subarray(0, this.#leftBytes)
      .toString('utf8')
      .replace(/\uFFFD$/, '');
    this.#leftBytes = 0;
    this.#isCutShort = true;
    return within;
  }

  /**
   * Thoughts come before the answer: once that has begun, the client has no place for them. Behind thoughts that it has, only
   * their rest is written; those of a model that thinks in another way are left out, and its answer follows.
   */
  #takeThought(event: Extract<StreamEvent, { type: `reasoning${string}` }>): void {
    const { sent } = this.#seam;
    if (sent.text !== '') return;
    if (this.#thoughts === undefined) {
      this.write(event);
      return;
    }
    // A signature holds for the thoughts of one model.
    if (event.type !== 'reasoning' || this.#dropsThoughts) return;
    const text = this.#restOfThoughts((thoughts) => thoughts.push(event.text));
    if (text !== '') this.write({ ...event, text });
  }

  #restOfThoughts(step: (thoughts: TextJoiner) => string): string {
    if (this.#thoughts === undefined || this.#dropsThoughts) return '';
    try {
      return step(this.#thoughts);
    } catch (error) {
      if (!(error instanceof AnswerProblem)) throw error;
      this.#dropsThoughts = true;
      return '';
    }
  }

  #writeHeld(): void {
    const thought = this.#restOfThoughts((thoughts) => thoughts.flush());
    if (thought !== '') this.write({ type: 'reasoning', choice: 0, text: thought });
    const text = this.#withinLimit(this.#joiner.flush());
    if (text !== '') this.write({ type: 'text', choice: 0, text });
  }
}
