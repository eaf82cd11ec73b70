/** Which key a request means: by its text, its hash or its alias. */
import { GatewayError } from '../../core/errors.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import type { Identity } from '../../tenancy/identity.ts';
import { mayChangeKey, mayReadKey, notYours, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';

/** The hash of a key that was given as it is or as its hash. */
export function hashOf(keyOrHash: string): string {
  return /^[0-9a-f]{64}$/.test(keyOrHash) ? keyOrHash : hashKey(keyOrHash);
}

/** A key that the configuration file declares. */
export function declaredKey({ context }: ManagementCall, hash: string): Identity | undefined {
  return context.declared().keys.find(({ keyHash }) => keyHash === hash);
}

/** A key that the caller may see. */
export async function findReadable(call: ManagementCall, keyOrHash: string): Promise<Key> {
  const key = await call.context.directory.get('key', hashOf(keyOrHash));
  if (key === undefined || !(await mayReadKey(call, key))) throw unknownObject('key', 'key');
  return key;
}

/** A key that the caller may change by a route. Keys of the configuration file are never changed. */
export async function findChangeable(call: ManagementCall, keyOrHash: string, permission: string): Promise<Key> {
  refuseDeclared(call, hashOf(keyOrHash));
  const key = await findReadable(call, keyOrHash);
  if (!(await mayChangeKey(call, key, permission))) throw notYours(`${permission} for this key`);
  return key;
}

/** Refuses to change what stands in the configuration file. */
export function refuseDeclared(call: ManagementCall, hash: string): void {
  if (declaredKey(call, hash) === undefined && hash !== call.context.masterKeyHash) return;
  throw new GatewayError(
    'invalid_request',
    'This key stands in the configuration file or the environment and is not changed by the API. Change it there.',
    { param: 'key' },
  );
}
