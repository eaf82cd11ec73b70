/** What an alert says: as JSON in LiteLLM's field names, as a Slack message, and the signature of the former. */
import { createHmac } from 'node:crypto';
import type { ScopeKind } from '../../config/gateway-config.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatUsd, type PicoUsd, usdNumber } from '../../core/money.ts';
import type { Forecast } from './forecast.ts';
import type { AlertKind, WatchedBudget } from './watched-budget.ts';

/** An alert, with the figures of the moment it was due. */
export interface Alert {
  /** The same for every try and every address, so that a receiver knows it again. */
  readonly id: string;
  readonly kind: AlertKind;
  readonly budget: WatchedBudget;
  readonly spent: PicoUsd;
  readonly atMs: number;
  readonly forecast: Forecast | undefined;
}

/** LiteLLM's words for events. */
const EVENTS: Readonly<Record<AlertKind, string>> = {
  threshold: 'threshold_crossed',
  soft: 'soft_budget_crossed',
  exhausted: 'budget_crossed',
  forecast: 'projected_limit_exceeded',
};

/** LiteLLM's words for who has budgets; the last two are ours. */
const GROUPS: Readonly<Record<ScopeKind, string>> = {
  platform: 'proxy',
  organization: 'organization',
  organization_member: 'organization_member',
  team: 'team',
  team_member: 'team_member',
  user: 'user',
  customer: 'end_user',
  key: 'key',
  tag: 'tag',
  deployment: 'deployment',
  provider: 'provider',
};

/** What an alert is called in events and metrics. */
export function eventOf(kind: AlertKind): string {
  return EVENTS[kind];
}

/** How much of a budget is spent, in whole percent rounded down; undefined where there is only a soft one. */
export function percentOf({ budget: { max }, spent }: Pick<Alert, 'budget' | 'spent'>): number | undefined {
  return max === undefined || max === 0n ? undefined : Number((spent * 100n) / max);
}

/** One sentence for people. */
export function sentence({ kind, budget, spent, atMs, forecast }: Alert): string {
  const { label, max, soft, endsAtMs, owner } = budget;
  const whose = owner.model === undefined ? label : `${label} (model ${owner.model})`;
  const percent = percentOf({ budget, spent });
  const spentOf =
    max === undefined
      ? `has spent ${formatUsd(spent)} USD`
      : `has spent ${formatUsd(spent)} of ${formatUsd(max)} USD (${percent} %)`;
  const again = endsAtMs === undefined ? '' : ` It resets at ${isoTime(endsAtMs)}.`;
  switch (kind) {
    case 'threshold':
      return `${whose} ${spentOf}.${again}`;
    case 'soft':
      return `${whose} ${spentOf}, which is past its soft budget of ${formatUsd(soft ?? 0n)} USD. Nothing is refused for that.${again}`;
    case 'exhausted':
      return `The budget of ${whose} is exhausted: it ${spentOf}, and ${endOf(budget)}.${again}`;
    case 'forecast':
      return `The budget of ${whose} will be gone ${inWords((forecast?.goneAtMs ?? atMs) - atMs)} at this rate: it ${spentOf}.${again}`;
  }
}

/** What follows from the end of a budget. */
function endOf({ kind }: WatchedBudget): string {
  return kind === 'deployment' || kind === 'provider' ? 'is asked no more' : 'requests are refused';
}

function inWords(ms: number): string {
  const [count, unit] =
    ms >= 172_800_000
      ? [ms / 86_400_000, 'days']
      : ms >= 7_200_000
        ? [ms / 3_600_000, 'hours']
        : [Math.max(1, ms / 60_000), 'minutes'];
  const whole = Math.floor(count);
  return `in ${whole} ${whole === 1 ? unit.slice(0, -1) : unit}`;
}

/** The body of a webhook. Amounts are USD. Fields that do not apply are absent. */
export function webhookBody(alert: Alert): JsonObject {
  const { id, kind, budget, spent, atMs, forecast } = alert;
  const { owner, max, soft, endsAtMs } = budget;
  return {
    id,
    event: EVENTS[kind],
    event_group: GROUPS[budget.kind],
    event_message: sentence(alert),
    spend: usdNumber(spent),
    ...(max !== undefined && { max_budget: usdNumber(max) }),
    ...(soft !== undefined && { soft_budget: usdNumber(soft) }),
    ...present({
      token: owner.keyHash,
      key_alias: owner.keyAlias,
      user_id: owner.userId,
      user_email: owner.userEmail,
      team_id: owner.teamId,
      team_alias: owner.teamAlias,
      organization_id: owner.organizationId,
      organization_alias: owner.organizationAlias,
      customer_id: owner.customerId,
      tag: owner.tag,
      model_id: owner.deploymentId,
      provider: owner.provider,
      model: owner.model,
    }),
    ...(forecast !== undefined && {
      projected_exceeded_date: isoTime(forecast.goneAtMs).slice(0, 10),
      projected_exceeded_at: isoTime(forecast.goneAtMs),
      projected_spend: usdNumber(forecast.projectedSpend),
      projected_from: forecast.basis,
    }),
    created_at: isoTime(atMs),
    account: budget.account,
    label: budget.label,
    ...present({ percent: percentOf(alert), period: budget.period }),
    ...(endsAtMs !== undefined && { resets_at: isoTime(endsAtMs) }),
  };
}

function present(values: Readonly<Record<string, string | number | undefined>>): JsonObject {
  const entries = Object.entries(values).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** The body of a Slack message. */
export function slackBody(alert: Alert): JsonObject {
  return slackText(alert.kind === 'exhausted' ? ':no_entry:' : ':warning:', sentence(alert));
}

/** The same of any text. Names that tenants chose must not become mentions or links. */
export function slackText(sign: string, text: string): JsonObject {
  return { text: `${sign} ${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}` };
}

/** The value of `x-sluice-signature`: an HMAC over the time and the body, so that neither can be changed nor an old post sent again. */
export function signature(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
