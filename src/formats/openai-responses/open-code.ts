import type { JsonObject } from '../../core/json.ts';
import type { CodeStep } from '../neutral/server-tools.ts';
import { writeCodeCall } from './code-execution.ts';
import type { EventWriter } from './event-writer.ts';

/** Code that a provider runs, while it is written: its text, that it runs, and what it printed. */
export class OpenCode {
  readonly index: number;
  readonly #id: string;
  readonly #asked: JsonObject;
  readonly #code: string;
  #output = '';
  /** The item as its own provider wrote it. */
  readonly #raw: JsonObject | undefined;

  constructor(part: CodeStep, id: string, index: number, asked: JsonObject) {
    this.index = index;
    this.#raw = part.raw?.format === 'openai-responses' ? part.raw.value : undefined;
    this.#id = typeof this.#raw?.id === 'string' && this.#raw.id !== '' ? this.#raw.id : id;
    this.#asked = asked;
    this.#code = part.code ?? '';
  }

  open(events: EventWriter): string {
    const at = { output_index: this.index, item_id: this.#id };
    const item = { ...this.#item('in_progress'), code: '' };
    return (
      events.write('response.output_item.added', { output_index: this.index, item }) +
      events.write('response.code_interpreter_call.in_progress', at) +
      events.write('response.code_interpreter_call_code.delta', { ...at, delta: this.#code }) +
      events.write('response.code_interpreter_call_code.done', { ...at, code: this.#code }) +
      events.write('response.code_interpreter_call.interpreting', at)
    );
  }

  /** Ends it with what the code printed; `undefined` if the provider said no more of it. */
  close(done: CodeStep | undefined, events: EventWriter): { readonly written: string; readonly item: JsonObject } {
    this.#output = done?.output ?? '';
    const isWhole = done !== undefined && done.failure === undefined;
    const item = this.#item(isWhole ? 'completed' : 'failed');
    const at = { output_index: this.index, item_id: this.#id };
    return { item, written: isWhole ? events.write('response.code_interpreter_call.completed', at) : '' };
  }

  #item(status: string): JsonObject {
    if (this.#raw !== undefined) return status === 'in_progress' ? { ...this.#raw, status } : this.#raw;
    return writeCodeCall(this.#id, status, this.#code, this.#output, this.#asked);
  }
}
