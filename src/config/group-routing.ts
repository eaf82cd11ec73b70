/** The routing settings of one model group: its own, else those of its entry in `routing_groups`, else the router's. */
import type { JsonObject } from '../core/json.ts';
import { compileWildcard } from '../core/wildcard.ts';
import type { HedgeConfig, NumberByClass, RoutingConfig } from './gateway-config.ts';
import { ROUTER_SETTINGS } from './settings/router-settings.ts';

/** The settings of one model group, complete. */
export interface GroupRouting {
  readonly strategy: string;
  readonly strategyArgs: JsonObject;
  readonly retriesByClass: NumberByClass;
  readonly midStream: RoutingConfig['midStream'];
  readonly hedge: HedgeConfig;
  /** The words of `optional_pre_call_checks` that apply. */
  readonly checks: readonly string[];
}

/** Affinity checks: `model_group_affinity_config` replaces these for a group. */
const AFFINITY = /affinity$|^prompt_caching$|^responses_api_deployment_check$/;

/**
 * The settings of a group. `names`: its name first, then its pattern if it is a wildcard. Computed once for each group when a
 * configuration takes effect, not for each request.
 */
export function routingOfGroup(routing: RoutingConfig, names: readonly string[]): GroupRouting {
  const own = firstOf(names, (name) => routing.groupSettings.get(name));
  const shared = routing.routingGroups.find(({ models }) => names.some((name) => isAmong(name, models)));
  const affinity = firstOf(names, (name) => routing.groupAffinity.get(name));
  const strategy = own?.strategy ?? shared?.strategy;
  const { optionalPreCallChecks: checks } = routing;
  return {
    strategy: strategy ?? routing.strategy,
    // Arguments belong to the strategy beside them: another strategy does not know them.
    strategyArgs:
      own?.strategyArgs ??
      (own?.strategy !== undefined ? {} : shared !== undefined ? shared.strategyArgs : routing.strategyArgs),
    retriesByClass: firstOf(names, (name) => routing.groupRetriesByClass.get(name)) ?? routing.retriesByClass,
    midStream: own?.midStream ?? routing.midStream,
    hedge: own?.hedge ?? routing.hedge,
    checks: affinity === undefined ? checks : [...checks.filter((check) => !AFFINITY.test(check)), ...affinity],
  };
}

/**
 * How long a request may take over all its attempts. By default that is longer than a short `timeout`: that is the limit of an
 * attempt, and a fallback after a timeout needs time as well.
 */
export function deadlineOf(routing: Pick<RoutingConfig, 'requestDeadlineMs' | 'timeoutMs'>): number {
  return routing.requestDeadlineMs ?? Math.max(routing.timeoutMs, ROUTER_SETTINGS.request_deadline.default * 1000);
}

function firstOf<Value>(names: readonly string[], find: (name: string) => Value | undefined): Value | undefined {
  for (const name of names) {
    const found = find(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isAmong(name: string, models: readonly string[]): boolean {
  return models.some(
    (model) => model === name || (model.includes('*') && compileWildcard(model).match(name) !== undefined),
  );
}
