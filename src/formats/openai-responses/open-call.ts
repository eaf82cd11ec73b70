import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { JsonEnd } from '../../core/json-end.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { type ClientTool, namespaceOf, textOfArguments } from './tool-names.ts';

type CallEvent = Extract<StreamEvent, { type: 'tool-call' }>;
type WriteEvent = (type: string, members: JsonObject) => string;

/** A call of one of the client's tools while it is written. */
export class OpenCall {
  readonly index: number;
  isOpen = true;
  readonly #id: string;
  readonly #event: CallEvent;
  readonly #tool: ClientTool | undefined;
  #arguments = '';
  readonly #end = new JsonEnd();

  constructor(event: CallEvent, tool: ClientTool | undefined, id: string, index: number) {
    this.#event = event;
    this.#tool = tool;
    this.#id = id;
    this.index = index;
  }

  /** The item is a text and not JSON. */
  get #isText(): boolean {
    return this.#event.custom === true || this.#tool?.isCustom === true;
  }

  /** The text comes inside JSON, of which it can be taken only when that is whole. */
  get #isWrapped(): boolean {
    return this.#event.custom !== true && this.#tool?.isCustom === true;
  }

  /** Takes more arguments. After the end of a call there is at most white space. */
  add(text: string, write: WriteEvent): string {
    if (!this.isOpen || text === '') return '';
    this.#arguments += text;
    this.#end.push(text);
    return this.#isWrapped ? '' : this.#delta(text, write);
  }

  #delta(delta: string, write: WriteEvent): string {
    const type = this.#isText ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta';
    return write(type, { item_id: this.#id, output_index: this.index, delta });
  }

  /** Whether nothing more is to come. Free text does not say where it ends, and a call without text may still get some. */
  isWhole(): boolean {
    return (
      this.isOpen && this.#event.custom !== true && this.#end.isWhole && this.#arguments.trimStart().startsWith('{')
    );
  }

  close(write: WriteEvent): string {
    this.isOpen = false;
    const at = { item_id: this.#id, output_index: this.index };
    if (!this.#isText) {
      return write('response.function_call_arguments.done', { ...at, name: this.#name, arguments: this.#written });
    }
    const first = this.#isWrapped && this.#written !== '' ? this.#delta(this.#written, write) : '';
    return first + write('response.custom_tool_call_input.done', { ...at, input: this.#written });
  }

  /** The item as it is now. */
  item(status: 'in_progress' | 'completed' | 'incomplete'): JsonObject {
    const written = status === 'in_progress' ? '' : this.#written;
    const namespace = this.#tool?.namespace?.name ?? namespaceOf(this.#event);
    return {
      id: this.#id,
      type: this.#isText ? 'custom_tool_call' : 'function_call',
      status,
      ...(this.#isText ? { input: written } : { arguments: written }),
      call_id: this.#event.id,
      name: this.#name,
      ...defined({ namespace }),
    };
  }

  get #name(): string {
    return this.#tool?.name ?? this.#event.name;
  }

  get #written(): string {
    if (this.#isWrapped) return textOfArguments(this.#arguments);
    return this.#arguments === '' && !this.#isText ? '{}' : this.#arguments;
  }
}
