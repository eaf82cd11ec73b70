import { isJsonObject, itemsOf, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import type { OpenItemPosition } from '../format.ts';
import type { Citation } from '../neutral/conversation.ts';
import { writeAnnotation } from './annotations.ts';
import type { EventWriter } from './event-writer.ts';

type PartKind = 'text' | 'refusal';

/** The part of a message that is being written. */
interface OpenPart {
  readonly kind: PartKind;
  readonly annotations: JsonObject[];
  /** Sources of the passage that is being written: where it ends is not known yet. */
  pending: Citation[];
  /** Where that passage begins. */
  passage: number;
  readonly logprobs: JsonValue[];
  /** Where it is, as the members of its deltas. */
  readonly place: string;
  text: string;
  /** The client has the event that repeats the whole text, but not yet the end of the part. */
  isSaid: boolean;
}

/** A message while it is written. */
export class OpenMessage {
  readonly kind = 'message';
  readonly index: number;
  readonly #id: string;
  readonly #events: EventWriter;
  readonly #parts: JsonObject[] = [];
  #part: OpenPart | undefined;

  constructor(id: string, index: number, events: EventWriter) {
    this.#id = id;
    this.index = index;
    this.#events = events;
  }

  /** The message of a stream that another provider began. */
  static resumed({ index, item, part, isSaid }: OpenItemPosition, events: EventWriter): OpenMessage {
    const message = new OpenMessage(stringOf(item.id) ?? '', index, events);
    message.#parts.push(...objectsOf(item.content));
    if (part === undefined) return message;
    const kind: PartKind = part.type === 'refusal' ? 'refusal' : 'text';
    message.#part = {
      ...message.#newPart(kind),
      text: stringOf(kind === 'refusal' ? part.refusal : part.text) ?? '',
      annotations: [...objectsOf(part.annotations)],
      logprobs: [...itemsOf(part.logprobs)],
      isSaid,
    };
    return message;
  }

  open(): string {
    return this.#events.write('response.output_item.added', {
      output_index: this.index,
      item: this.item('in_progress'),
    });
  }

  /**
   * Opens a part of this kind, unless one is open that the text can go on in: a passage with its sources begins another part for
   * Claude, and goes on in the same one for OpenAI.
   */
  openPart(kind: PartKind, startsPart: boolean): string {
    const part = this.#part;
    if (part !== undefined && part.kind === kind && !part.isSaid) {
      if (!startsPart) return '';
      const cited = this.#citePassage(part);
      part.passage = part.text.length;
      return cited;
    }
    const closed = this.closePart();
    this.#part = this.#newPart(kind);
    return closed + this.#events.write('response.content_part.added', { ...this.#place(), part: partOf(this.#part) });
  }

  /** Writes a piece of the open part. */
  add(text: string, logprobs?: JsonValue): string {
    const part = this.#part;
    if (text === '' || part === undefined) return '';
    part.text += text;
    if (part.kind === 'refusal') return this.#events.delta('response.refusal.delta', part.place, text);
    const type = 'response.output_text.delta';
    if (logprobs === undefined) return this.#events.delta(type, part.place, text, ',"logprobs":[]');
    const said = itemsOf(isJsonObject(logprobs) ? logprobs.content : undefined);
    part.logprobs.push(...said);
    return this.#events.delta(type, part.place, text, `,"logprobs":${JSON.stringify(said)}`);
  }

  /** Takes a source of the open part. Claude names those of a passage before it, without saying where they belong. */
  cite(citation: Citation): void {
    this.#part?.pending.push(citation);
  }

  /** Writes the sources whose place in the text is known. */
  citeWhatEnds(): string {
    const part = this.#part;
    if (part === undefined) return '';
    const known = part.pending.filter(({ end }) => end !== undefined);
    part.pending = part.pending.filter(({ end }) => end === undefined);
    return known.map((citation) => this.#annotate(part, citation)).join('');
  }

  #citePassage(part: OpenPart): string {
    const cited = part.pending.map((citation) => this.#annotate(part, citation));
    part.pending = [];
    return cited.join('');
  }

  #annotate(part: OpenPart, citation: Citation): string {
    const annotation = writeAnnotation(citation, { start: part.passage, end: part.text.length });
    if (annotation === undefined) return '';
    const index = part.annotations.push(annotation) - 1;
    const members = { ...this.#place(), annotation_index: index, annotation };
    return this.#events.write('response.output_text.annotation.added', members);
  }

  closePart(): string {
    const part = this.#part;
    if (part === undefined) return '';
    const at = this.#place();
    const cited = this.#citePassage(part);
    const said = part.isSaid ? '' : this.#say(part, at);
    const written = partOf(part);
    this.#parts.push(written);
    this.#part = undefined;
    return cited + said + this.#events.write('response.content_part.done', { ...at, part: written });
  }

  /** The message as it is now, without the part that is open. */
  item(status: string): JsonObject {
    return { id: this.#id, type: 'message', status, content: [...this.#parts], role: 'assistant' };
  }

  #say({ kind, text, logprobs }: OpenPart, at: JsonObject): string {
    return kind === 'refusal'
      ? this.#events.write('response.refusal.done', { ...at, refusal: text })
      : this.#events.write('response.output_text.done', { ...at, text, logprobs });
  }

  #newPart(kind: PartKind): OpenPart {
    const id = JSON.stringify(this.#id);
    const place = `,"item_id":${id},"output_index":${this.index},"content_index":${this.#parts.length}`;
    return { kind, annotations: [], pending: [], passage: 0, logprobs: [], place, text: '', isSaid: false };
  }

  #place(): JsonObject {
    return { item_id: this.#id, output_index: this.index, content_index: this.#parts.length };
  }
}

function partOf({ kind, text, annotations, logprobs }: OpenPart): JsonObject {
  return kind === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: [...annotations], logprobs: [...logprobs], text };
}
