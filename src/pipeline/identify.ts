import { GatewayError } from '../core/errors.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { DatabaseUnavailableError } from '../stores/contracts/directory.ts';
import { type CredentialSources, readCredential } from '../tenancy/credential.ts';
import { hashKey } from '../tenancy/hash-key.ts';
import type { Identity } from '../tenancy/identity.ts';
import type { Tenants } from '../tenancy/tenants.ts';
import { mayCallRoute, type RouteLimits, whyClosed } from './route-access.ts';

/** A request that is not identified yet: its headers and its route. */
interface Unidentified extends CredentialSources {
  readonly method: string;
  /** The route's pattern; undefined if the route itself checks what the key may call. */
  readonly route: string | undefined;
  readonly nowMs: number;
}

/**
 * The identity behind a request's key. Throws, or rejects, if there is no key or more than one, or if the key is
 * unknown, blocked, expired, or may not call this route. Returns a promise only if the key has to be looked up.
 */
export function identify(request: Unidentified, snapshot: Snapshot, tenants: Tenants): Identity | Promise<Identity> {
  const key = readCredential(request, snapshot.config.server.keyHeaderName);
  const hash = hashKey(key);
  // The master key comes first, so that no stored key can shadow it.
  if (hash === snapshot.master.keyHash) return snapshot.master;
  const found = tenants.identity(hash);
  const { server } = snapshot.config;
  if (!(found instanceof Promise)) return checked(found, request, server);
  return found.then(
    (identity) => checked(identity, request, server),
    (error: unknown) => {
      if (error instanceof DatabaseUnavailableError) throw cannotTell(error);
      throw error;
    },
  );
}

function checked(identity: Identity | undefined, request: Unidentified, server: RouteLimits): Identity {
  if (identity === undefined) {
    throw new GatewayError(
      'unknown_key',
      'Authentication Error, Invalid proxy server token passed. The key is not known here; check it, or ask the operator of this gateway for one.',
    );
  }
  const { isBlocked, expiresAtMs, textUntilMs, objects } = identity;
  if (textUntilMs !== undefined && textUntilMs <= request.nowMs) {
    throw new GatewayError(
      'unknown_key',
      'Authentication Error, Invalid proxy server token passed. The key was replaced by a new one, and its grace period is over; use the new key.',
    );
  }
  if (isBlocked) throw blocked('Key is blocked. Ask the operator of this gateway to unblock it.');
  if (expiresAtMs !== undefined && expiresAtMs <= request.nowMs) {
    const expiry = new Date(expiresAtMs).toISOString();
    throw new GatewayError(
      'expired_key',
      `Authentication Error - Expired Key. Key Expiry time ${expiry} and current time ${new Date(request.nowMs).toISOString()}`,
    );
  }
  if (objects.team?.blocked === true) {
    throw blocked(`Team=${objects.team.id} is blocked. Update via \`/team/unblock\` if you are admin.`);
  }
  if (objects.user?.blocked === true) throw blocked('The user of this key is blocked.');
  if (objects.organization?.blocked === true) throw blocked('The organisation of this key is blocked.');
  if (request.route !== undefined && !mayCallRoute(identity, request.method, request.route))
    throw routeDenied(identity);
  const closed = request.route === undefined ? undefined : whyClosed(identity, [request.route], server);
  if (closed !== undefined) throw new GatewayError('route_denied', `This key may not call this route: ${closed}.`);
  return identity;
}

function blocked(why: string): GatewayError {
  return new GatewayError('blocked_key', `Authentication Error, ${why}`);
}

function routeDenied({ allowedRoutes, keyType }: Identity): GatewayError {
  const allowed = allowedRoutes === undefined ? `${keyType} routes` : JSON.stringify(allowedRoutes);
  return new GatewayError(
    'route_denied',
    `Virtual key is not allowed to call this route. Only allowed to call routes: ${allowed}`,
  );
}

function cannotTell(cause: unknown): GatewayError {
  return new GatewayError(
    'store_unavailable',
    'The database of keys cannot be reached, so this key cannot be checked. Keys that were seen before still work; try again soon.',
    { retryAfterMs: 1_000, cause },
  );
}
