/** Credentials as they are shown: secrets masked as LiteLLM masks them. */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { isToHide } from './sealed.ts';
import type { UsableCredential } from './usable.ts';

/** Of a shorter secret nothing is shown: its ends would be much of it. */
const SHORTEST_WITH_ENDS = 12;
const MASK = '*****';

/** In LiteLLM's names. A value that cannot be opened is missing. */
export function showMasked({ name, values, info }: Pick<UsableCredential, 'name' | 'values' | 'info'>): JsonObject {
  return { credential_name: name, credential_values: masked(values), credential_info: info };
}

function masked(values: JsonObject): JsonObject {
  const shown: JsonObject = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) setMember(shown, name, isToHide(name, value) ? mask(value) : inner(value));
  }
  return shown;
}

const inner = (value: JsonValue): JsonValue => (isJsonObject(value) ? masked(value) : value);

/** The first two characters and the last two, as in `sk****7c`. */
function mask(value: JsonValue): string {
  if (typeof value !== 'string' || value.length < SHORTEST_WITH_ENDS) return MASK;
  return `${value.slice(0, 2)}****${value.slice(-2)}`;
}
