/** Whether the chunks of a stream belong to one answer. */
import { isJsonObject, type JsonObject, type JsonValue, stringOf } from '../../core/json.ts';
import { type Belonging, GenerationIds } from '../neutral/generation-ids.ts';

/** Watches the ids of one stream's chunks. With `n` some servers give every choice an id of its own. */
export class ChunkBelonging {
  readonly #choices = new Map<number, GenerationIds>();
  #latest: GenerationIds | undefined;

  /** Where this chunk belongs. After `unsure` the next chunk decides about both. */
  of(chunk: JsonObject): Belonging {
    const id = stringOf(chunk.id);
    const choice = Array.isArray(chunk.choices) ? chunk.choices.find(isJsonObject) : undefined;
    if (choice === undefined) return this.#latest?.take(id, false) ?? 'same';
    const index = typeof choice.index === 'number' ? choice.index : 0;
    let ids = this.#choices.get(index);
    if (ids === undefined) {
      ids = new GenerationIds();
      this.#choices.set(index, ids);
    }
    this.#latest = ids;
    return ids.take(id, saysSomething(choice));
  }
}

/** Whether a choice of a chunk holds a part of the answer, and not only its role, its end or empty members. */
function saysSomething(choice: JsonObject): boolean {
  if (isFilled(choice.text)) return true;
  const delta = isJsonObject(choice.delta) ? choice.delta : choice.message;
  if (!isJsonObject(delta)) return false;
  for (const name in delta) if (name !== 'role' && isFilled(delta[name])) return true;
  return false;
}

function isFilled(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value !== '';
  return Array.isArray(value) ? value.length > 0 : isJsonObject(value);
}
