/** Members of a team one by one in one request, and what a member spent or may spend set back. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import { LIMIT_NAMES, type Team, type TeamMember } from '../../stores/contracts/directory.ts';
import { limitsOf } from '../../tenancy/scopes.ts';
import { managedTeam, missingObject } from '../authority.ts';
import { changeEntry, TABLES } from '../change-log.ts';
import type { ManagementCall } from '../contract.ts';
import { Fields, wrongField } from '../fields.ts';
import { listOrNull, usdOrNull } from '../show.ts';
import { memberSpender } from '../spenders.ts';
import { setSpent, spentOfOne } from '../spent.ts';
import {
  changeMember,
  findMember,
  MOST_AT_ONCE,
  memberId,
  readChanges,
  readWho,
  removeFromTeam,
  storeChecked,
  type Who,
} from './members.ts';

/** `POST /team/{team_id}/member/{user_id}/reset_spend`: sets what a member spent in the team, never to more than it was. */
export async function resetMemberSpend(call: ManagementCall): Promise<JsonValue> {
  const { context } = call;
  const fields = new Fields(call.body);
  const to = fields.usd('reset_to');
  fields.finish(call);
  if (to === undefined || to === null) throw fields.wrong('reset_to', 'is required');
  const { team, member } = await memberInPath(call);
  const spender = memberSpender(team, member);
  const before = await spentOfOne(context, spender);
  if (to > before.spent) throw fields.wrong('reset_to', 'must not be more than the member has spent');
  await setSpent(context, spender, to);
  const values = { before: { spend: before.spent }, after: { spend: to } };
  await context.directory.record(changeEntry(call, 'reset', TABLES.teamMember, memberId(member), values));
  return {
    team_id: team.id,
    user_id: member.userId,
    spend: usdNumber(to),
    previous_spend: usdNumber(before.spent),
    max_budget: usdOrNull(limitsOf(spender.limits, before.budget).maxBudget),
  };
}

/** `POST /team/{team_id}/member/{user_id}/reset_budget`: removes a member's own limits, so that those of the team hold. */
export async function resetMemberBudget(call: ManagementCall): Promise<JsonValue> {
  new Fields(call.body).finish(call);
  const { team, member } = await memberInPath(call);
  const bare = Object.fromEntries(
    Object.entries(member).filter(([name]) => !LIMIT_NAMES.some((limit) => limit === name)),
  ) as unknown as TeamMember;
  await storeChecked(call, team, bare, member);
  return {
    team_id: team.id,
    user_id: member.userId,
    budget_id: team.memberDefaults?.budgetId ?? null,
    previous_budget_id: member.budgetId ?? null,
    budget_source: team.memberDefaults === undefined ? 'none' : 'team_default',
  };
}

/** `POST /management/v1/teams/{team_id}/members/bulk_delete`: removes members one by one; lists who was removed. */
export async function removeManyMembers(call: ManagementCall): Promise<JsonValue> {
  const { team, entries } = await readRows(call, () => undefined);
  return await eachRow(entries, async ({ who }) => {
    const { member } = await findMember(call, team, who);
    await removeFromTeam(call, team, member);
    return {};
  });
}

/** `POST /management/v1/teams/{team_id}/members/bulk_update`: sets limits of members one by one; lists them as they are now. */
export async function updateManyMembers(call: ManagementCall): Promise<JsonValue> {
  const nowMs = call.context.clock.nowMs();
  const { team, entries } = await readRows(call, (fields) => readChanges(fields, nowMs));
  return await eachRow(entries, async ({ who, read: changes }) => {
    const { member } = await findMember(call, team, who);
    const changed = changeMember(member, changes, nowMs);
    await storeChecked(call, team, changed, member);
    const { maxBudget, tpmLimit, rpmLimit, budgetDuration } = limitsOf(changed, team.memberDefaults);
    return {
      budget_id: changed.budgetId ?? null,
      max_budget: usdOrNull(maxBudget),
      max_budget_source: maxBudget === undefined ? null : changed.maxBudget === undefined ? 'team_default' : 'member',
      tpm_limit: tpmLimit ?? null,
      rpm_limit: rpmLimit ?? null,
      budget_duration: budgetDuration ?? null,
      allowed_models: listOrNull(changed.models ?? team.memberModels),
    };
  });
}

interface Entry<Read> {
  readonly who: Who;
  readonly read: Read;
}

async function readRows<Read>(
  call: ManagementCall,
  read: (fields: Fields) => Read,
): Promise<{ readonly team: Team; readonly entries: readonly Entry<Read>[] }> {
  const fields = new Fields(call.body);
  const entries = (fields.objects('members') ?? []).map((entry) => {
    const row = { who: readWho(entry), read: read(entry) };
    entry.finish(call);
    return row;
  });
  fields.finish(call);
  if (entries.length === 0 || entries.length > MOST_AT_ONCE) {
    throw wrongField('members', `must have 1 to ${MOST_AT_ONCE} entries`);
  }
  return { team: await managedTeam(call, call.params.team_id ?? ''), entries };
}

async function eachRow<Read>(
  entries: readonly Entry<Read>[],
  change: (entry: Entry<Read>) => Promise<JsonObject>,
): Promise<JsonObject> {
  const seen = new Set<string>();
  const data: JsonObject[] = [];
  for (const entry of entries) {
    const { userId = null, email = null } = entry.who;
    const shown = { user_id: userId, user_email: email };
    const name = JSON.stringify(shown);
    try {
      if (seen.has(name)) throw wrongField('members', 'names this member a second time');
      seen.add(name);
      data.push({ ...shown, success: true, error: null, ...(await change(entry)) });
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
      data.push({ ...shown, success: false, error: error.message });
    }
  }
  return { data };
}

async function memberInPath(call: ManagementCall): Promise<{ readonly team: Team; readonly member: TeamMember }> {
  const { team_id = '', user_id = '' } = call.params;
  const team = await managedTeam(call, team_id);
  const member = await call.context.directory.teamMember(team.id, user_id);
  if (member === undefined) throw missingObject('a member of this team', 'user_id');
  return { team, member };
}
