/** Which key a request names: by its text or its hash. */
import { GatewayError } from '../../core/errors.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { mayChangeKey, mayReadKey, notYours, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { declaredInFile, isDeclared } from '../declared-directory.ts';

/** The hash of a key that was sent as its text or as its hash. */
export function hashOf(keyOrHash: string): string {
  return /^[0-9a-f]{64}$/.test(keyOrHash) ? keyOrHash : hashKey(keyOrHash);
}

/** A key that the caller may see. */
export async function findReadable(call: ManagementCall, keyOrHash: string): Promise<Key> {
  const key = await call.context.directory.get('key', hashOf(keyOrHash));
  if (key === undefined || !(await mayReadKey(call, key))) throw unknownObject('a key', 'key');
  return key;
}

/** A key that the caller may change by a route. Keys of the configuration file are never changed. */
export async function findChangeable(call: ManagementCall, keyOrHash: string, permission: string): Promise<Key> {
  if (isMasterKey(call, hashOf(keyOrHash))) {
    const message =
      'The API cannot change the master key. Set another one in the configuration and start the gateway again.';
    throw new GatewayError('invalid_request', message, { param: 'key' });
  }
  const key = await findReadable(call, keyOrHash);
  if (!(await mayChangeKey(call, key, permission))) throw notYours(`call ${permission} for this key`, 'key');
  if (isDeclared(key)) throw declaredInFile();
  return key;
}

/** Whether a hash is the master key's. */
export function isMasterKey({ caller, context }: ManagementCall, hash: string): boolean {
  return hash === context.masterKeyHash || (caller.from === 'master' && hash === caller.keyHash);
}
