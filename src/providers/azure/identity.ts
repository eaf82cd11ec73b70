import { isJsonObject } from '../../core/json.ts';
import type { Identity, TokenRequest } from '../provider.ts';

/** https://learn.microsoft.com/azure/developer/intro/authentication-environment-variables (2026-11-29). */
const PUBLIC_AUTHORITY = 'https://login.microsoftonline.com';
/** https://learn.microsoft.com/azure/foundry/openai/how-to/managed-identity (2026-11-29). */
const DEFAULT_SCOPE = 'https://cognitiveservices.azure.com/.default';

/**
 * Where a token of Microsoft Entra ID comes from: by the secret of an application, or the password of a user. Undefined if a part
 * of it is missing. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow (2026-11-29)
 */
export function entraToken(identity: Identity): TokenRequest | undefined {
  const { tenantId, clientId, clientSecret, userName, userPassword } = identity;
  if (tenantId === undefined || clientId === undefined) return undefined;
  const form = new URLSearchParams({ client_id: clientId, scope: identity.scope ?? DEFAULT_SCOPE });
  if (clientSecret !== undefined) {
    form.set('grant_type', 'client_credentials');
    form.set('client_secret', clientSecret);
  } else if (userName !== undefined && userPassword !== undefined) {
    form.set('grant_type', 'password');
    form.set('username', userName);
    form.set('password', userPassword);
  } else return undefined;
  const written = (identity.authority ?? PUBLIC_AUTHORITY).replace(/\/+$/, '');
  const authority = written.includes('://') ? written : `https://${written}`;
  return {
    title: 'Microsoft Entra ID',
    url: `${authority}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    form: form.toString(),
    read(answer) {
      if (!isJsonObject(answer)) return undefined;
      const { access_token: token, expires_in: lifetime } = answer;
      const seconds = Number(lifetime);
      if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || !(seconds > 0)) return undefined;
      return { token, lifetimeMs: seconds * 1_000 };
    },
    readError: (answer) => (isJsonObject(answer) && typeof answer.error === 'string' ? answer.error : undefined),
  };
}
