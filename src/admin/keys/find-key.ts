/** Which key a request names: by its text, its hash or its alias. */
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

/** The key of a text, a hash or an alias, whether the caller may see it or not. */
async function keyNamed({ context }: ManagementCall, name: string): Promise<Key | undefined> {
  const key = await context.directory.get('key', hashOf(name));
  if (key !== undefined) return key;
  const [called] = await context.directory.list('key', { alias: name }, { limit: 1, offset: 0 });
  return called;
}

/** A key that the caller may see. */
export async function findReadable(call: ManagementCall, name: string): Promise<Key> {
  const key = await keyNamed(call, name);
  if (key === undefined || !(await mayReadKey(call, key))) throw unknownObject(call, 'a key', 'key');
  return key;
}

/** A key that the caller may change by a route. Keys of the configuration file are never changed. */
export async function findChangeable(call: ManagementCall, name: string, permission: string): Promise<Key> {
  if (isMasterKey(call, hashOf(name))) {
    const message =
      'The API cannot change the master key. Set another one in the configuration and start the gateway again.';
    throw new GatewayError('invalid_request', message, { param: 'key' });
  }
  const key = await findReadable(call, name);
  if (!(await mayChangeKey(call, key, permission))) throw notYours(`call ${permission} for this key`, 'key');
  if (isDeclared(key)) throw declaredInFile();
  return key;
}

/** Whether a hash is the master key's. */
export function isMasterKey({ caller, context }: ManagementCall, hash: string): boolean {
  return hash === context.masterKeyHash || (caller.from === 'master' && hash === caller.keyHash);
}
