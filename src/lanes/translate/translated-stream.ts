import type { StreamEvent } from '../../formats/neutral/conversation.ts';
import { RewrittenStream } from '../rewritten-stream.ts';

/** One translated stream. The client gets nothing before the first content. */
export class TranslatedStream extends RewrittenStream {
  #hasContent = false;

  take(event: StreamEvent): void {
    if (!this.note(event)) return;
    if (event.type !== 'start' && event.type !== 'usage') this.#hasContent = true;
    this.write(event);
  }

  protected override mayWrite(): boolean {
    return this.#hasContent;
  }
}
