/** A new text for a key; everything else about the key stays, and the old text may stay valid for a while. */

import { newSecretKey } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { unknownObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall } from '../contract.ts';
import { endOfDuration } from '../duration.ts';
import { Fields } from '../fields.ts';
import { textOf } from '../query-fields.ts';
import { spenderOf } from '../spenders.ts';
import { setSpent } from '../spent.ts';
import { changedNow } from '../stamps.ts';
import { findChangeable } from './find-key.ts';
import { showMade } from './generate.ts';
import { checkChange } from './granting.ts';
import { changeKey, readKeyFields } from './key-fields.ts';
import { boundedChange } from './key-params.ts';
import { nameOf, readSecret, refuseAdminFields } from './new-key.ts';
import { withWitness } from './seen-by-others.ts';
import { checkKeyChange, teamOf } from './update.ts';

/**
 * `POST /key/regenerate` and `POST /key/{key}/regenerate`. With `grace_period` the old text stays valid for that long; without it,
 * it is refused from now on. Other fields change the key at the same time.
 */
export async function regenerateKey(call: ManagementCall): Promise<JsonValue> {
  const { context, params, query, body } = call;
  const nowMs = context.clock.nowMs();
  const fields = new Fields(boundedChange(body, context.config().management, nowMs));
  const inBody = fields.text('key');
  const asked = params.key ?? textOf(query, 'key') ?? inBody ?? call.caller.keyHash;
  const secret = readSecret(fields, 'new_key') ?? newSecretKey();
  const previousUntilMs = readGrace(fields, nowMs);
  fields.ignore('new_master_key');
  if (typeof body.new_master_key === 'string') {
    throw fields.wrong(
      'new_master_key',
      'cannot be set by the API: set the master key in the configuration and start the gateway again',
    );
  }
  const changes = readKeyFields(fields, nowMs);
  fields.finish(call);
  const key = await findChangeable(call, asked, '/key/regenerate');
  refuseAdminFields(call, body);
  await checkKeyChange(call, key, changes);
  const rotate = (before: Key): Key => {
    const { previousHash: _hash, previousUntilMs: _until, ...changed } = changeKey(before, changes, changedNow(call));
    return {
      ...withWitness(call, changed, { replacesOldText: previousUntilMs === undefined }),
      hash: hashKey(secret),
      name: nameOf(secret),
      rotationCount: before.rotationCount + 1,
      accountHash: before.accountHash ?? before.hash,
      ...(previousUntilMs !== undefined && { previousHash: before.hash, previousUntilMs }),
      ...(changed.autoRotate !== undefined && {
        autoRotate: { ...changed.autoRotate, nextAtMs: nowMs + changed.autoRotate.everyMs },
      }),
    };
  };
  // The caller sees the new text and can use all that the key may, so it must have as much already.
  await checkChange(call, rotate(key), await teamOf(call, key));
  const rotated = await context.directory.rotateKey(key.hash, rotate, (before, after) =>
    changeEntry(call, 'rotated', TABLES.key, before.hash, { before, after }),
  );
  if (rotated === undefined) throw unknownObject(call, 'a key', 'key');
  if (changes.spend !== undefined) await setSpent(context, spenderOf.key(rotated), changes.spend ?? 0n);
  return await showMade(call, { key: rotated, secret });
}

function readGrace(fields: Fields, nowMs: number): number | undefined {
  const text = fields.text('grace_period');
  if (!text) return undefined;
  const untilMs = endOfDuration(text, nowMs);
  if (untilMs === undefined) throw fields.wrong('grace_period', 'must be a duration such as `24h`');
  return untilMs;
}
