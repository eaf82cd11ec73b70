import { GatewayError } from '../core/errors.ts';
import { readCredential } from '../tenancy/credential.ts';
import type { Identity } from '../tenancy/key-table.ts';
import type { Snapshot } from './snapshot.ts';

/** Whose key it is. Throws where there is none, two, an unknown or a blocked one. */
export function identify(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  snapshot: Snapshot,
): Identity {
  const key = readCredential(headers, snapshot.config.server.keyHeaderName);
  const identity = snapshot.keys.find(key);
  if (identity === undefined) {
    throw new GatewayError(
      'unknown_key',
      'Authentication Error, Invalid proxy server token passed. The key is not known here; check it, or ask the operator of this gateway for one.',
    );
  }
  if (identity.isBlocked) {
    throw new GatewayError(
      'blocked_key',
      'Authentication Error, Key is blocked. Ask the operator of this gateway to unblock it.',
    );
  }
  return identity;
}
