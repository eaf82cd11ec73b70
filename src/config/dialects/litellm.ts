/** LiteLLM's configuration, with the guide's words among it, read into the canonical shape. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { readAlerts } from '../alerts.ts';
import { readBudgets } from '../budgets.ts';
import { type ConfigNode, type MapNode, member, type Place } from '../config-node.ts';
import { type DeclaredKeyRead, readDeclaredKeys } from '../declared-keys.ts';
import { readDeclaredTenants } from '../declared-objects.ts';
import { DEFAULTS } from '../defaults.ts';
import { readDeployments } from '../deployments.ts';
import type { FallbackStep } from '../fallbacks.ts';
import type { GatewayConfig, ServerConfig, TelemetryConfig } from '../gateway-config.ts';
import type { GroupReference } from '../group-reference.ts';
import { readHealthChecks } from '../health-checks.ts';
import type { ProviderDirectory } from '../known-providers.ts';
import {
  BUDGET_SETTINGS,
  CACHE_PARAMS,
  GENERAL_SETTINGS,
  LITELLM_SETTINGS,
  ROUTER_SETTINGS,
  TOP_LEVEL,
} from '../known-settings.ts';
import { readManagement } from '../management.ts';
import { readRedis } from '../redis.ts';
import { readRouting } from '../routing.ts';
import { type ReadingContext, Section } from '../section.ts';
import { readStores } from '../stores.ts';
import type { Environment } from '../variables.ts';
import { cacheSettings, logFormatWord, logLevelWord } from './guide.ts';

/** The configuration and what the cross-checks need beyond it. */
export interface Draft {
  readonly config: Omit<GatewayConfig, 'files' | 'notYetInEffect'>;
  readonly groupReferences: readonly GroupReference[];
  readonly fallbackSteps: readonly FallbackStep[];
  readonly aliasPlaces: ReadonlyMap<string, Place>;
  readonly keys: readonly DeclaredKeyRead[];
  readonly masterKeyPlace: Place | undefined;
  readonly hasModelList: boolean;
}

/** No dialect but ours has it: what it does not know is a mistake. */
const OWN_OPTIONS = { path: 'budget_settings', unknown: 'refuse-typos' } as const;

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
  const own = new Section(section('budget_settings'), BUDGET_SETTINGS, OWN_OPTIONS, context);
  for (const name of ['cache', 'cache_params']) {
    const node = litellm.node(name);
    const options = { path: `litellm_settings.${name}`, isReported: true };
    if (node?.kind === 'map') new Section(node, CACHE_PARAMS, options, context);
  }
  const references: GroupReference[] = [];
  const steps: FallbackStep[] = [];
  const routing = readRouting({ router, litellm, context, references, steps });
  const deployments = readDeployments(root, {
    context,
    providers,
    environment,
    defaults: router.node('default_litellm_params'),
    groupSettings: routing.groupSettings,
    defaultMaxParallelRequests: routing.defaultMaxParallelRequests,
  });
  const keys = readDeclaredKeys(root, context);
  const cache = cacheSettings(litellm);
  const config: Draft['config'] = {
    deployments,
    keys: keys.map(({ key }) => key),
    declared: readDeclaredTenants(root, context),
    server: readServer(general, environment),
    routing,
    health: readHealthChecks(general, router),
    ...defined({ redis: readRedis(router, environment, context) }),
    telemetry: readTelemetry(general, litellm, router, environment),
    dropParams: litellm.flag('drop_params') ?? false,
    ...defined({ cache }),
    budgets: readBudgets({ general, litellm, router, own, providers, context }),
    stores: readStores(general, own, environment, context),
    management: readManagement(general, litellm, context),
    alerts: readAlerts(general, own, environment, context),
    otherSettings: otherSettings(top, litellm, general),
  };
  return {
    config,
    groupReferences: references,
    fallbackSteps: steps,
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
    ...defined({
      masterKey: general.text('master_key') ?? nonEmpty(environment.LITELLM_MASTER_KEY),
      keyHeaderName: general.text('litellm_key_header_name')?.toLowerCase(),
    }),
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
    endUserLabel: litellm.flag('enable_end_user_cost_tracking_prometheus_only') ?? false,
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
   cache_ttl cache_system_prompt_only`.split(/\s+/),
);
