import { GatewayError } from '../core/errors.ts';

/** Header names that may carry the gateway's key, in lower case. */
const KEY_HEADERS = [
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-litellm-api-key',
  'ocp-apim-subscription-key',
] as const;

/**
 * The key that a request carries, in any header that client libraries use. All restrictions depend on the key, none on
 * the header. Throws `missing_key` if there is none, and `conflicting_keys` if two headers carry different keys:
 * choosing either would let a caller act under one key and appear under another.
 */
export function readCredential(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  keyHeaderName: string | undefined,
): string {
  let found: string | undefined;
  const take = (value: string | string[] | undefined): void => {
    if (value === undefined || value === '') return;
    const text = typeof value === 'string' ? value : value.join(',');
    const key = stripScheme(text);
    if (key === '') return;
    if (found !== undefined && found !== key) {
      throw new GatewayError(
        'conflicting_keys',
        'Authentication Error, two headers carry different keys. Send the key once, in `Authorization: Bearer …`.',
      );
    }
    found = key;
  };
  take(headers.authorization);
  for (const name of KEY_HEADERS) {
    if (headers[name] !== undefined) take(headers[name]);
  }
  if (keyHeaderName !== undefined) take(headers[keyHeaderName]);
  if (found === undefined) {
    throw new GatewayError(
      'missing_key',
      'Authentication Error, No api key passed in. Send it as `Authorization: Bearer …`, `x-api-key` or `api-key`.',
    );
  }
  return found;
}

function stripScheme(value: string): string {
  const text = value.trim();
  if (text.length > 7 && text[6] === ' ' && text.slice(0, 6).toLowerCase() === 'bearer') return text.slice(7).trim();
  return text.toLowerCase() === 'bearer' ? '' : text;
}
