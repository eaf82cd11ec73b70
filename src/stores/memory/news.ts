/** News in a process that stands alone: whoever remembers something here is told at once. */
import type { Changed } from '../contracts/directory.ts';
import type { ChangedNews, News } from '../contracts/news.ts';

/** Calls everyone back, in order. */
export class MemoryNews implements News {
  readonly #callbacks: ((changed: ChangedNews) => void)[] = [];

  async publish(changed: readonly Changed[]): Promise<void> {
    for (const tell of this.#callbacks) tell(changed);
  }

  onChange(callback: (changed: ChangedNews) => void): void {
    this.#callbacks.push(callback);
  }
}
