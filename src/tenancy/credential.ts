import { GatewayError } from '../core/errors.ts';

/** Header names that may carry the gateway's key, in lower case. */
const KEY_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-litellm-api-key',
  'ocp-apim-subscription-key',
]);

/**
 * Query parameters by which client libraries send a key. They are compared, and accepted on Google's routes alone, because logs on
 * the way contain addresses.
 */
const KEY_PARAMETERS: ReadonlySet<string> = new Set([
  'key',
  'api_key',
  'api-key',
  'apikey',
  'access_token',
  'subscription-key',
]);

/** What a request carries its key in. */
export interface CredentialSources {
  /** Names and values in turn, as they were received: parsed headers keep only the first of two `Authorization` headers. */
  readonly rawHeaders: readonly string[];
  /** The query of the address, if it can carry a key. */
  readonly query?: string | undefined;
  /** Google's clients may send the key as `key` in the address, on Google's routes. */
  readonly takesQueryKey?: boolean;
}

/**
 * The key that a request carries, in any header that client libraries use. All restrictions depend on the key, none on
 * the header. Throws `missing_key` if there is none, and `conflicting_keys` if the request carries two different keys, in
 * two headers, in one header sent twice, or in a header and the address: choosing one would let a caller act under one
 * key and appear under another.
 */
export function readCredential(
  { rawHeaders, query, takesQueryKey }: CredentialSources,
  keyHeaderName: string | undefined,
): string {
  let found: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (!KEY_HEADERS.has(name) && name !== keyHeaderName) continue;
    const key = stripScheme(rawHeaders[index + 1] as string);
    if (key === '') continue;
    if (found !== undefined && found !== key) throw conflict();
    found = key;
  }
  if (query !== undefined && query !== '') {
    for (const [name, value] of new URLSearchParams(query)) {
      if (!KEY_PARAMETERS.has(name.toLowerCase()) || value === '') continue;
      if (found !== undefined && value !== found) throw conflict();
      if (takesQueryKey === true && name === 'key') found = value;
    }
  }
  if (found === undefined) {
    throw new GatewayError(
      'missing_key',
      'Authentication Error, No api key passed in. Send it as `Authorization: Bearer …`, `x-api-key` or `api-key`.',
    );
  }
  return found;
}

function conflict(): GatewayError {
  return new GatewayError(
    'conflicting_keys',
    'Authentication Error, the request carries different keys. Send the key once, in `Authorization: Bearer …`.',
  );
}

function stripScheme(value: string): string {
  const text = value.trim();
  if (text.length > 7 && text[6] === ' ' && text.slice(0, 6).toLowerCase() === 'bearer') return text.slice(7).trim();
  return text.toLowerCase() === 'bearer' ? '' : text;
}
