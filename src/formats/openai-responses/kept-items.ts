/** Items that are kept: of conversations, and those that a request only refers to. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { sinceCompaction } from './compaction.ts';
import { inputItemsOf, outputAsInput } from './kept-request.ts';
import { readRequest } from './read-request.ts';

/** How the ids of items begin, in OpenAI's words. */
const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  compaction: 'cmp',
};

/** The id of an item; one with this ending if it has none. */
export function itemId(item: JsonObject, ending: () => string): string {
  if (typeof item.id === 'string' && ITEM_ID.test(item.id)) return item.id;
  const type = typeof item.type === 'string' ? item.type : 'message';
  return `${Object.hasOwn(PREFIXES, type) ? PREFIXES[type] : 'item'}_${ending()}`;
}

/** An id that can be asked for again. */
const ITEM_ID = /^[\w.:-]{1,256}$/;

/** The id that an item of the input refers to; undefined if it is an item itself. OpenAI's schema also allows one without `type`. */
export function referredId(item: JsonValue): string | undefined {
  if (!isJsonObject(item) || typeof item.id !== 'string') return undefined;
  const isBare = (item.type ?? undefined) === undefined && item.role === undefined;
  return isBare || item.type === 'item_reference' ? item.id : undefined;
}

/** The items of a list that a client sends; throws a FormatError if one of them is not an item. */
export function checkedItems(value: JsonValue | undefined, most: number): readonly JsonObject[] {
  if (!Array.isArray(value)) throw new FormatError('items', 'items: expected an array of items.');
  if (value.length > most) throw new FormatError('items', `items: at most ${most} can be added at once.`);
  for (const [index, item] of value.entries()) {
    if (isJsonObject(item) && referredId(item) === undefined) continue;
    throw new FormatError(`items[${index}]`, `items[${index}]: expected an item, such as a message.`);
  }
  // Its own words name the member where requests have their items.
  try {
    readRequest({ model: 'any', input: value });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(error.path.replace(/^input/, 'items'), error.message.replaceAll('input[', 'items['));
  }
  return value as JsonObject[];
}

/** What a turn adds to its conversation: its own input behind the first items, and its answer. */
export function itemsOfTurn(input: readonly JsonValue[], response: JsonObject): readonly JsonObject[] {
  const output = Array.isArray(response.output) ? response.output : [];
  return [...input, ...output].filter(isJsonObject);
}

/** The ids under which a later request may refer to the items of a response. */
export function idsOfItems(items: readonly JsonValue[]): readonly string[] {
  return items.flatMap((item) =>
    isJsonObject(item) && typeof item.id === 'string' && ITEM_ID.test(item.id) ? [item.id] : [],
  );
}

/** Items as a later request may hold them. */
export function asInput(items: readonly JsonValue[]): readonly JsonValue[] {
  return sinceCompaction(outputAsInput({ output: [...items] }));
}

/** The items of a request's input, each as it is or, if it refers to another, as `resolve` gives it: undefined leaves it out. */
export function resolvedInput(asked: JsonObject, resolve: (id: string) => JsonValue | undefined): readonly JsonValue[] {
  return inputItemsOf(asked).flatMap((item) => {
    const id = referredId(item);
    if (id === undefined) return [item];
    const found = resolve(id);
    return found === undefined ? [] : [found];
  });
}

/** The members of an item's object that OpenAI's answers have for pairs of text. */
const MOST_PAIRS = 16;
const MOST_KEY = 64;
const MOST_VALUE = 512;

/** The metadata that a client sends, checked as OpenAI does; throws a FormatError. */
export function checkedMetadata(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw new FormatError('metadata', 'metadata: expected an object.');
  const pairs = Object.entries(value);
  if (pairs.length > MOST_PAIRS) throw new FormatError('metadata', `metadata: at most ${MOST_PAIRS} pairs are kept.`);
  for (const [key, text] of pairs) {
    if (typeof text !== 'string') throw new FormatError('metadata', 'metadata: every value must be a string.');
    if (key.length > MOST_KEY || text.length > MOST_VALUE) {
      const words = `metadata: a key may have ${MOST_KEY} characters, and a value ${MOST_VALUE}.`;
      throw new FormatError('metadata', words);
    }
  }
  return value;
}
