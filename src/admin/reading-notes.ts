/**
 * What handlers read of requests, noted while they run on requests made for this (`describe-request.ts`). The notes travel with the
 * body under a symbol, which no client can send: JSON has none. A copy of the body by spread keeps it.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

const NOTES = Symbol('notes');

/** The fields of one object, or the parameters of a query, by name. */
export class ReadingNotes {
  readonly schemas = new Map<string, JsonObject>();
  readonly required = new Set<string>();
  readonly #inner = new Map<string, ReadingNotes>();

  /** Of several readings of a field the first that says something of its type counts. */
  note(name: string, schema: JsonObject): void {
    const known = this.schemas.get(name);
    if (known === undefined || Object.keys(known).length === 0) this.schemas.set(name, schema);
  }

  /** The notes of the objects in a field. */
  inner(name: string): ReadingNotes {
    let notes = this.#inner.get(name);
    if (notes === undefined) {
      notes = new ReadingNotes();
      this.#inner.set(name, notes);
    }
    return notes;
  }
}

/** A body whose readings are noted. */
export function notedBody(body: JsonObject, notes: ReadingNotes): JsonObject {
  return Object.assign({ ...body }, { [NOTES]: notes });
}

/** The notes of a body; undefined for what a client sent. */
export function notesOf(body: JsonValue | undefined): ReadingNotes | undefined {
  return isJsonObject(body) ? (body as { readonly [NOTES]?: ReadingNotes })[NOTES] : undefined;
}

/** A query whose readings are noted. */
export class NotedQuery extends URLSearchParams {
  readonly notes: ReadingNotes;

  constructor(sent: Readonly<Record<string, string>>, notes: ReadingNotes) {
    super(sent);
    this.notes = notes;
  }
}

/** Notes a parameter if the query is one for notes. */
export function noteParameter(query: URLSearchParams, name: string, schema: JsonObject): void {
  if (query instanceof NotedQuery) query.notes.note(name, schema);
}
