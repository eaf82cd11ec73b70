/**
 * A caller can only give a part of what it has. Compares what is granted with what the giver holds, field by field, and names the
 * field that is more. Pure, so that property tests can check its laws.
 */

import { defined } from '../core/defined.ts';
import type { PicoUsd } from '../core/money.ts';
import { ownValue } from '../core/own-value.ts';
import { compileWildcard } from '../core/wildcard.ts';
import type { Key, Limits, PeriodBudget } from '../stores/contracts/directory.ts';

/** What a key, team or user may do: granted, or held by who grants. */
export interface Rights extends Limits {
  /** Empty means all. */
  readonly models: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly expiresAtMs?: number;
  readonly allowedRoutes?: readonly string[];
  readonly keyType?: Key['keyType'];
  readonly enforcedParams?: readonly string[];
  /** Tags carry budgets, so that a key passes its tags on to the keys that it makes. */
  readonly tags?: readonly string[];
}

/** Something that the giver holds, and that bounds what it may hand on. */
export interface Holding {
  readonly rights: Rights;
  /**
   * Requests under what is granted are held to these rights as well (the team of a new key): what the grant leaves open is bounded
   * there, and its budget periods may differ.
   */
  readonly isEnforced: boolean;
}

const ALL = 'all-proxy-models';
const TEAMS_OWN = 'all-team-models';
const NONE = 'no-default-models';

/** The field, by LiteLLM's name, in which a grant is more than what is held; undefined if no field is. */
export function beyond(grant: Rights, { rights: held, isEnforced }: Holding): string | undefined {
  if (!modelsWithin(grant.models, held.models, isEnforced)) return 'models';
  if (!aliasesWithin(grant.aliases, held.models)) return 'aliases';
  const money = moneyBeyond(grant, held, isEnforced);
  if (money !== undefined) return money;
  for (const [name, field] of COUNTS) if (!countWithin(grant[field], held[field], isEnforced)) return name;
  for (const [name, field] of COUNT_MAPS) {
    for (const [model, most] of Object.entries(held[field] ?? {})) {
      if (!countWithin(ownValue(grant[field], model), most, isEnforced)) return name;
    }
  }
  if (!countWithin(grant.expiresAtMs, held.expiresAtMs, isEnforced)) return 'duration';
  if (!routesWithin(grant.allowedRoutes, held.allowedRoutes, isEnforced)) return 'allowed_routes';
  if (!PARTS_OF[held.keyType ?? 'default'].includes(grant.keyType ?? 'default')) return 'key_type';
  if ((held.enforcedParams ?? []).some((name) => grant.enforcedParams?.includes(name) !== true))
    return 'enforced_params';
  if (!isEnforced && (held.tags ?? []).some((tag) => grant.tags?.includes(tag) !== true)) return 'tags';
  return undefined;
}

/** A grant with the giver's own limits wherever it sets none. */
export function inherit<Grant extends Rights>(grant: Grant, { rights: held, isEnforced }: Holding): Grant {
  if (isEnforced) return grant;
  const tags = [...new Set([...(grant.tags ?? []), ...(held.tags ?? [])])];
  const enforcedParams = [...new Set([...(grant.enforcedParams ?? []), ...(held.enforcedParams ?? [])])];
  return {
    ...grant,
    ...inheritedLimits(grant, held),
    models: grant.models.length === 0 ? held.models : grant.models,
    ...defined({
      expiresAtMs: grant.expiresAtMs ?? held.expiresAtMs,
      allowedRoutes: grant.allowedRoutes?.length ? grant.allowedRoutes : (held.allowedRoutes ?? grant.allowedRoutes),
      keyType: (grant.keyType ?? 'default') === 'default' ? (held.keyType ?? grant.keyType) : grant.keyType,
      enforcedParams: enforcedParams.length > 0 ? enforcedParams : undefined,
      tags: tags.length > 0 ? tags : undefined,
    }),
  };
}

function inheritedLimits(grant: Rights, held: Rights): Limits {
  const counts = COUNTS.map(([, field]) => [field, grant[field] ?? held[field]]);
  const maps = COUNT_MAPS.map(([, field]) => [field, held[field] && { ...held[field], ...grant[field] }]);
  const hasOwnBudget = grant.maxBudget !== undefined || held.maxBudget === undefined;
  return defined({
    ...Object.fromEntries([...counts, ...maps]),
    modelMaxBudget: held.modelMaxBudget && { ...held.modelMaxBudget, ...grant.modelMaxBudget },
    maxBudget: hasOwnBudget ? undefined : held.maxBudget,
    budgetDuration: hasOwnBudget ? undefined : held.budgetDuration,
    budgetLimits: held.budgetLimits && (grant.budgetLimits ?? held.budgetLimits),
  });
}

const COUNTS = [
  ['rpm_limit', 'rpmLimit'],
  ['tpm_limit', 'tpmLimit'],
  ['input_tpm_limit', 'inputTpmLimit'],
  ['output_tpm_limit', 'outputTpmLimit'],
  ['max_parallel_requests', 'maxParallelRequests'],
] as const;

const COUNT_MAPS = [
  ['model_rpm_limit', 'modelRpmLimit'],
  ['model_tpm_limit', 'modelTpmLimit'],
] as const;

/** What a key of each type may make. */
const PARTS_OF: Readonly<Record<Key['keyType'], readonly Key['keyType'][]>> = {
  default: ['default', 'llm_api', 'management', 'read_only'],
  management: ['management', 'read_only'],
  llm_api: ['llm_api'],
  read_only: ['read_only'],
};

function modelsWithin(granted: readonly string[], held: readonly string[], isEnforced: boolean): boolean {
  if (held.length === 0 || held.includes(ALL)) return true;
  if (granted.length === 0) return isEnforced;
  return granted.every((model) => {
    if (model === NONE) return true;
    // Means what the team may use, which is asked again at every request.
    if (model === TEAMS_OWN) return isEnforced || held.includes(TEAMS_OWN);
    if (model === ALL) return isEnforced;
    return covers(held, model);
  });
}

/** Whether a name, or every name that a pattern matches, is among others. A pattern covers another one that it matches as a text. */
function covers(held: readonly string[], wanted: string): boolean {
  return held.some((one) => one === wanted || (one.includes('*') && compileWildcard(one).match(wanted) !== undefined));
}

function aliasesWithin(aliases: Rights['aliases'], held: readonly string[]): boolean {
  if (held.length === 0 || held.includes(ALL)) return true;
  return Object.values(aliases ?? {}).every((target) => covers(held, target));
}

function moneyBeyond(grant: Rights, held: Rights, isEnforced: boolean): string | undefined {
  const most = held.maxBudget;
  if (most !== undefined) {
    const [budget] = budgetOf(grant);
    if (!budgetWithin(budget, period(most, held.budgetDuration), isEnforced)) return 'max_budget';
  }
  for (const bound of held.budgetLimits ?? []) {
    const own = [...(grant.budgetLimits ?? []), ...budgetOf(grant)];
    const isWithin = own.some((budget) => budgetWithin(budget, bound, isEnforced));
    if (!isWithin && !isEnforced) return 'budget_limits';
  }
  for (const [model, bound] of Object.entries(held.modelMaxBudget ?? {})) {
    if (!budgetWithin(ownValue(grant.modelMaxBudget, model), bound, isEnforced)) return 'model_max_budget';
  }
  return undefined;
}

/** The general budget, as far as it may be raised. */
function budgetOf({ maxBudget, budgetDuration, tempBudgetIncrease: raise }: Limits): readonly PeriodBudget[] {
  return maxBudget === undefined ? [] : [period(maxBudget + (raise?.amount ?? 0n), budgetDuration)];
}

function period(max: PicoUsd, duration: string | undefined): PeriodBudget {
  return duration === undefined ? { max } : { max, duration };
}

/**
 * A budget is a part of another one if it is no larger and does not reset more often: it has the same period, or never resets.
 * Other periods are refused, even longer ones: a long period can overlap two short ones.
 */
function budgetWithin(budget: PeriodBudget | undefined, bound: PeriodBudget, isEnforced: boolean): boolean {
  if (budget === undefined) return isEnforced;
  if (budget.max > bound.max) return false;
  if (!countWithin(budget.rpmLimit, bound.rpmLimit, isEnforced)) return false;
  if (!countWithin(budget.tpmLimit, bound.tpmLimit, isEnforced)) return false;
  return isEnforced || budget.duration === undefined || budget.duration === bound.duration;
}

function countWithin(count: number | undefined, most: number | undefined, isEnforced: boolean): boolean {
  if (most === undefined) return true;
  return count === undefined ? isEnforced : count <= most;
}

function routesWithin(
  granted: readonly string[] | undefined,
  held: readonly string[] | undefined,
  isEnforced: boolean,
): boolean {
  if (held === undefined || held.length === 0) return true;
  if (granted === undefined || granted.length === 0) return isEnforced;
  // As keys are held to them: `*` means something at the end only.
  return granted.every((route) =>
    held.some((one) => one === route || (one.endsWith('*') && route.startsWith(one.slice(0, -1)))),
  );
}
