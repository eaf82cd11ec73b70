/** A new text for a key: all else of it stays, and the old text may go on for a while. */
import { newSecretKey } from '../../core/ids.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { unknownObject } from '../authority.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementRoute } from '../contract.ts';
import { endOfDuration } from '../duration.ts';
import { Fields } from '../fields.ts';
import { textOf } from '../query-fields.ts';
import { setSpent } from '../spent.ts';
import { findChangeable } from './find-key.ts';
import { showMade } from './generate.ts';
import { checkChange } from './granting.ts';
import { changeKey, readKeyFields } from './key-fields.ts';
import { boundedChange } from './key-params.ts';
import { nameOf, readSecret, refuseAdminFields } from './new-key.ts';
import { withWitness } from './seen-by-others.ts';
import { keySpender } from './show-key.ts';
import { checkKeyChange, teamOf } from './update.ts';

/**
 * `POST /key/regenerate` and `POST /key/{key}/regenerate`. With `grace_period` the old text is good until then; without, it is
 * refused from now on. Other fields change the key on the way.
 */
export const regenerateKey: ManagementRoute = {
  method: 'POST',
  paths: ['/key/regenerate', '/key/:key/regenerate'],
  roles: ['internal_user', 'team_admin', 'org_admin', 'proxy_admin'],
  answer: async (call) => {
    const { context, params, query, body } = call;
    const nowMs = context.clock.nowMs();
    const fields = new Fields(boundedChange(body, context.config().management, nowMs));
    const inBody = fields.text('key');
    const asked = params.key ?? textOf(query, 'key') ?? inBody ?? call.caller.keyHash;
    const secret = readSecret(fields, 'new_key') ?? newSecretKey();
    const previousUntilMs = readGrace(fields, nowMs);
    fields.ignore('new_master_key');
    if (typeof body.new_master_key === 'string') {
      throw fields.wrong('new_master_key', 'is not changed here: set the new master key where the gateway is started');
    }
    const changes = readKeyFields(fields, nowMs);
    fields.refuseOthers();
    const key = await findChangeable(call, asked, '/key/regenerate');
    refuseAdminFields(call, body);
    await checkKeyChange(call, key, changes);
    const by = changedBy(call);
    const rotate = (before: Key): Key => {
      const { previousHash: _hash, previousUntilMs: _until, ...changed } = changeKey(before, changes, { nowMs, by });
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
    // Whoever is shown the new text can use all of the key, and so must have as much already.
    await checkChange(call, rotate(key), await teamOf(call, key));
    const rotated = await context.directory.rotateKey(key.hash, rotate, (before, after) =>
      changeEntry(call, 'rotated', TABLES.key, before.hash, { before, after }),
    );
    if (rotated === undefined) throw unknownObject('key', 'key');
    if (changes.spend !== undefined) await setSpent(context, keySpender(rotated), changes.spend ?? 0n);
    return await showMade(call, { key: rotated, secret });
  },
};

function readGrace(fields: Fields, nowMs: number): number | undefined {
  const text = fields.text('grace_period');
  if (text === undefined || text === null || text === '') return undefined;
  const untilMs = endOfDuration(text, nowMs);
  if (untilMs === undefined) throw fields.wrong('grace_period', 'must be a duration such as `24h`');
  return untilMs;
}
