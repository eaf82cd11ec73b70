import { defined } from '../../core/defined.ts';
import { type JsonObject, objectsOf, stringOf } from '../../core/json.ts';
import type { OpenItemPosition } from '../format.ts';
import type { ReasoningSignature } from '../neutral/conversation.ts';
import type { EventWriter } from './event-writer.ts';
import { carryReasoning, splitOwn } from './signatures.ts';

/** The events of the two kinds of parts that reasoning has, and the member that numbers them. */
const KINDS = {
  summary_text: { text: 'reasoning_summary_text', part: 'reasoning_summary_part', index: 'summary_index' },
  reasoning_text: { text: 'reasoning_text', part: 'content_part', index: 'content_index' },
} as const;
type PartType = keyof typeof KINDS;

/** Thoughts while they are written: a summary, unless the provider that began them shows the thoughts themselves. */
export class OpenReasoning {
  readonly kind = 'reasoning';
  readonly index: number;
  readonly #id: string;
  readonly #events: EventWriter;
  readonly #summary: JsonObject[] = [];
  readonly #content: JsonObject[] = [];
  #part: { readonly type: PartType; readonly place: string; text: string; isSaid: boolean } | undefined;

  constructor(id: string, index: number, events: EventWriter) {
    this.#id = id;
    this.index = index;
    this.#events = events;
  }

  /** The thoughts of a stream that another provider began. */
  static resumed({ index, item, part, isSaid }: OpenItemPosition, events: EventWriter): OpenReasoning {
    const reasoning = new OpenReasoning(stringOf(item.id) ?? '', index, events);
    reasoning.#summary.push(...objectsOf(item.summary));
    reasoning.#content.push(...objectsOf(item.content));
    if (part === undefined) return reasoning;
    const type = part.type === 'reasoning_text' ? 'reasoning_text' : 'summary_text';
    reasoning.#part = { type, place: reasoning.#placeText(type), text: stringOf(part.text) ?? '', isSaid };
    return reasoning;
  }

  open(): string {
    const item = { id: this.#id, type: 'reasoning', summary: [] };
    return this.#events.write('response.output_item.added', { output_index: this.index, item });
  }

  add(text: string): string {
    if (text === '') return '';
    let written = '';
    if (this.#part?.isSaid === true) written = this.#closePart();
    if (this.#part === undefined) {
      const type = 'summary_text';
      this.#part = { type, place: this.#placeText(type), text: '', isSaid: false };
      written += this.#event(`${KINDS[type].part}.added`, type, { part: { type, text: '' } });
    }
    this.#part.text += text;
    return written + this.#events.delta(`response.${KINDS[this.#part.type].text}.delta`, this.#part.place, text);
  }

  /** Closes what is open of it, and gives the whole item. */
  close(signature: ReasoningSignature | undefined): { readonly written: string; readonly item: JsonObject } {
    const written = this.#closePart();
    const own = signature?.origin === 'openai' ? splitOwn(signature.value) : undefined;
    // OpenAI refuses content under another id than its own, and a client that got another id does not take that one at the end.
    const isOwn = own !== undefined && own.id === this.#id;
    const item: JsonObject = {
      id: this.#id,
      type: 'reasoning',
      summary: this.#summary,
      ...(this.#content.length > 0 && { content: this.#content }),
      encrypted_content: isOwn
        ? own.encrypted
        : carryReasoning({ type: 'reasoning', text: '', ...defined({ signature }) }),
    };
    return { written, item };
  }

  #closePart(): string {
    const part = this.#part;
    if (part === undefined) return '';
    const { type, text } = part;
    const said = part.isSaid ? '' : this.#event(`${KINDS[type].text}.done`, type, { text });
    const closed = said + this.#event(`${KINDS[type].part}.done`, type, { part: { type, text } });
    this.#partsOf(type).push({ type, text });
    this.#part = undefined;
    return closed;
  }

  #partsOf(type: PartType): JsonObject[] {
    return type === 'summary_text' ? this.#summary : this.#content;
  }

  #event(name: string, type: PartType, members: JsonObject): string {
    const at = { item_id: this.#id, output_index: this.index, [KINDS[type].index]: this.#partsOf(type).length };
    return this.#events.write(`response.${name}`, { ...at, ...members });
  }

  #placeText(type: PartType): string {
    const id = JSON.stringify(this.#id);
    return `,"item_id":${id},"output_index":${this.index},"${KINDS[type].index}":${this.#partsOf(type).length}`;
  }
}
