/** LiteLLM's stored models: decrypted, checked as a file's would be, and sealed again for here. */

import type { UsableCredential, UsableCredentials } from '../../admin/credentials/usable.ts';
import { readStoredModels } from '../../admin/models/read-models.ts';
import { addressOf, sealParams } from '../../admin/models/sealed.ts';
import { providerAddresses } from '../../config/provider-environment.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { groupedByTeam } from '../../core/team-models.ts';
import { providers } from '../../providers/index.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';
import type { ForeignTables } from '../../stores/contracts/foreign-tables.ts';
import type { Known, Note } from './convert.ts';
import { usableOf } from './credentials.ts';
import { type LitellmCipher, looksEncrypted } from './encrypted.ts';
import { type ModelKeys, openedValues, resolved, sealingOf, withoutNulls } from './model-values.ts';
import { idOf, objectIn, RefusedRow, timeOf } from './row.ts';

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

/** Rows of stored credentials by their names. */
export async function readCredentials(source: ForeignTables): Promise<ReadonlyMap<string, JsonObject>> {
  const credentials = new Map<string, JsonObject>();
  for await (const rows of source.rows('LiteLLM_CredentialsTable')) {
    for (const row of rows) {
      if (typeof row.credential_name === 'string') credentials.set(row.credential_name, row);
    }
  }
  return credentials;
}

/** A row of `LiteLLM_ProxyModelTable`. */
export function modelOf(row: JsonObject, known: Known, note: Note, keys: ModelKeys): StoredModel {
  const id = idOf(row, 'model_id');
  const info = objectIn(row.model_info);
  const own = resolved(openedValues(objectIn(row.litellm_params), keys), keys.env, note);
  const sealing = sealingOf(keys);
  const { group, modelInfo } = groupedByTeam(idOf(row, 'model_name'), { ...withoutNulls(info), id });
  if (group !== row.model_name && group.includes('*')) throw new RefusedRow('is of a team and has `*` in its name');
  const createdAtMs = timeOf(row.created_at) ?? known.nowMs;
  const withParams = (params: JsonObject): StoredModel => ({
    id,
    modelName: group,
    litellmParams: sealParams(params, id, sealing, addressOf(id, params, sealing)),
    modelInfo,
    blocked: row.blocked === true,
    createdAtMs,
    updatedAtMs: timeOf(row.updated_at) ?? createdAtMs,
    metadata: {},
    further: {},
  });
  const addresses = providerAddresses(providers, keys.env);
  const refusalOf = (model: StoredModel, credentials: UsableCredentials): string | undefined =>
    readStoredModels([{ ...model, blocked: false }], keys.seal, { addresses, credentials }).refused.get(id);
  const { litellm_credential_name: name } = own;
  const credential = credentialNamed(name, keys, note);
  if (credential !== undefined && keys.imported.has(credential.name)) {
    const naming = withParams(own);
    const reason = refusalOf(naming, new Map([[credential.name, credential]]));
    if (reason === undefined) return naming;
    note(`has the values of the credential ${credential.name} itself: ${reason.replace(/\.$/, '')}`);
  } else if (credential !== undefined) {
    note(`has the values of the credential ${credential.name} itself, which is not the one of that name here`);
  }
  const { litellm_credential_name: _, ...rest } = own;
  const model = withParams(credential === undefined ? own : { ...credential.values, ...rest });
  const reason = refusalOf(model, new Map());
  if (reason !== undefined) throw new RefusedRow(`cannot be served: ${reason.replace(/\.$/, '')}`);
  return model;
}

/**
 * The credential that a model names. A model goes on naming one that was imported with it, so that a new secret reaches it; where the
 * two may not be joined here, it gets the values themselves.
 */
function credentialNamed(name: JsonValue | undefined, keys: ModelKeys, note: Note): UsableCredential | undefined {
  if (typeof name !== 'string' || name === '') return undefined;
  const row = keys.credentials.get(name);
  if (row === undefined) throw new RefusedRow(`names the credential ${name}, which is not stored`);
  return usableOf(row, note, keys);
}
