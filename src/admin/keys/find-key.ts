/** Which key a request means: by its text, its hash or its alias. */
import { GatewayError } from '../../core/errors.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { mayChangeKey, mayReadKey, notYours, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { isDeclared, standsInFile } from '../declared-directory.ts';

/** The hash of a key that was given as it is or as its hash. */
export function hashOf(keyOrHash: string): string {
  return /^[0-9a-f]{64}$/.test(keyOrHash) ? keyOrHash : hashKey(keyOrHash);
}

/** A key that the caller may see. */
export async function findReadable(call: ManagementCall, keyOrHash: string): Promise<Key> {
  const key = await call.context.directory.get('key', hashOf(keyOrHash));
  if (key === undefined || !(await mayReadKey(call, key))) throw unknownObject('key', 'key');
  return key;
}

/** A key that the caller may change by a route. Keys of the configuration file are never changed. */
export async function findChangeable(call: ManagementCall, keyOrHash: string, permission: string): Promise<Key> {
  refuseMaster(call, hashOf(keyOrHash));
  const key = await findReadable(call, keyOrHash);
  if (!(await mayChangeKey(call, key, permission))) throw notYours(`${permission} for this key`);
  if (isDeclared(key)) throw standsInFile();
  return key;
}

function refuseMaster({ caller, context }: ManagementCall, hash: string): void {
  const isMaster = hash === context.masterKeyHash || (caller.from === 'master' && hash === caller.keyHash);
  if (!isMaster) return;
  throw new GatewayError(
    'invalid_request',
    'The master key is not changed by the API: set another where the gateway is started.',
    { param: 'key' },
  );
}
