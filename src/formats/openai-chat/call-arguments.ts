import { isJsonObject, type JsonValue } from '../../core/json.ts';

/** The arguments of a call as text; some servers send the object itself. */
export function readCallArguments(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? JSON.stringify(value) : '';
}
