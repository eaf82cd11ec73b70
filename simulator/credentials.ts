import type { IncomingHttpHeaders } from 'node:http';
import { Refused } from './formats/errors.ts';
import type { Family } from './sending/reply.ts';

/** Refuses a request without a good key in the header that its provider reads, in the provider's own words. */
export function checkKey(
  family: Family,
  isAzure: boolean,
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  keys: readonly string[] | undefined,
  isListOfModels = false,
): void {
  const key = keyOf(family, isAzure, headers, query, isListOfModels);
  const isGood =
    key !== undefined && key !== '' && (keys === undefined ? !/^(sk-)?invalid/.test(key) : keys.includes(key));
  if (!isGood) throw refusal(family, isAzure, key);
}

/** Whose prompts share a cache: everybody's with the same key. */
export function organisationOf(
  family: Family,
  isAzure: boolean,
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
): string {
  return keyOf(family, isAzure, headers, query, false) ?? '';
}

function keyOf(
  family: Family,
  isAzure: boolean,
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
  isListOfModels: boolean,
): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  switch (family) {
    case 'openai':
    case 'responses':
      // The list of models is the same path for clients of OpenAI, Anthropic and Gemini, each with its own header.
      if (isListOfModels) return bearer ?? headerOf(headers, 'x-api-key') ?? headerOf(headers, 'x-goog-api-key');
      return isAzure ? (headerOf(headers, 'api-key') ?? bearer) : bearer;
    case 'anthropic':
      return headerOf(headers, 'x-api-key') ?? bearer;
    case 'gemini':
      return headerOf(headers, 'x-goog-api-key') ?? query.get('key') ?? bearer;
  }
}

const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

function refusal(family: Family, isAzure: boolean, key: string | undefined): Refused {
  const problem = { status: 401, kind: 'unauthorized' as const };
  switch (family) {
    case 'openai':
    case 'responses':
      if (isAzure) {
        const message =
          'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.';
        return new Refused({ ...problem, message, code: '401' });
      }
      return key === undefined || key === ''
        ? new Refused({
            ...problem,
            message:
              "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.",
          })
        : new Refused({
            ...problem,
            message: `Incorrect API key provided: ${masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
            code: 'invalid_api_key',
          });
    case 'anthropic':
      return new Refused({
        ...problem,
        message: key === undefined ? 'x-api-key header is required' : 'invalid x-api-key',
      });
    case 'gemini':
      if (key === undefined || key === '') {
        const message =
          "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
        return new Refused({ status: 403, kind: 'forbidden', message });
      }
      return new Refused({
        status: 400,
        kind: 'invalid',
        message: 'API key not valid. Please pass a valid API key.',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
        ],
      });
  }
}

const masked = (key: string): string =>
  key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 4)}****${key.slice(-4)}`;
