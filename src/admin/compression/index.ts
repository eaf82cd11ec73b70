/** `/compression/…`: the originals of what compression shortened, for those who sent them. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { cacheOwnerOf } from '../../tenancy/cache-owner.ts';
import { isAdmin } from '../authority.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { EVERYONE } from '../roles.ts';
import { get } from '../route.ts';

const SCOPE = /^(?:team|user|key):.{1,256}$/;
const RETRY_MS = 1_000;

/** `/compression/…`. */
export const COMPRESSION_ROUTES: readonly ManagementRoute[] = [
  get(
    '/compression/:handle',
    EVERYONE,
    original,
    "Shows the texts of a turn as they were before compression, by a handle of `x-sluice-compression-handles`, to the caller's team, else user, else key; an admin may name another with `scope` (`team:ID`, `user:ID`, `key:HASH`).",
  ),
];

async function original(call: ManagementCall): Promise<JsonValue> {
  const handle = call.params.handle ?? '';
  const scope = scopeOf(call);
  const found = /^[0-9a-f]{40}$/.test(handle) ? await read(call, scope, handle) : undefined;
  // One of another scope is as if it did not exist.
  if (found === undefined) throw new GatewayError('unknown_object', 'There is no original under this handle.');
  return { handle, texts: [...found] };
}

async function read({ context }: ManagementCall, scope: string, handle: string) {
  try {
    return await context.compressedOriginals?.read(scope, handle);
  } catch (error) {
    throw new GatewayError('store_unavailable', 'The store of compressed turns is unavailable. Try again soon.', {
      retryAfterMs: RETRY_MS,
      cause: error,
    });
  }
}

function scopeOf(call: ManagementCall): string {
  const asked = call.query.get('scope');
  if (asked === null) return cacheOwnerOf(call.caller);
  if (!isAdmin(call)) throw new GatewayError('route_denied', 'Only an admin may name the scope. Leave `scope` out.');
  if (!SCOPE.test(asked)) throw wrongField('scope', 'must be team:ID, user:ID or key:HASH');
  return asked;
}
