/** Another deployment's stream, written as the rest of the one that broke off. */
import type { ConversationFormat, StreamWriter } from '../../formats/format.ts';
import type { StreamEvent } from '../../formats/neutral/conversation.ts';
import { RewrittenStream } from '../rewritten-stream.ts';
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
 * One continued stream. Nothing is written before the first content, and no error ever by itself: an error of the
 * provider's is thrown as an AnswerProblem, and as long as `hasWritten` is false the client knows nothing of this
 * attempt.
 */
export class ContinuedStream extends RewrittenStream {
  readonly #seam: Seam;
  readonly #trimmer: OverlapTrimmer;
  #hasWritten = false;

  constructor(provider: ConversationFormat, seam: Seam, write: (bytes: Uint8Array | string) => void) {
    super(provider, seam.writer, write);
    this.#seam = seam;
    // A model that was shown no text at all begins the answer, with the white space that the client may have already.
    const { text } = seam.sent;
    this.#trimmer = new OverlapTrimmer(text, seam.style === 'prefill' || text.trim() === '');
  }

  /** Whether the client has anything of this continuation. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Both attempts' usage for the books, and the usage that the client sees. */
  usageParts(): UsageParts {
    const { first, sent, style } = this.#seam;
    const { text, factor } = this.sample();
    const second = this.usage();
    const written = Math.ceil(estimatedTokens(text) * factor);
    return { first: first.usage, second, told: mergeUsage(first, second, written, addedTokens(sent, style)) };
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
      default:
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
    const text = this.#trimmer.push(event.text);
    if (text !== '' || event.signature !== undefined) this.write({ ...event, text });
  }

  /** Thoughts come before the answer: once that has begun, the client has no place for them. */
  #takeThought(event: Extract<StreamEvent, { type: `reasoning${string}` }>): void {
    const { sent } = this.#seam;
    if (sent.text !== '') return;
    // A signature holds for the thoughts of one model, and here those of two run together.
    if (event.type === 'reasoning-signature' && sent.reasoning !== '') return;
    this.write(event);
  }

  #writeHeld(): void {
    const text = this.#trimmer.flush();
    if (text !== '') this.write({ type: 'text', choice: 0, text });
  }
}
