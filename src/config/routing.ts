/** Reads `router_settings`, and what `litellm_settings` says of the same, into the canonical routing settings. */
import { defined } from '../core/defined.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { readFallbackOn } from '../routing/fallback-chain.ts';
import { type ConfigNode, type MapNode, member, textOf } from './config-node.ts';
import { DEFAULTS } from './defaults.ts';
import { type FallbackStep, readFallbacks } from './fallbacks.ts';
import type { GroupReference } from './group-reference.ts';
import {
  ALLOWED_FAILS_POLICY,
  GROUP_SETTINGS,
  HEDGE,
  RETRY_POLICY,
  ROUTING_GROUP,
  type SettingTable,
} from './known-settings.ts';
import type { GroupSettings, HedgeConfig, NumberByClass, RoutingConfig, RoutingGroup } from './routing-config.ts';
import { type ReadingContext, Section } from './section.ts';
import { BUDGET_STRATEGY, classOfPolicyMember } from './settings/router-settings.ts';

/** Router settings that have a typed place, or belong to another part; the rest goes to `routing.other`. */
const TYPED = new Set(
  `timeout stream_timeout ttft_timeout stream_idle_timeout connect_timeout request_deadline model_group_alias num_retries
   max_retries max_attempts retry_after retry_policy model_group_retry_policy routing_strategy routing_strategy_args
   routing_groups model_group_settings fallbacks default_fallbacks default_fallback_models fallback_on
   max_retries_per_fallback content_policy_fallbacks context_window_fallbacks max_fallbacks enable_weighted_failover
   enable_pre_call_checks enable_pre_call_check optional_pre_call_checks deployment_affinity_ttl_seconds
   model_group_affinity_config enable_tag_filtering tag_filtering_match_any cooldown_time disable_cooldowns allowed_fails
   allowed_fails_policy default_max_parallel_requests mid_stream hedge enable_health_check_routing
   health_check_staleness_threshold health_check_ignore_transient_errors set_verbose debug_level
   default_litellm_params redis_host redis_port redis_password redis_username redis_db redis_url redis_ssl
   redis_ssl_ca_certs redis_ssl_cert_reqs redis_ssl_check_hostname redis_startup_nodes redis_sentinel_nodes
   redis_service_name redis_sentinel_username redis_sentinel_password`.split(/\s+/),
);

/** Where routing settings are read from, and what is noticed on the way. */
export interface RoutingReading {
  readonly router: Section;
  readonly litellm: Section;
  readonly context: ReadingContext;
  readonly references: GroupReference[];
  readonly steps: FallbackStep[];
}

/** The routing settings of a configuration. */
export function readRouting(reading: RoutingReading): RoutingConfig {
  const { router, litellm, context } = reading;
  const other: JsonObject = {};
  for (const name of router.names()) if (!TYPED.has(name)) other[name] = router.json(name) as JsonValue;
  const number = (name: string): number | undefined => router.number(name) ?? litellm.number(name);
  const numRetries = router.number('num_retries') ?? number('max_retries') ?? litellm.number('num_retries');
  const retries = numRetries ?? DEFAULTS.numRetries;
  const fallbackOn = router.texts('fallback_on') ?? [];
  return {
    strategy: strategyOf(router) ?? DEFAULTS.strategy,
    strategyArgs: router.map('routing_strategy_args') ?? {},
    routingGroups: readRoutingGroups(router.node('routing_groups'), reading),
    groupSettings: readGroupSettings(router.node('model_group_settings'), reading),
    numRetries: retries,
    retriesByClass: readPolicy(router.node('retry_policy'), 'retry_policy', RETRY_POLICY, context),
    groupRetriesByClass: readGroupPolicies(router.node('model_group_retry_policy'), reading),
    retryAfterMs: router.milliseconds('retry_after') ?? DEFAULTS.retryAfterMs,
    maxAttempts: router.number('max_attempts') ?? Math.max(DEFAULTS.maxAttempts, retries + 1),
    timeoutMs: router.milliseconds('timeout') ?? litellm.milliseconds('request_timeout') ?? DEFAULTS.timeoutMs,
    ...defined({
      streamTimeoutMs: router.milliseconds('stream_timeout'),
      firstTokenTimeoutMs: router.milliseconds('ttft_timeout'),
    }),
    idleTimeoutMs: router.milliseconds('stream_idle_timeout') ?? DEFAULTS.idleTimeoutMs,
    connectTimeoutMs: router.milliseconds('connect_timeout') ?? DEFAULTS.connectTimeoutMs,
    ...defined({ requestDeadlineMs: router.milliseconds('request_deadline') }),
    aliases: readAliases(router.node('model_group_alias'), context),
    fallbacks: readFallbacks('fallbacks', reading),
    contextWindowFallbacks: readFallbacks('context_window_fallbacks', reading),
    contentPolicyFallbacks: readFallbacks('content_policy_fallbacks', reading),
    fallbackOn,
    ...defined({ fallbackCodes: fallbackCodes(fallbackOn) }),
    maxFallbacks: router.number('max_fallbacks') ?? DEFAULTS.maxFallbacks,
    maxRetriesPerFallback:
      router.number('max_retries_per_fallback') ?? Math.min(retries, DEFAULTS.mostRetriesPerFallback),
    enableWeightedFailover: router.flag('enable_weighted_failover') ?? true,
    ...defined({ allowedFails: number('allowed_fails') }),
    allowedFailsByClass: readPolicy(
      router.node('allowed_fails_policy'),
      'allowed_fails_policy',
      ALLOWED_FAILS_POLICY,
      context,
    ),
    cooldownMs: router.milliseconds('cooldown_time') ?? litellm.milliseconds('cooldown_time') ?? DEFAULTS.cooldownMs,
    disableCooldowns: router.flag('disable_cooldowns') ?? false,
    enablePreCallChecks: router.flag('enable_pre_call_checks') ?? router.flag('enable_pre_call_check') ?? false,
    optionalPreCallChecks: router.texts('optional_pre_call_checks') ?? [],
    groupAffinity: readGroupAffinity(router.node('model_group_affinity_config'), reading),
    affinityTtlMs: router.milliseconds('deployment_affinity_ttl_seconds') ?? DEFAULTS.affinityTtlMs,
    enableTagFiltering: router.flag('enable_tag_filtering') ?? false,
    tagFilteringMatchAny: router.flag('tag_filtering_match_any') ?? true,
    ...defined({ defaultMaxParallelRequests: router.number('default_max_parallel_requests') }),
    midStream: midStreamOf(router) ?? 'continue',
    hedge: readHedge(router.node('hedge'), 'router_settings.hedge', context),
    other,
  };
}

/** The numbers of a policy by class of failure; a class it leaves out has none. */
export function readPolicy(
  node: ConfigNode | undefined,
  path: string,
  table: SettingTable,
  context: ReadingContext,
): NumberByClass {
  if (node?.kind !== 'map') return {};
  const section = new Section(node, table, { path }, context);
  const numbers: Record<string, number> = {};
  for (const name of section.names()) {
    const value = section.number(name);
    if (value !== undefined) numbers[classOfPolicyMember(name)] = value;
  }
  return numbers;
}

function strategyOf(section: Section): string | undefined {
  const written = section.text('routing_strategy');
  return written === BUDGET_STRATEGY ? DEFAULTS.strategy : written;
}

/**
 * The failures that the words mean; undefined where there are none, for all that are not the client's. A group in which nothing
 * is left to ask falls back whatever the words are: it failed by one of them before.
 */
function fallbackCodes(words: readonly string[]): ReadonlySet<ErrorCode> | undefined {
  if (words.length === 0) return undefined;
  return new Set<ErrorCode>([...readFallbackOn(words).codes, 'no_deployment_available']);
}

function midStreamOf(section: Section): 'continue' | 'error' | undefined {
  const written = section.text('mid_stream');
  return written === 'continue' || written === 'error' ? written : undefined;
}

function readRoutingGroups(node: ConfigNode | undefined, { context, references }: RoutingReading): RoutingGroup[] {
  if (node?.kind !== 'list') return [];
  const groups: RoutingGroup[] = [];
  for (const [index, item] of node.items.entries()) {
    if (item.kind !== 'map') {
      const message = 'an entry of routing_groups must be a map with models and routing_strategy';
      context.findings.add('error', 'wrong-type', item, message);
      continue;
    }
    const section = new Section(item, ROUTING_GROUP, { path: 'routing_groups[]', unknown: 'refuse-typos' }, context);
    const name = section.text('group_name') ?? `routing_groups[${index}]`;
    const models = section.texts('models') ?? [];
    const strategy = strategyOf(section);
    if (models.length === 0 || strategy === undefined) {
      const lacks = models.length === 0 ? 'no models' : 'no routing_strategy';
      const message = `the entry "${name}" of routing_groups has ${lacks}, so it changes nothing`;
      context.findings.add('warning', 'missing-key', item, message);
    }
    for (const [each, group] of models.entries()) {
      const list = section.node('models');
      const place = (list?.kind === 'list' ? list.items[each] : list) ?? item;
      references.push({ group, place, from: `the entry "${name}" of routing_groups` });
    }
    if (strategy === undefined) continue;
    groups.push({ name, models, strategy, strategyArgs: section.map('routing_strategy_args') ?? {} });
  }
  return groups;
}

/** The maps that stand behind the names of model groups in one setting. */
function* groupMaps(
  node: ConfigNode | undefined,
  setting: string,
  { context, references }: RoutingReading,
): Generator<readonly [group: string, map: MapNode]> {
  if (node?.kind !== 'map') return;
  for (const entry of node.entries.values()) {
    references.push({ group: entry.key, place: entry, from: setting });
    if (entry.value.kind === 'map') yield [entry.key, entry.value];
    else context.findings.add('error', 'wrong-type', entry.value, `${setting} of "${entry.key}" must be a map`);
  }
}

function readGroupSettings(node: ConfigNode | undefined, reading: RoutingReading): Map<string, GroupSettings> {
  const { context } = reading;
  const groups = new Map<string, GroupSettings>();
  for (const [group, map] of groupMaps(node, 'model_group_settings', reading)) {
    const path = 'model_group_settings{}';
    const section = new Section(map, GROUP_SETTINGS, { path, unknown: 'refuse-typos' }, context);
    const hedge = section.node('hedge');
    groups.set(group, {
      ...defined({
        strategy: strategyOf(section),
        strategyArgs: section.map('routing_strategy_args'),
        midStream: midStreamOf(section),
        hedge: hedge === undefined ? undefined : readHedge(hedge, `${path}.hedge`, context),
        timeoutMs: section.milliseconds('timeout'),
        streamTimeoutMs: section.milliseconds('stream_timeout'),
        firstTokenTimeoutMs: section.milliseconds('ttft_timeout'),
        idleTimeoutMs: section.milliseconds('stream_idle_timeout'),
      }),
    });
  }
  return groups;
}

function readGroupPolicies(node: ConfigNode | undefined, reading: RoutingReading): Map<string, NumberByClass> {
  const setting = 'model_group_retry_policy';
  const policies = new Map<string, NumberByClass>();
  for (const [group, map] of groupMaps(node, setting, reading)) {
    policies.set(group, readPolicy(map, setting, RETRY_POLICY, reading.context));
  }
  return policies;
}

function readGroupAffinity(
  node: ConfigNode | undefined,
  { context, references }: RoutingReading,
): Map<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  if (node?.kind !== 'map') return groups;
  for (const entry of node.entries.values()) {
    references.push({ group: entry.key, place: entry, from: 'model_group_affinity_config' });
    const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
    const checks = items.map(textOf).filter((check) => check !== undefined);
    if (checks.length !== items.length) {
      const message = `model_group_affinity_config of "${entry.key}" must be a list of checks`;
      context.findings.add('error', 'wrong-type', entry.value, message);
    }
    groups.set(entry.key, checks);
  }
  return groups;
}

function readHedge(node: ConfigNode | undefined, path: string, context: ReadingContext): HedgeConfig {
  const map = node?.kind === 'map' ? node : undefined;
  const section = new Section(map, HEDGE, { path, unknown: 'refuse-typos' }, context);
  return {
    enabled: section.flag('enabled') ?? false,
    maxExtraSpend: section.number('max_extra_spend') ?? DEFAULTS.hedgeExtraSpend,
    percentile: section.number('percentile') ?? DEFAULTS.hedgePercentile,
  };
}

function readAliases(node: ConfigNode | undefined, context: ReadingContext): RoutingConfig['aliases'] {
  const aliases = new Map<string, { readonly group: string; readonly hidden: boolean }>();
  if (node?.kind !== 'map') return aliases;
  for (const entry of node.entries.values()) {
    const group = textOf(entry.value) ?? textOf(member(entry.value, 'model'));
    if (group === undefined) {
      const message = `the alias "${entry.key}" must name a model group, or be a map with "model" and "hidden"`;
      context.findings.add('error', 'wrong-type', entry.value, message);
      continue;
    }
    const hidden = textOf(member(entry.value, 'hidden'))?.toLowerCase() === 'true';
    aliases.set(entry.key, { group, hidden });
  }
  return aliases;
}
