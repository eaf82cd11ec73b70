import { pathSegment, pathWithQuery, splitBaseUrl } from '../base-url.ts';
import { classifyBy } from '../failure.ts';
import { familyBudgetMembers } from '../openai-compatible/budget-members.ts';
import { FAMILY_FAILURES } from '../openai-compatible/errors.ts';
import { bearer, jsonHeaders, withoutLimit } from '../openai-compatible/index.ts';
import { isCompletionModel, openAiModelRules, openAiResponseRules } from '../openai-compatible/reasoning-models.ts';
import { OPENAI_TOOL_LIMITS } from '../openai-compatible/tool-limits.ts';
import type { ParameterRules, Provider, ProviderOperation, Target } from '../provider.ts';
import { AZURE_FAILURES } from './errors.ts';
import { entraToken } from './identity.ts';

/** The last dated version of the API; its successor `/openai/v1` needs none. https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (2026-11-23) */
const LAST_DATED_VERSION = '2025-04-01-preview';
const ENDINGS: readonly string[] = [
  '/chat/completions',
  '/responses/compact',
  '/responses',
  '/completions',
  '/embeddings',
];

const OPERATIONS = {
  'openai-chat': 'chat',
  'openai-responses': 'response',
  'openai-completions': 'completion',
  'openai-embeddings': 'embedding',
} as const;

/**
 * Azure OpenAI. The model is the name of a deployment and is part of the path: `/openai/deployments/NAME/chat/completions`. An
 * `api_base` that ends in `/openai/v1` means the newer API, where the model is in the body and no version is needed.
 */
export const azure: Provider = {
  name: 'azure',
  aliases: ['azure_text'],
  title: 'Azure',
  keyVariables: ['AZURE_API_KEY', 'AZURE_OPENAI_API_KEY'],
  baseUrlVariables: ['AZURE_API_BASE', 'AZURE_OPENAI_ENDPOINT'],
  // As in azure-identity, which LiteLLM uses: https://learn.microsoft.com/python/api/azure-identity/azure.identity.environmentcredential (2026-11-29).
  identityVariables: {
    tenantId: 'AZURE_TENANT_ID',
    clientId: 'AZURE_CLIENT_ID',
    clientSecret: 'AZURE_CLIENT_SECRET',
    userName: 'AZURE_USERNAME',
    userPassword: 'AZURE_PASSWORD',
    scope: 'AZURE_SCOPE',
    authority: 'AZURE_AUTHORITY_HOST',
    token: 'AZURE_AD_TOKEN',
  },
  tokenRequest: entraToken,
  operations: {
    chat: {
      ...deploymentOperation('openai-chat', '/chat/completions', openAiModelRules),
      toolLimits: () => OPENAI_TOOL_LIMITS,
      writesCallsWell: () => true,
    },
    response: deploymentOperation('openai-responses', '/responses', openAiResponseRules),
    // https://learn.microsoft.com/azure/foundry/reference/rest/compactconversation (2026-11-29): of the newer API alone.
    compact: {
      ...deploymentOperation('openai-responses', '/responses/compact'),
      budgetMembers: familyBudgetMembers('compact'),
      isAt: (baseUrl) => isVersionOne(splitBaseUrl(baseUrl, ENDINGS).path),
      mustTranslate: withoutLimit,
    },
    completion: { ...deploymentOperation('openai-completions', '/completions'), serves: isCompletionModel },
    embedding: deploymentOperation('openai-embeddings', '/embeddings'),
  },
  classify: classifyBy('Azure', [...AZURE_FAILURES, ...FAMILY_FAILURES]),
  source: 'https://learn.microsoft.com/azure/foundry/openai/reference (2026-11-23)',
};

function deploymentOperation(
  format: keyof typeof OPERATIONS,
  path: string,
  rules: (model: string) => ParameterRules = () => ({}),
): ProviderOperation {
  return {
    format,
    rules,
    budgetMembers: familyBudgetMembers(OPERATIONS[format], { searchTools: /^web_search(?:_preview(?:_\d+)*)?$/ }),
    ...(format === 'openai-chat' || format === 'openai-completions' ? { streamUsage: 'ask' } : {}),
    call(target, { stream }) {
      const base = splitBaseUrl(target.baseUrl, ENDINGS);
      const isNewer = isVersionOne(base.path);
      if (target.apiVersion !== undefined) base.query.set('api-version', target.apiVersion);
      else if (!isNewer && !base.query.has('api-version')) base.query.set('api-version', LAST_DATED_VERSION);
      return {
        origin: base.origin,
        path: pathWithQuery(`${isNewer ? base.path : datedPath(base.path, target, format)}${path}`, base.query),
        headers: { ...jsonHeaders(stream), ...credential(target) },
      };
    },
  };
}

const isVersionOne = (path: string): boolean => /\/openai\/v1$/.test(path);

/** The path up to the deployment, whether or not `api_base` has a part of it already. Responses name it in the body. */
function datedPath(basePath: string, { model }: Target, format: keyof typeof OPERATIONS): string {
  if (format === 'openai-responses') return `${basePath.replace(/\/openai(?:\/deployments(?:\/[^/]+)?)?$/, '')}/openai`;
  if (/\/openai\/deployments\/[^/]+$/.test(basePath)) return basePath;
  const root = basePath.replace(/\/openai(?:\/deployments)?$/, '');
  return `${root}/openai/deployments/${pathSegment(model)}`;
}

/** A token of Microsoft Entra ID (a JSON Web Token) goes as a bearer, a key of the resource as `api-key`. */
function credential({ apiKey, token }: Target): Readonly<Record<string, string>> {
  if (token !== undefined) return bearer(token);
  const key = apiKey?.trim();
  if (key === undefined || key === '') return {};
  return /^eyJ[\w-]+\.[\w-]+\./.test(key) ? bearer(key) : { 'api-key': key };
}
