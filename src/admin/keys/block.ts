import type { Key } from '../../stores/contracts/directory.ts';
import { administersOrganization, administersTeam, notYours, unknownObject } from '../authority.ts';
import { changedBy, changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { spentOfOne } from '../spent.ts';
import { findReadable } from './find-key.ts';
import { keySpender, showKey } from './show-key.ts';

/** `POST /key/block`: a key that is refused from now on. */
export const blockKey = blocking('/key/block', true);
/** `POST /key/unblock`: undoes that. */
export const unblockKey = blocking('/key/unblock', false);

function blocking(path: string, blocked: boolean): ManagementRoute {
  return {
    method: 'POST',
    paths: [path],
    roles: ['team_admin', 'org_admin', 'proxy_admin'],
    answer: async (call) => {
      const { directory, clock } = call.context;
      const fields = new Fields(call.body);
      const asked = fields.requiredText('key');
      fields.refuseOthers();
      const key = await findReadable(call, asked);
      if (!(await mayBlock(call, key))) throw notYours(`${path} for this key`);
      const nowMs = clock.nowMs();
      const changed = await directory.update(
        'key',
        key.hash,
        (before) => ({ ...before, blocked, updatedAtMs: nowMs, updatedBy: changedBy(call) }),
        (before, after) =>
          changeEntry(call, blocked ? 'blocked' : 'unblocked', TABLES.key, key.hash, { before, after }),
      );
      if (changed === undefined) throw unknownObject('key', 'key');
      return { body: showKey(changed, await spentOfOne(call.context, keySpender(changed)), nowMs) };
    },
  };
}

/** Whoever stands above a key may block it: not its own user, who could undo what others did. */
export async function mayBlock(call: ManagementCall, { organizationId, teamId }: Key): Promise<boolean> {
  if (administersOrganization(call, organizationId)) return true;
  const team = teamId === undefined ? undefined : await call.context.directory.get('team', teamId);
  return team !== undefined && administersTeam(call, team);
}
