import type { Exchange } from '../exchange/exchange.ts';
import type { ProviderOperation } from '../providers/provider.ts';

const NONE: readonly string[] = [];

/** Headers of the client that a provider of the same format is handed, names and values in turn. */
export function forwardedHeaders(exchange: Exchange, operation: ProviderOperation): readonly string[] {
  if (operation.forwardHeaders === undefined || operation.format !== exchange.endpoint.format) return NONE;
  const headers: string[] = [];
  for (const name of operation.forwardHeaders) {
    const value = exchange.client.headers[name];
    if (typeof value === 'string') headers.push(name, value);
  }
  return headers;
}
