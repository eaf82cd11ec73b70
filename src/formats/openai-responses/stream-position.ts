/** The state of a stream of responses that breaks off: its items by number, with their texts so far, and the last number of an event. */
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import type { OpenItemPosition, StreamPosition } from '../format.ts';

/** One item that has begun. */
interface BegunItem {
  readonly index: number;
  readonly item: JsonObject;
  /** Finished parts. */
  readonly content: JsonObject[];
  readonly summary: JsonObject[];
  part: JsonObject | undefined;
  isSaid: boolean;
}

/** Reads the position after these events; each is the data of one. Data that is not JSON is skipped. */
export function readPosition(events: readonly string[]): StreamPosition {
  const reading = new PositionReader();
  for (const data of events) {
    const event = parse(data);
    if (event !== undefined) reading.read(event);
  }
  return reading.position();
}

class PositionReader {
  readonly #begun = new Map<number, BegunItem>();
  readonly #output: JsonObject[] = [];
  #nextSequence = 0;
  #hasStarted = false;
  #hasFinish = false;
  #hasToolCall = false;

  read(event: JsonObject): void {
    const { sequence_number: sequence, output_index: index } = event;
    // A number that JSON cannot write again is not a place to go on from.
    if (Number.isSafeInteger(sequence)) this.#nextSequence = Math.max(this.#nextSequence, Number(sequence) + 1);
    switch (event.type) {
      case 'response.created':
        this.#hasStarted = true;
        return;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        this.#hasFinish = true;
        return;
    }
    if (typeof index !== 'number' || !isItemNumber(index)) return;
    if (event.type === 'response.output_item.added') this.#begin(event, index);
    else if (event.type === 'response.output_item.done') this.#end(event, index);
    else {
      const begun = this.#begun.get(index);
      if (begun !== undefined) readPart(event, begun);
    }
  }

  position(): StreamPosition {
    const facts = { hasFinish: this.#hasFinish, hasToolCall: this.#hasToolCall };
    if (!this.#hasStarted) return facts;
    const open = [...this.#begun.values()].at(-1);
    return {
      ...facts,
      items: {
        nextSequence: this.#nextSequence,
        closed: this.#output,
        ...(open !== undefined && { open: openOf(open) }),
      },
    };
  }

  #begin({ item }: JsonObject, index: number): void {
    if (!isJsonObject(item)) return;
    // Whatever else an item is, it is the call of a tool: the client's, or one that the provider runs.
    this.#hasToolCall ||= item.type !== 'message' && item.type !== 'reasoning';
    const content = [...objectsOf(item.content)];
    this.#begun.set(index, {
      index,
      item,
      content,
      summary: [...objectsOf(item.summary)],
      part: undefined,
      isSaid: false,
    });
  }

  #end({ item }: JsonObject, index: number): void {
    const begun = this.#begun.get(index);
    this.#begun.delete(index);
    if (!isJsonObject(item)) return;
    this.#hasToolCall ||= item.type !== 'message' && item.type !== 'reasoning';
    // Some gateways give an item another id in every event; the client knows it by the first.
    this.#output[index] = begun?.item.id === undefined ? item : { ...item, id: begun.item.id };
  }
}

/** No answer has more items. The numbers are a provider's, and a list as long as one of them says could fill the memory. */
const MOST_ITEMS = 10_000;
const isItemNumber = (index: number): boolean => Number.isInteger(index) && index >= 0 && index < MOST_ITEMS;

function openOf({ index, item, content, summary, part, isSaid }: BegunItem): OpenItemPosition {
  return { index, item: { ...item, content, summary }, part, isSaid };
}

function readPart(event: JsonObject, begun: BegunItem): void {
  const delta = stringOf(event.delta) ?? '';
  switch (event.type) {
    case 'response.content_part.added':
    case 'response.reasoning_summary_part.added':
      begun.part = isJsonObject(event.part) ? event.part : {};
      begun.isSaid = false;
      return;
    case 'response.output_text.delta':
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      begun.part = longer(begun.part ?? { type: typeOf(event.type) }, 'text', delta, event.logprobs);
      return;
    case 'response.refusal.delta':
      begun.part = longer(begun.part ?? { type: 'refusal' }, 'refusal', delta, undefined);
      return;
    case 'response.output_text.annotation.added':
      if (!isJsonObject(event.annotation) || begun.part === undefined) return;
      begun.part = { ...begun.part, annotations: [...objectsOf(begun.part.annotations), event.annotation] };
      return;
    case 'response.output_text.done':
    case 'response.refusal.done':
    case 'response.reasoning_summary_text.done':
    case 'response.reasoning_text.done':
      begun.isSaid = true;
      return;
    case 'response.content_part.done':
    case 'response.reasoning_summary_part.done': {
      const list = event.type === 'response.content_part.done' ? begun.content : begun.summary;
      list.push(isJsonObject(event.part) ? event.part : (begun.part ?? {}));
      begun.part = undefined;
      begun.isSaid = false;
    }
  }
}

const typeOf = (delta: string): string =>
  delta === 'response.output_text.delta'
    ? 'output_text'
    : delta === 'response.reasoning_text.delta'
      ? 'reasoning_text'
      : 'summary_text';

function longer(part: JsonObject, member: string, text: string, logprobs: JsonValue | undefined): JsonObject {
  const said = objectsOf(logprobs);
  return {
    ...part,
    [member]: (stringOf(part[member]) ?? '') + text,
    ...(said.length > 0 && { logprobs: [...objectsOf(part.logprobs), ...said] }),
  };
}

function parse(data: string): JsonObject | undefined {
  try {
    const value = JSON.parse(data) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
