/** LiteLLM's configuration, with the guide's words among it, read into the canonical shape. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import { type ConfigNode, type MapNode, member, type Place, textOf } from '../config-node.ts';
import { type DeclaredKeyRead, readDeclaredKeys } from '../declared-keys.ts';
import { readDeployments } from '../deployments.ts';
import type { GatewayConfig, RoutingConfig, ServerConfig, TelemetryConfig } from '../gateway-config.ts';
import { given } from '../given.ts';
import type { ProviderDirectory } from '../known-providers.ts';
import { CACHE_PARAMS, GENERAL_SETTINGS, LITELLM_SETTINGS, ROUTER_SETTINGS, TOP_LEVEL } from '../known-settings.ts';
import { type ReadingContext, Section } from '../section.ts';
import type { Environment } from '../variables.ts';
import { budgetPeriod, cacheSettings, logFormatWord, logLevelWord } from './guide.ts';

/** A group that some setting names, and where. */
export interface GroupReference {
  readonly group: string;
  readonly place: Place;
  /** For the message: `the fallback of "gpt-4o"`. */
  readonly from: string;
}

/** The configuration and what the cross-checks need beyond it. */
export interface Draft {
  readonly config: Omit<GatewayConfig, 'files' | 'notYetInEffect'>;
  readonly groupReferences: readonly GroupReference[];
  readonly aliasPlaces: ReadonlyMap<string, Place>;
  readonly keys: readonly DeclaredKeyRead[];
  readonly masterKeyPlace: Place | undefined;
  readonly hasModelList: boolean;
}

/** Defaults, in the units of the canonical shape. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 4000,
  maxRequestBytes: 10 * 1024 * 1024,
  maxResponseBytes: 100 * 1024 * 1024,
  numRetries: 2,
  timeoutMs: 600_000,
  idleTimeoutMs: 120_000,
  connectTimeoutMs: 5_000,
  maxFallbacks: 5,
  strategy: 'simple-shuffle',
  metricsPath: '/metrics',
} as const;

/** Reads the merged tree. Everything wrong with it is among the findings; the draft is only used when none is an error. */
export function readLitellm(
  root: MapNode,
  environment: Environment,
  providers: ProviderDirectory,
  context: ReadingContext,
): Draft {
  // `x-…` holds anchors by a custom that compose files started.
  const shown: MapNode = { ...root, entries: new Map([...root.entries].filter(([key]) => !key.startsWith('x-'))) };
  const top = new Section(shown, TOP_LEVEL, { path: '', unknown: 'refuse-typos' }, context);
  const section = (name: string): MapNode | undefined => {
    const node = member(root, name);
    return node?.kind === 'map' ? node : undefined;
  };
  const litellm = new Section(section('litellm_settings'), LITELLM_SETTINGS, { path: 'litellm_settings' }, context);
  const router = new Section(section('router_settings'), ROUTER_SETTINGS, { path: 'router_settings' }, context);
  const general = new Section(
    section('general_settings'),
    GENERAL_SETTINGS,
    { path: 'general_settings', unsetIsError: (name) => name === 'master_key' },
    context,
  );
  for (const name of ['cache', 'cache_params']) {
    const node = litellm.node(name);
    const options = { path: `litellm_settings.${name}`, isReported: true };
    if (node?.kind === 'map') new Section(node, CACHE_PARAMS, options, context);
  }
  const deployments = readDeployments(root, {
    context,
    providers,
    environment,
    defaults: router.node('default_litellm_params'),
  });
  const keys = readDeclaredKeys(root, context);
  const references: GroupReference[] = [];
  const cache = cacheSettings(litellm);
  const config: Draft['config'] = {
    deployments,
    keys: keys.map(({ key }) => key),
    server: readServer(general, environment),
    routing: readRouting(router, litellm, references, context),
    telemetry: readTelemetry(general, litellm, router, environment),
    dropParams: litellm.flag('drop_params') ?? false,
    ...given('cache', cache),
    budgets: {
      ...given('globalMax', general.usd('global_max_budget') ?? litellm.usd('max_budget')),
      ...given('globalPeriod', budgetPeriod(litellm.text('budget_duration'))),
      ...given('alertThreshold', general.number('budget_alert_threshold')),
    },
    otherSettings: otherSettings(top, litellm, general),
  };
  return {
    config,
    groupReferences: references,
    aliasPlaces: placesOf(router.node('model_group_alias')),
    keys,
    masterKeyPlace: general.has('master_key') ? general.placeOf('master_key') : undefined,
    hasModelList: root.entries.has('model_list'),
  };
}

function readServer(general: Section, environment: Environment): ServerConfig {
  const megabytes = (name: string): number | undefined => {
    const size = general.number(name);
    return size === undefined ? undefined : Math.round(size * 1024 * 1024);
  };
  return {
    host: general.text('host') ?? DEFAULTS.host,
    port: general.number('port') ?? portFrom(environment.PORT) ?? DEFAULTS.port,
    ...given('masterKey', general.text('master_key') ?? nonEmpty(environment.LITELLM_MASTER_KEY)),
    ...given('keyHeaderName', general.text('litellm_key_header_name')?.toLowerCase()),
    maxRequestBytes: megabytes('max_request_size_mb') ?? DEFAULTS.maxRequestBytes,
    maxResponseBytes: megabytes('max_response_size_mb') ?? DEFAULTS.maxResponseBytes,
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function portFrom(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? Number(value) : undefined;
}

/** Router settings that have a typed place; the rest goes to `routing.other`. */
const TYPED_ROUTER_SETTINGS = new Set(
  `timeout stream_timeout ttft_timeout stream_idle_timeout connect_timeout model_group_alias num_retries max_retries
   routing_strategy routing_strategy_args fallbacks default_fallbacks default_fallback_models fallback_on
   max_retries_per_fallback content_policy_fallbacks context_window_fallbacks max_fallbacks enable_pre_call_checks
   enable_pre_call_check set_verbose debug_level default_litellm_params`.split(/\s+/),
);

function readRouting(
  router: Section,
  litellm: Section,
  references: GroupReference[],
  context: ReadingContext,
): RoutingConfig {
  const fallbacks = (name: string): Map<string, readonly string[]> => {
    const map = new Map<string, readonly string[]>();
    for (const section of [litellm, router]) readFallbacks(section.node(name), name, map, references, context);
    return map;
  };
  const general = fallbacks('fallbacks');
  for (const [section, name] of [
    [litellm, 'default_fallbacks'],
    [router, 'default_fallback_models'],
    [router, 'default_fallbacks'],
  ] as const) {
    const groups = section.texts(name);
    if (groups === undefined || groups.length === 0) continue;
    general.set('*', groups);
    const node = section.node(name);
    for (const [index, group] of groups.entries()) {
      const place = (node?.kind === 'list' ? node.items[index] : node) ?? section.placeOf(name);
      if (place !== undefined) references.push({ group, place, from: name });
    }
  }
  const other: JsonObject = {};
  for (const name of router.names()) if (!TYPED_ROUTER_SETTINGS.has(name)) other[name] = router.json(name) as JsonValue;
  return {
    strategy: router.text('routing_strategy') ?? DEFAULTS.strategy,
    strategyArgs: router.map('routing_strategy_args') ?? {},
    numRetries:
      router.number('num_retries') ??
      router.number('max_retries') ??
      litellm.number('num_retries') ??
      DEFAULTS.numRetries,
    timeoutMs: router.milliseconds('timeout') ?? litellm.milliseconds('request_timeout') ?? DEFAULTS.timeoutMs,
    ...given('streamTimeoutMs', router.milliseconds('stream_timeout')),
    ...given('firstTokenTimeoutMs', router.milliseconds('ttft_timeout')),
    idleTimeoutMs: router.milliseconds('stream_idle_timeout') ?? DEFAULTS.idleTimeoutMs,
    connectTimeoutMs: router.milliseconds('connect_timeout') ?? DEFAULTS.connectTimeoutMs,
    aliases: readAliases(router.node('model_group_alias'), context),
    fallbacks: general,
    contextWindowFallbacks: fallbacks('context_window_fallbacks'),
    contentPolicyFallbacks: fallbacks('content_policy_fallbacks'),
    fallbackOn: router.texts('fallback_on') ?? [],
    maxFallbacks: router.number('max_fallbacks') ?? DEFAULTS.maxFallbacks,
    ...given('maxRetriesPerFallback', router.number('max_retries_per_fallback')),
    enablePreCallChecks: router.flag('enable_pre_call_checks') ?? router.flag('enable_pre_call_check') ?? false,
    other,
  };
}

/** `[{ "gpt-4o": ["a", "b"] }]`: a list of maps, in which a target may also be a map with a `model`. */
function readFallbacks(
  node: ConfigNode | undefined,
  name: string,
  into: Map<string, readonly string[]>,
  references: GroupReference[],
  context: ReadingContext,
): void {
  if (node === undefined || node.kind === 'scalar') return;
  for (const item of node.kind === 'list' ? node.items : [node]) {
    if (item.kind !== 'map') {
      const message = `${name} must be a list of maps from a group to its fallback groups, such as - "gpt-4o": ["claude"]`;
      context.findings.add('error', 'wrong-type', item, message);
      continue;
    }
    for (const entry of item.entries.values()) {
      const targets: string[] = [];
      if (entry.key !== '*') references.push({ group: entry.key, place: entry, from: `${name} (its left side)` });
      for (const target of entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
        const group = textOf(target) ?? textOf(member(target, 'model'));
        if (group === undefined) {
          context.findings.add(
            'error',
            'wrong-type',
            target,
            `a fallback of "${entry.key}" must be the name of a model group`,
          );
          continue;
        }
        targets.push(group);
        references.push({ group, place: target, from: `${name} of "${entry.key}"` });
      }
      into.set(entry.key, targets);
    }
  }
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

function placesOf(node: ConfigNode | undefined): ReadonlyMap<string, Place> {
  return node?.kind === 'map' ? node.entries : new Map();
}

function readTelemetry(general: Section, litellm: Section, router: Section, environment: Environment): TelemetryConfig {
  const isVerbose =
    litellm.flag('set_verbose') === true ||
    router.flag('set_verbose') === true ||
    router.text('debug_level') === 'DEBUG';
  const written = litellm.text('log_level') ?? (isVerbose ? 'debug' : environment.LITELLM_LOG?.toLowerCase());
  const format = litellm.text('log_format') ?? (litellm.flag('json_logs') === true ? 'json' : undefined);
  const path = general.text('prometheus_metrics_url') ?? DEFAULTS.metricsPath;
  return {
    logLevel: LEVELS.find((level) => level === logLevelWord(written ?? 'info')) ?? 'info',
    logFormat: FORMATS.find((each) => each === logFormatWord(format ?? 'auto')) ?? 'auto',
    hidePersonalData: litellm.flag('disable_pii_logging') ?? false,
    metrics: {
      enabled: general.flag('enable_prometheus_metrics') ?? true,
      path: path.startsWith('/') ? path : `/${path}`,
      requireAuth: litellm.flag('require_auth_for_metrics_endpoint') ?? true,
    },
  };
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const FORMATS = ['json', 'text', 'auto'] as const;

/** Settings of the two sections, and whole sections, that have no typed place yet. Those that act have one. */
function otherSettings(top: Section, litellm: Section, general: Section): Readonly<Record<string, JsonValue>> {
  const others: Record<string, JsonValue> = {};
  for (const [section, table] of [
    [litellm, LITELLM_SETTINGS],
    [general, GENERAL_SETTINGS],
  ] as const) {
    for (const name of section.names()) {
      const value = section.json(name);
      if (table.get(name)?.effect === 'later' && value !== undefined && !TYPED_ELSEWHERE.has(name))
        others[name] = value;
    }
  }
  for (const name of top.names()) {
    const value = top.json(name);
    if (TOP_LEVEL.get(name)?.effect === 'later' && (Array.isArray(value) || isJsonObject(value))) others[name] = value;
  }
  return others;
}

const TYPED_ELSEWHERE = new Set(
  `default_fallbacks fallbacks content_policy_fallbacks context_window_fallbacks num_retries cache cache_params enable_cache
   cache_ttl cache_system_prompt_only max_budget budget_duration global_max_budget budget_alert_threshold`.split(/\s+/),
);
