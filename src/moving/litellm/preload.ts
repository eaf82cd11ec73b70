/** What rows of LiteLLM refer to, read before them: small tables, of which only what is needed is kept. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { ForeignTables } from '../../stores/contracts/foreign-tables.ts';
import type { Known } from './convert.ts';
import { jsonOf, objectIn, spentIn, textsIn, timeOf } from './row.ts';

/** The period of a named budget. */
interface NamedPeriod {
  readonly duration?: string;
  readonly resetAtMs?: number;
}

/** What is known before the objects are read. */
export interface Preloaded extends Known {
  /** Of named budgets that have a period. */
  readonly periods: ReadonlyMap<string, NamedPeriod>;
  /** What each window of an object's several budgets spent, by `Key:hash` and `Team:id`. */
  readonly windows: ReadonlyMap<string, ReadonlyMap<string, PicoUsd>>;
  /** Memberships of teams by `JSON.stringify([team, user])`. */
  readonly memberships: ReadonlyMap<string, JsonObject>;
}

/** Reads it. */
export async function preload(source: ForeignTables, nowMs: number): Promise<Preloaded> {
  const periods = new Map<string, NamedPeriod>();
  const models = new Map<string, JsonValue>();
  await each(source, 'LiteLLM_BudgetTable', ({ budget_id, budget_duration, budget_reset_at, allowed_models }) => {
    if (typeof budget_id !== 'string') return;
    if (Array.isArray(allowed_models) && allowed_models.length > 0) models.set(budget_id, allowed_models);
    if (typeof budget_duration !== 'string') return;
    const resetAtMs = timeOf(budget_reset_at);
    periods.set(budget_id, { duration: budget_duration, ...(resetAtMs !== undefined && { resetAtMs }) });
  });
  const windows = new Map<string, Map<string, PicoUsd>>();
  await each(source, 'LiteLLM_BudgetWindowSpend', ({ entity_type, entity_id, window_duration, spend }) => {
    const name = `${String(entity_type)}:${String(entity_id)}`;
    const of = windows.get(name) ?? new Map<string, PicoUsd>();
    windows.set(name, of.set(String(window_duration), spentIn(spend)));
  });
  const memberships = new Map<string, JsonObject>();
  await each(source, 'LiteLLM_TeamMembership', ({ team_id, user_id, spend, budget_id }) => {
    // LiteLLM keeps the models of a member in the budget of the membership.
    const allowed_models = models.get(String(budget_id)) ?? null;
    memberships.set(JSON.stringify([team_id, user_id]), {
      spend: spend ?? 0,
      budget_id: budget_id ?? null,
      allowed_models,
    });
  });
  return { nowMs, periods, windows, memberships, ...(await preloadReferences(source, nowMs)) };
}

async function preloadReferences(source: ForeignTables, nowMs: number): Promise<Omit<Known, 'nowMs'>> {
  const accessGroups = new Map<string, readonly string[]>();
  await each(source, 'LiteLLM_AccessGroupTable', ({ access_group_id, access_model_names }) => {
    accessGroups.set(String(access_group_id), textsIn(access_model_names));
  });
  const modelAliases = new Map<string, JsonObject>();
  await each(source, 'LiteLLM_ModelTable', ({ id, aliases }) => {
    modelAliases.set(String(id), objectIn(aliases));
  });
  const blockedProjects = new Set<string>();
  await each(source, 'LiteLLM_ProjectTable', ({ project_id, blocked }) => {
    if (blocked === true) blockedProjects.add(String(project_id));
  });
  const replaced = new Map<string, { readonly hash: string; readonly untilMs: number }>();
  await each(source, 'LiteLLM_DeprecatedVerificationToken', ({ token, active_token_id, revoke_at }) => {
    const untilMs = timeOf(revoke_at);
    if (typeof token === 'string' && untilMs !== undefined && untilMs > nowMs)
      replaced.set(String(active_token_id), { hash: token, untilMs });
  });
  return { accessGroups, modelAliases, blockedProjects, replaced };
}

async function each(source: ForeignTables, table: string, take: (row: JsonObject) => void): Promise<void> {
  for await (const rows of source.rows(table)) for (const row of rows) take(row);
}

/** A team's members, each as a row joined with its membership. LiteLLM's older columns count if the newer one is empty. */
export function membersOf(team: JsonObject, { memberships }: Preloaded): readonly JsonObject[] {
  const { team_id, created_at = null } = team;
  const listed = jsonOf(team.members_with_roles);
  const members: readonly JsonObject[] =
    Array.isArray(listed) && listed.length > 0
      ? listed.filter(isJsonObject)
      : [
          ...textsIn(team.admins).map((user_id) => ({ user_id, role: 'admin' })),
          ...textsIn(team.members).map((user_id) => ({ user_id, role: 'user' })),
        ];
  const byUser = new Map(members.map((member) => [member.user_id, member]));
  return [...byUser.values()]
    .filter(({ user_id }) => typeof user_id === 'string' && user_id !== '')
    .map(({ user_id, role }) => ({
      ...memberships.get(JSON.stringify([team_id, user_id])),
      ...{ team_id: team_id ?? null, user_id: user_id ?? null, role: role ?? null, created_at },
    }));
}
