import { usdNumber } from '../../core/money.ts';
import { notYours } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementRoute } from '../contract.ts';
import { Fields } from '../fields.ts';
import { setSpent, spentOfOne } from '../spent.ts';
import { mayBlock } from './block.ts';
import { findChangeable } from './find-key.ts';
import { keySpender, showKey } from './show-key.ts';

/** `POST /key/{key}/reset_spend`: what a key has spent is this much from now on; never more than it was. */
export const resetKeySpend: ManagementRoute = {
  method: 'POST',
  paths: ['/key/:key/reset_spend'],
  roles: ['team_admin', 'org_admin', 'proxy_admin'],
  answer: async (call) => {
    const { context } = call;
    const fields = new Fields(call.body);
    const to = fields.usd('reset_to');
    fields.refuseOthers();
    if (to === undefined || to === null) throw fields.wrong('reset_to', 'is required');
    const key = await findChangeable(call, call.params.key ?? '', '/key/{key_id}/reset_spend');
    if (!(await mayBlock(call, key))) throw notYours('reset the spend of a key of its own');
    const before = await spentOfOne(context, keySpender(key));
    if (to > before.spent) throw fields.wrong('reset_to', 'must not be more than was spent');
    await setSpent(context, keySpender(key), to);
    const values = { before: { spend: before.spent }, after: { spend: to } };
    await context.directory.record(changeEntry(call, 'reset', TABLES.key, key.hash, values));
    const { max_budget, budget_reset_at } = showKey(key, before, context.clock.nowMs());
    return {
      body: {
        key_hash: key.hash,
        spend: usdNumber(to),
        previous_spend: usdNumber(before.spent),
        max_budget,
        budget_reset_at,
      },
    };
  },
};
