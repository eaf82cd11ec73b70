import { ownValue } from '../core/own-value.ts';
import type { ProviderOperation } from '../providers/provider.ts';
import type { LaneRequest } from './lane-request.ts';

const NONE: readonly string[] = [];

/** Headers of the client that a provider of the same format is handed, names and values in turn. */
export function forwardedHeaders(request: LaneRequest, operation: ProviderOperation): readonly string[] {
  if (operation.forwardHeaders === undefined || operation.format !== request.endpoint.format) return NONE;
  const headers: string[] = [];
  for (const name of operation.forwardHeaders) {
    const value = ownValue(request.client.headers, name);
    if (typeof value === 'string') headers.push(name, value);
  }
  return headers;
}
