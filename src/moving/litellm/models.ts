/** LiteLLM's stored models: decrypted, checked as a file's would be, and sealed again for here. */

import { readStoredModels } from '../../admin/models/read-models.ts';
import { addressOf, sealParams } from '../../admin/models/sealed.ts';
import { providerAddresses } from '../../config/provider-environment.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { providers } from '../../providers/index.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';
import type { ForeignTables } from '../../stores/contracts/foreign-tables.ts';
import type { Seal } from '../../tenancy/seal.ts';
import type { Known, Note } from './convert.ts';
import { type LitellmCipher, looksEncrypted, openAll } from './encrypted.ts';
import { idOf, isEmpty, objectIn, RefusedRow, timeOf } from './row.ts';

/** What models are read with. */
export interface ModelKeys {
  /** Undefined: no salt key was given. */
  readonly cipher: LitellmCipher | undefined;
  readonly seal: Seal;
  /** Where `os.environ/NAME` is looked up, as LiteLLM does each time it calls the model. */
  readonly env: NodeJS.ProcessEnv;
  /** Values of stored credentials, still encrypted, by their names. */
  readonly credentials: ReadonlyMap<string, JsonObject>;
}

/** The salt key opens nothing of what is stored. */
class WrongSaltKeyError extends Error {
  override readonly name = 'WrongSaltKeyError';
  constructor() {
    super(
      'The salt key does not open the models and credentials of this database. Give the LITELLM_SALT_KEY that LiteLLM ran with, or its ' +
        'master key if it had none. Nothing was imported.',
    );
  }
}

/** Throws a WrongSaltKeyError if values are encrypted and none of them opens. */
export async function checkSaltKey(source: ForeignTables, cipher: LitellmCipher): Promise<void> {
  let closed = 0;
  for (const [table, column] of ENCRYPTED) {
    for await (const rows of source.rows(table)) {
      for (const row of rows) {
        const texts = Object.values(objectIn(row[column])).filter((value) => typeof value === 'string');
        for (const text of texts.filter(looksEncrypted)) {
          if (cipher.open(text) !== undefined) return;
          closed += 1;
        }
      }
    }
  }
  if (closed > 0) throw new WrongSaltKeyError();
}

const ENCRYPTED = [
  ['LiteLLM_ProxyModelTable', 'litellm_params'],
  ['LiteLLM_CredentialsTable', 'credential_values'],
] as const;

/** Stored credentials by their names, as they are stored. */
export async function readCredentials(source: ForeignTables): Promise<ReadonlyMap<string, JsonObject>> {
  const credentials = new Map<string, JsonObject>();
  for await (const rows of source.rows('LiteLLM_CredentialsTable')) {
    for (const row of rows) {
      if (typeof row.credential_name === 'string')
        credentials.set(row.credential_name, objectIn(row.credential_values));
    }
  }
  return credentials;
}

/** A row of `LiteLLM_ProxyModelTable`. */
export function modelOf(row: JsonObject, known: Known, note: Note, keys: ModelKeys): StoredModel {
  const id = idOf(row, 'model_id');
  const info = objectIn(row.model_info);
  if (!isEmpty(info.team_id)) throw new RefusedRow('serves one team alone, which no model does here');
  const params = resolved(withCredential(opened(objectIn(row.litellm_params), keys), keys), keys.env, note);
  const sealing = {
    seal: (text: string, place: string) => keys.seal.seal(text, place),
    unseal: (text: string, place: string) => keys.seal.unseal(text, place),
  };
  const createdAtMs = timeOf(row.created_at) ?? known.nowMs;
  const model: StoredModel = {
    id,
    modelName: idOf(row, 'model_name'),
    litellmParams: sealParams(params, id, sealing, addressOf(id, params, sealing)),
    modelInfo: { ...withoutNulls(info), id },
    blocked: row.blocked === true,
    createdAtMs,
    updatedAtMs: timeOf(row.updated_at) ?? createdAtMs,
    metadata: {},
    further: {},
  };
  const reading = { addresses: providerAddresses(providers, keys.env), credentials: new Map() };
  const reason = readStoredModels([{ ...model, blocked: false }], keys.seal, reading).refused.get(id);
  if (reason !== undefined) throw new RefusedRow(`cannot be served: ${reason.replace(/\.$/, '')}`);
  return model;
}

function opened(values: JsonObject, { cipher }: ModelKeys): JsonObject {
  const { values: open, closed } = openAll(values, cipher);
  if (closed.length === 0) return withoutNulls(open);
  const names = closed.join(', ');
  throw new RefusedRow(
    cipher === undefined
      ? `is encrypted (${names}): give the salt key`
      : `has ${names} that the salt key does not open`,
  );
}

function withCredential(params: JsonObject, keys: ModelKeys): JsonObject {
  const { litellm_credential_name: name, ...rest } = params;
  if (typeof name !== 'string' || name === '') return params;
  const values = keys.credentials.get(name);
  if (values === undefined) throw new RefusedRow(`names the credential ${name}, which is not stored`);
  return { ...opened(values, keys), ...rest };
}

const REFERENCE = 'os.environ/';

/** Variables by their values: a model that is stored here names none. */
function resolved(params: JsonObject, env: NodeJS.ProcessEnv, note: Note): JsonObject {
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

function withoutNulls(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
