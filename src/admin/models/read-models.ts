/** Reads models of the API as a file's `model_list` is read. */
import type { DeploymentConfig } from '../../config/gateway-config.ts';
import { loadConfig } from '../../config/load.ts';
import type { ProviderAddresses } from '../../config/provider-environment.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { providers } from '../../providers/index.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';
import type { Seal } from '../../tenancy/seal.ts';
import { CredentialError, type UsableCredentials, withCredential } from '../credentials/usable.ts';
import { modelEntry } from './sealed.ts';

/** Models that can be served, and why others cannot. */
interface ModelsRead {
  readonly deployments: readonly DeploymentConfig[];
  /** By the id of the model, in words without secrets. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What models are read with. */
interface Reading {
  /** What the environment of the gateway says of the addresses of providers. */
  readonly addresses: ProviderAddresses;
  readonly credentials: UsableCredentials;
}

/** Reads stored models. A wrong one does not prevent the others from being served. */
export function readStoredModels(models: readonly StoredModel[], seal: Seal, reading: Reading): ModelsRead {
  const deployments: DeploymentConfig[] = [];
  const refused = new Map<string, string>();
  for (const model of models) {
    if (model.blocked) continue;
    try {
      const entry = modelEntry(model, { unseal: (sealed, place) => seal.unseal(sealed, place) });
      const read = readModel(entry, reading);
      const [problem] = read.problems;
      if (problem === undefined) deployments.push(...read.deployments);
      else refused.set(model.id, problem);
    } catch (error) {
      refused.set(model.id, error instanceof Error ? error.message : 'it cannot be read');
    }
  }
  return { deployments, refused };
}

/** One entry, and what is wrong with it, in words: nothing if it can be served. */
interface ModelRead {
  readonly deployments: readonly DeploymentConfig[];
  readonly problems: readonly string[];
}

/**
 * Without an environment: text from the API means itself. One that could name any variable of the process would hand its secrets to
 * whatever address the caller writes beside it. Only where the environment says that providers are holds for them too.
 */
export function readModel(entry: JsonObject, { addresses, credentials }: Reading): ModelRead {
  let whole: ReturnType<typeof withCredential>;
  try {
    whole = withCredential(entry, credentials);
  } catch (error) {
    if (error instanceof CredentialError) return { deployments: [], problems: [error.message] };
    throw error;
  }
  const { config, findings } = loadConfig({
    files: ['(model)'],
    env: {},
    knownProviders: providers,
    addresses,
    readFile: () => JSON.stringify({ model_list: [withoutSecondName(whole.entry)] }),
  });
  const errors = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (errors.length > 0 || config === undefined) {
    return { deployments: [], problems: errors.length > 0 ? errors : ['The model cannot be read.'] };
  }
  const { deployments } = config;
  if (whole.provider !== undefined && deployments.some(({ provider }) => provider !== whole.provider)) {
    return {
      deployments: [],
      problems: [`The credential that the model names is for the provider ${whole.provider}, not for the model's.`],
    };
  }
  return { deployments, problems: [] };
}

/** A file may name a credential among the facts of a model; of the API, only the parameters are checked for whose it is. */
function withoutSecondName(entry: JsonObject): JsonObject {
  const { model_info: info } = entry;
  if (!isJsonObject(info) || info.litellm_credential_name === undefined) return entry;
  const { litellm_credential_name: _name, ...facts } = info;
  return { ...entry, model_info: facts };
}
