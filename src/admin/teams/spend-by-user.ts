import type { JsonValue } from '../../core/json.ts';
import type { ManagementCall } from '../contract.ts';
import { activityBy, groupBy, metricsOf } from '../spend/daily-activity.ts';
import { datesOf } from '../spend/report.ts';
import { teamActivity } from './read.ts';

/** `GET /team/spend/by_user`: what each user spent in each team; a plain member sees its own part. */
export async function spendByUser(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  const scope = await teamActivity(call);
  const span = datesOf(query);
  const all = await activityBy(call, scope, ['team', 'user'], span);
  const rows = all.filter(({ by }) => by.team !== '' && by.user !== '');
  const [teams, users] = await Promise.all([
    context.directory.getMany('team', [...groupBy(rows, 'team').keys()]),
    context.directory.getMany('user', [...groupBy(rows, 'user').keys()]),
  ]);
  const teamAliases = new Map(teams.map(({ id, alias }) => [id, alias]));
  const known = new Map(users.map((user) => [user.id, user]));
  return {
    start_date: span.fromDate,
    end_date: span.toDate,
    results: rows
      .toSorted((one, other) => Number(other.cost - one.cost))
      .map((row) => {
        const { team = '', user = '' } = row.by;
        return {
          team_id: team,
          team_alias: teamAliases.get(team) ?? null,
          user_id: user,
          user_email: known.get(user)?.email ?? null,
          user_alias: known.get(user)?.alias ?? null,
          ...metricsOf([row]),
        };
      }),
  };
}
