/** `GET /model/deprecations`: models that their providers will switch off, as the configuration and the operator's price file say. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { teamNameOf } from '../../tenancy/team-models.ts';
import type { Answering } from '../question.ts';

const DAY_MS = 86_400_000;
const USUAL_DAYS = 30;
const MOST_DAYS = 3_650;

export const modelDeprecations: Answering = ({ snapshot, identity, query, parts }) => {
  const withinDays = daysOf(query.warn_within_days);
  const nowMs = parts.clock.nowMs();
  const found: JsonObject[] = [];
  for (const group of snapshot.groups.all()) {
    if (identity !== undefined && !mayUseGroup(identity, group.name, group)) continue;
    const teamName = teamNameOf(group);
    for (const deployment of group.deployments) {
      const row = rowOf(deployment, nowMs, withinDays);
      if (row !== undefined) found.push({ ...row, team_public_model_name: teamName ?? null });
    }
  }
  found.sort((one, other) => Number(one.days_until_deprecation) - Number(other.days_until_deprecation));
  const of = (status: string): JsonObject[] => found.filter((row) => row.status === status);
  return {
    status: 200,
    body: {
      deprecated: of('deprecated'),
      imminent: of('imminent'),
      upcoming: of('upcoming'),
      warn_within_days: withinDays,
      checked_at: new Date(nowMs).toISOString(),
    },
  };
};

function rowOf(
  { group, model, provider, priced, config }: Deployment,
  nowMs: number,
  withinDays: number,
): JsonObject | undefined {
  const { deprecationDate: date } = priced.facts;
  const atMs = date === undefined ? Number.NaN : Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(atMs)) return undefined;
  const days = Math.ceil((atMs - nowMs) / DAY_MS);
  const { successor_model: successor } = config.modelInfo;
  return {
    model_name: group,
    litellm_model: `${provider.name}/${model}`,
    deprecation_date: date ?? null,
    days_until_deprecation: days,
    status: days < 0 ? 'deprecated' : days <= withinDays ? 'imminent' : 'upcoming',
    litellm_provider: provider.name,
    successor_model: typeof successor === 'string' ? successor : null,
    successor_model_source: typeof successor === 'string' ? 'deployment_config' : null,
    deprecation_source: null,
  };
}

function daysOf(text: string | undefined): number {
  if (text === undefined) return USUAL_DAYS;
  const days = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (days <= MOST_DAYS) return days;
  const message = `\`warn_within_days\` must be a whole number from 0 to ${MOST_DAYS}.`;
  throw new GatewayError('invalid_field', message, { param: 'warn_within_days' });
}
