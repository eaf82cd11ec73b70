/** Reads as whom a deployment calls a provider that takes tokens in place of keys. */
import { defined } from '../core/defined.ts';
import type { ConfiguredIdentity, KnownProvider } from './known-providers.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Section } from './section.ts';
import type { PARAMS } from './settings/model-list.ts';

/** Settings that ask for tokens by themselves. */
const NAMES_IDENTITY = ['azure_ad_token', 'tenant_id', 'client_id', 'client_secret', 'azure_username'] as const;

/**
 * The key or the identity of a deployment. What its entry says wins over what holds for all, and a key over an identity; a token
 * wins over what tokens would be fetched with.
 */
export function credentialOf(
  params: Section<typeof PARAMS.rows>,
  { identityVariables }: KnownProvider,
  { apiKey, usualKey }: { readonly apiKey: string | undefined; readonly usualKey: string | undefined },
  context: ReadingContext,
): { readonly apiKey?: string; readonly identity?: ConfiguredIdentity } {
  if (apiKey !== undefined) return { apiKey };
  const isNamed = identityVariables !== undefined && NAMES_IDENTITY.some((name) => params.has(name));
  if (!isNamed && usualKey !== undefined) return { apiKey: usualKey };
  if (identityVariables === undefined) return {};
  const written = writtenIdentity(params);
  const identity: Record<string, string> = {};
  for (const [field, variable] of Object.entries(identityVariables)) {
    // A token of the environment is for deployments that say nothing of their own.
    const inEnvironment = field === 'token' && isNamed ? undefined : context.variable(variable);
    const value = written[field as keyof ConfiguredIdentity] ?? inEnvironment;
    if (value !== undefined) identity[field] = value;
  }
  const { token, tenantId, clientId, clientSecret, userName, userPassword } = identity as ConfiguredIdentity;
  if (token !== undefined) return { identity: { token } };
  const hasSecret = clientSecret !== undefined || (userName !== undefined && userPassword !== undefined);
  if (tenantId !== undefined && clientId !== undefined && hasSecret) return { identity };
  if (isNamed) {
    const message =
      'tokens of Microsoft Entra ID need tenant_id, client_id and client_secret, or azure_username and azure_password in place of the secret';
    context.findings.add('error', 'missing-key', params.placeOf(nameOf(params)), message);
  }
  return {};
}

function writtenIdentity(params: Section<typeof PARAMS.rows>): ConfiguredIdentity {
  return defined({
    token: params.get('azure_ad_token'),
    tenantId: params.get('tenant_id'),
    clientId: params.get('client_id'),
    clientSecret: params.get('client_secret'),
    userName: params.get('azure_username'),
    userPassword: params.get('azure_password'),
    scope: params.get('azure_scope'),
  });
}

const nameOf = (params: Section<typeof PARAMS.rows>): string =>
  NAMES_IDENTITY.find((name) => params.has(name)) ?? 'model';
