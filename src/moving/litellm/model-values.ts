/** What models and credentials of LiteLLM have in common: encrypted values, and references to variables. */

import type { Sealing } from '../../admin/models/sealed.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Seal } from '../../tenancy/seal.ts';
import type { Note } from './convert.ts';
import { type LitellmCipher, openAll } from './encrypted.ts';
import { RefusedRow } from './row.ts';

/** What models are read with. */
export interface ModelKeys {
  /** Undefined: no salt key was given. */
  readonly cipher: LitellmCipher | undefined;
  readonly seal: Seal;
  /** Where `os.environ/NAME` is looked up, as LiteLLM does each time it calls the model. */
  readonly env: NodeJS.ProcessEnv;
  /** Rows of stored credentials, still encrypted, by their names. */
  readonly credentials: ReadonlyMap<string, JsonObject>;
  /** Names of the credentials that are here as this run or an earlier one of the source made them: models can name these. */
  readonly imported: ReadonlySet<string>;
}

/** Seals for here. */
export function sealingOf({ seal }: ModelKeys): Sealing {
  return {
    seal: (text, place) => seal.seal(text, place),
    unseal: (text, place) => seal.unseal(text, place),
  };
}

/** Decrypted values without those that are null. Throws a RefusedRow if one does not open. */
export function openedValues(values: JsonObject, { cipher }: ModelKeys): JsonObject {
  const { values: open, closed } = openAll(values, cipher);
  if (closed.length === 0) return withoutNulls(open);
  const names = closed.join(', ');
  throw new RefusedRow(
    cipher === undefined
      ? `is encrypted (${names}): give the salt key`
      : `has ${names} that the salt key does not open`,
  );
}

const REFERENCE = 'os.environ/';

/** Variables by their values: what is stored here names none. */
export function resolved(params: JsonObject, env: NodeJS.ProcessEnv, note: Note): JsonObject {
  const entries = Object.entries(params).map(([name, value]): [string, JsonValue | undefined] => {
    if (typeof value !== 'string' || !value.startsWith(REFERENCE)) return [name, value];
    const variable = value.slice(REFERENCE.length);
    const found = env[variable];
    if (!found) throw new RefusedRow(`has its ${name} in the variable ${variable}, which is not set here`);
    note(`its ${name} was read from the variable ${variable}`);
    return [name, found];
  });
  return Object.fromEntries(entries);
}

/** The members that are not null. */
export function withoutNulls(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
