/** Settings in a key's metadata and tags that bind its requests: those who hold the key cannot remove them. */
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { isAdmin } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';

/** Members of metadata that routing obeys. */
const CONTROLS = ['disable_fallbacks', 'deny_request_controls'] as const;

interface Controlled {
  readonly metadata: JsonObject;
  readonly tags?: readonly string[];
}

/** A new key with the controls of the key that makes it; only proxy admins set others. */
export function withControls(call: ManagementCall, key: Key): Key {
  if (isAdmin(call)) return key;
  const held = controlsOf(call.caller.objects.key?.metadata ?? {});
  const own = controlsOf(key.metadata);
  if (Object.keys(own).length > 0 && !isDeepStrictEqual(own, held)) throw controlsChanged();
  return { ...key, metadata: { ...key.metadata, ...held } };
}

/** Throws if a change removes controls or tags from an object, or sets controls. Tags carry budgets. */
export function keepControls(before: Controlled, after: Controlled): void {
  if (!isDeepStrictEqual(controlsOf(before.metadata), controlsOf(after.metadata))) throw controlsChanged();
  const removed = before.tags?.find((tag) => after.tags?.includes(tag) !== true);
  if (removed === undefined) return;
  const message = `You may not remove tags: \`tags\` must keep \`${removed}\`. A proxy admin may remove it.`;
  throw new GatewayError('route_denied', message, { param: 'tags' });
}

function controlsOf(metadata: JsonObject): JsonObject {
  return Object.fromEntries(CONTROLS.filter((name) => name in metadata).map((name) => [name, metadata[name]]));
}

function controlsChanged(): GatewayError {
  const message = `You may not change ${CONTROLS.join(' or ')} in \`metadata\`. A proxy admin may.`;
  return new GatewayError('route_denied', message, { param: 'metadata' });
}
