import { pathSegment, pathWithQuery, splitBaseUrl } from '../base-url.ts';
import { classifyBy } from '../failure.ts';
import { familyBudgetMembers } from '../openai-compatible/budget-members.ts';
import { FAMILY_FAILURES } from '../openai-compatible/errors.ts';
import { bearer, jsonHeaders } from '../openai-compatible/index.ts';
import { isCompletionModel, openAiModelRules } from '../openai-compatible/reasoning-models.ts';
import type { ParameterRules, Provider, ProviderOperation, Target } from '../provider.ts';
import { AZURE_FAILURES } from './errors.ts';

/** The last dated version of the API; its successor `/openai/v1` needs none. https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (2026-11-23) */
const LAST_DATED_VERSION = '2025-04-01-preview';
const ENDINGS: readonly string[] = ['/chat/completions', '/completions', '/embeddings'];

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
  operations: {
    chat: deploymentOperation('openai-chat', '/chat/completions', openAiModelRules),
    completion: { ...deploymentOperation('openai-completions', '/completions'), serves: isCompletionModel },
    embedding: deploymentOperation('openai-embeddings', '/embeddings'),
  },
  classify: classifyBy('Azure', [...AZURE_FAILURES, ...FAMILY_FAILURES]),
  source: 'https://learn.microsoft.com/azure/foundry/openai/reference (2026-11-23)',
};

function operationOf(format: ProviderOperation['format']): 'chat' | 'completion' | 'embedding' {
  if (format === 'openai-chat') return 'chat';
  return format === 'openai-completions' ? 'completion' : 'embedding';
}

function deploymentOperation(
  format: ProviderOperation['format'],
  path: string,
  rules: (model: string) => ParameterRules = () => ({}),
): ProviderOperation {
  return {
    format,
    rules,
    budgetMembers: familyBudgetMembers(operationOf(format), { searchTools: /^web_search(?:_preview(?:_\d+)*)?$/ }),
    ...(format === 'openai-embeddings' ? {} : { streamUsage: 'ask' }),
    call(target, { stream }) {
      const base = splitBaseUrl(target.baseUrl, ENDINGS);
      const isVersionOne = /\/openai\/v1$/.test(base.path);
      if (target.apiVersion !== undefined) base.query.set('api-version', target.apiVersion);
      else if (!isVersionOne && !base.query.has('api-version')) base.query.set('api-version', LAST_DATED_VERSION);
      return {
        origin: base.origin,
        path: pathWithQuery(`${isVersionOne ? base.path : deploymentPath(base.path, target)}${path}`, base.query),
        headers: { ...jsonHeaders(stream), ...credential(target) },
      };
    },
  };
}

/** The path up to the deployment, whether or not `api_base` has a part of it already. */
function deploymentPath(basePath: string, { model }: Target): string {
  if (/\/openai\/deployments\/[^/]+$/.test(basePath)) return basePath;
  const root = basePath.replace(/\/openai(?:\/deployments)?$/, '');
  return `${root}/openai/deployments/${pathSegment(model)}`;
}

/** A token of Microsoft Entra ID (a JSON Web Token) goes as a bearer, a key of the resource as `api-key`. */
function credential({ apiKey }: Target): Readonly<Record<string, string>> {
  const key = apiKey?.trim();
  if (key === undefined || key === '') return {};
  return /^eyJ[\w-]+\.[\w-]+\./.test(key) ? bearer(key) : { 'api-key': key };
}
