import type { JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import { notYours } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields } from '../fields.ts';
import { spenderOf } from '../spenders.ts';
import { setSpent, spentOfOne } from '../spent.ts';
import { mayBlock } from './block.ts';
import { findChangeable } from './find-key.ts';
import { showKey } from './show-key.ts';

/** `POST /key/{key}/reset_spend`: sets what a key has spent to this much, never to more than it was. */
export async function resetKeySpend(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const to = fields.usd('reset_to');
  fields.finish(call);
  if (to === undefined || to === null) throw fields.wrong('reset_to', 'is required');
  const key = await findChangeable(call, call.params.key ?? '', '/key/{key_id}/reset_spend');
  if (!(await mayBlock(call, key))) {
    throw notYours('reset the spend of this key: you manage neither its team nor its organisation', 'key');
  }
  const before = await spentOfOne(context, spenderOf.key(key));
  if (to > before.spent) throw fields.wrong('reset_to', 'must not be more than the key has spent');
  await setSpent(context, spenderOf.key(key), to);
  const values = { before: { spend: before.spent }, after: { spend: to } };
  await context.directory.record(changeEntry(call, 'reset', TABLES.key, key.hash, values));
  const { max_budget, budget_reset_at } = showKey(key, before, context.clock.nowMs());
  return {
    key_hash: key.hash,
    spend: usdNumber(to),
    previous_spend: usdNumber(before.spent),
    max_budget,
    budget_reset_at,
  };
}
