/** What models are called with, to show it or to make a credential of it. */
import { defined } from '../../core/defined.ts';
import { GatewayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { SealError } from '../../tenancy/seal.ts';
import { missingObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { modelEntry } from '../models/sealed.ts';
import { CredentialError, withCredential } from './usable.ts';

/** The parameters that LiteLLM takes for a model's credential, and those by which a key is replaced here. */
const CONNECTION: ReadonlySet<string> = new Set([
  'api_key',
  'api_base',
  'base_url',
  'api_version',
  'organization',
  'azure_ad_token',
  'tenant_id',
  'client_id',
  'client_secret',
  'azure_username',
  'azure_password',
  'azure_scope',
  'region_name',
  'vertex_project',
  'vertex_location',
  'vertex_credentials',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'aws_region_name',
  'watsonx_region_name',
]);

/** A model's connection. */
interface Connection {
  readonly modelName: string;
  readonly values: JsonObject;
  /** The provider at whose usual address the model is called. */
  readonly info: JsonObject;
}

/** The connection of a model of the API or of the file. Throws if there is no such model, or if its secrets do not open. */
export async function connectionOf({ context }: ManagementCall, id: string): Promise<Connection> {
  const served = context.config().deployments.find((deployment) => deployment.id === id);
  const model = await context.directory.get('model', id);
  const provider: JsonObject = served === undefined ? {} : { custom_llm_provider: served.provider };
  if (model !== undefined) {
    const { litellm_params: params } = opened(() =>
      withCredential(modelEntry(model, context), context.credentials()),
    ).entry;
    const values = Object.fromEntries(
      Object.entries(isJsonObject(params) ? params : {}).filter(([name]) => CONNECTION.has(name)),
    );
    return { modelName: model.modelName, values, info: provider };
  }
  if (served === undefined) throw missingObject('a model', 'model_id');
  const { group, apiKey, apiBase, apiVersion, organization } = served;
  const values: JsonObject = defined({
    api_key: apiKey,
    api_base: apiBase,
    api_version: apiVersion,
    organization,
  });
  return { modelName: group, values, info: provider };
}

function opened<Result>(open: () => Result): Result {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SealError || error instanceof CredentialError)) throw error;
    throw new GatewayError('invalid_request', error.message, { param: 'model_id' });
  }
}
