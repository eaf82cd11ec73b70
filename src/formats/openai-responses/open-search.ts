import type { JsonObject } from '../../core/json.ts';
import type { SearchSource, SearchStep } from '../neutral/server-tools.ts';
import type { EventWriter } from './event-writer.ts';
import { writeSearchCall } from './web-search.ts';

/** A search of the web while it is written: OpenAI tells in three events that it has begun, is under way and is over. */
export class OpenSearch {
  readonly index: number;
  readonly #id: string;
  readonly #asked: JsonObject;
  readonly #queries: readonly string[];
  #sources: readonly SearchSource[] = [];
  /** The item as its own provider wrote it. */
  readonly #raw: JsonObject | undefined;

  constructor(part: SearchStep, id: string, index: number, asked: JsonObject) {
    this.index = index;
    this.#raw = part.raw?.format === 'openai-responses' ? part.raw.value : undefined;
    this.#id = typeof this.#raw?.id === 'string' && this.#raw.id !== '' ? this.#raw.id : id;
    this.#asked = asked;
    this.#queries = part.queries ?? [];
  }

  open(events: EventWriter): string {
    const at = { output_index: this.index, item_id: this.#id };
    return (
      events.write('response.output_item.added', { output_index: this.index, item: this.#item('in_progress') }) +
      events.write('response.web_search_call.in_progress', at) +
      events.write('response.web_search_call.searching', at)
    );
  }

  /** Ends it with what was found; `undefined` if the provider said no more of it. */
  close(found: SearchStep | undefined, events: EventWriter): { readonly written: string; readonly item: JsonObject } {
    this.#sources = found?.sources ?? [];
    const isWhole = found !== undefined && found.failure === undefined;
    const item = this.#item(isWhole ? 'completed' : 'failed');
    const at = { output_index: this.index, item_id: this.#id };
    return { item, written: isWhole ? events.write('response.web_search_call.completed', at) : '' };
  }

  #item(status: string): JsonObject {
    if (this.#raw !== undefined) return status === 'in_progress' ? { ...this.#raw, status } : this.#raw;
    return writeSearchCall(this.#id, status, { queries: this.#queries, sources: this.#sources }, this.#asked);
  }
}
