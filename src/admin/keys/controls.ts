/** What stands in a key's metadata and tags and holds for its requests: set from above, and not shaken off from below. */
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { isAdmin } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';

/** Members of metadata that routing obeys. */
const CONTROLS = ['disable_fallbacks', 'deny_request_controls'] as const;

/** A new key with the controls of the key that makes it; others are set by proxy admins only. */
export function withControls(call: ManagementCall, key: Key): Key {
  if (isAdmin(call)) return key;
  const held = controlsOf(call.caller.objects.key?.metadata ?? {});
  const own = controlsOf(key.metadata);
  if (Object.keys(own).length > 0 && !isDeepStrictEqual(own, held)) throw notFromBelow('metadata');
  return { ...key, metadata: { ...key.metadata, ...held } };
}

/** Throws where a change takes controls or tags away from an object, or sets controls: tags carry budgets. */
export function keepControls(
  before: { readonly metadata: JsonObject; readonly tags?: readonly string[] },
  after: { readonly metadata: JsonObject; readonly tags?: readonly string[] },
): void {
  if (!isDeepStrictEqual(controlsOf(before.metadata), controlsOf(after.metadata))) throw notFromBelow('metadata');
  if (before.tags?.some((tag) => after.tags?.includes(tag) !== true)) throw notFromBelow('tags');
}

function controlsOf(metadata: JsonObject): JsonObject {
  return Object.fromEntries(CONTROLS.filter((name) => name in metadata).map((name) => [name, metadata[name]]));
}

function notFromBelow(field: string): GatewayError {
  const what = field === 'tags' ? 'takes tags away that were set from above' : `changes ${CONTROLS.join(' or ')}`;
  return new GatewayError('route_denied', `user not allowed to set \`${field}\` so: it ${what}.`, { param: field });
}
