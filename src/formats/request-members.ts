import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';

/**
 * The members at the top of a request, as a fitting sees them: in the relay lane they are spans of bytes, of which only those are
 * parsed that are asked for; in the translate lane they are an object.
 */
export interface RequestMembers {
  /** The value; undefined if the member is absent. */
  get(name: string): JsonValue | undefined;
  /** How often a text stands in the value as a JSON string, as far as that is known without parsing it; many if it is not. */
  countOf(name: string, text: string): number;
  /** The first bytes of the value as text; undefined if that is not known without writing it. */
  beginOf(name: string): string | undefined;
  set(name: string, value: JsonValue): void;
  remove(name: string): void;
}

/** The members of an object, which is changed in place. */
export function membersOf(body: JsonObject): RequestMembers {
  return {
    get: (name) => ownValue(body, name),
    countOf: () => Number.POSITIVE_INFINITY,
    beginOf: () => undefined,
    set: (name, value) => setMember(body, name, value),
    remove: (name) => {
      Reflect.deleteProperty(body, name);
    },
  };
}
