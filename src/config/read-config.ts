/** Reads a merged file, in LiteLLM's words, the guide's and ours, into the canonical shape. */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { readCache } from './cache.ts';
import { type MapNode, member, type Place, textOf } from './config-node.ts';
import { readConnectionTls, readProxies } from './connection-tls.ts';
import { databaseUrl } from './database-url.ts';
import { type DeclaredKeyRead, readDeclaredKeys } from './declared-keys.ts';
import { readDeclaredTenants, withTagBudgets } from './declared-objects.ts';
import { readDeployments } from './deployments.ts';
import { deploymentsFromEnvironment } from './deployments-from-environment.ts';
import { FALLBACK_SETTINGS, type FallbackStep, readFallbacks } from './fallbacks.ts';
import { type FeatureSettings, featureValues, topLevelWith } from './feature-settings.ts';
import type {
  BudgetConfig,
  GatewayConfig,
  HealthCheckConfig,
  RoutingConfig,
  StoreConfig,
  TelemetryConfig,
} from './gateway-config.ts';
import type { ReadingContext } from './reading-context.ts';
import { readCacheRedis, readRedis } from './redis.ts';
import { coordinationRedis, isCacheOn, redisOfCache } from './redis-of-cache.ts';
import { fallbackCodes } from './routing-readers.ts';
import { readFields, Section, type SectionOptions } from './section.ts';
import { readServedTls } from './served-tls.ts';
import { rowOf, type SettingRow, type SettingRows } from './setting-rows.ts';
import { type BUDGET_SETTINGS, DEFAULT_CEILING, DEFAULT_WHEN_AWAY, sameForAll } from './settings/budget-settings.ts';
import type { GENERAL_SETTINGS } from './settings/general-settings.ts';
import type { LITELLM_SETTINGS } from './settings/litellm-settings.ts';
import { INFO, PARAMS } from './settings/model-list.ts';
import type { ROUTER_SETTINGS } from './settings/router-settings.ts';
import type { TOP_LEVEL } from './settings/top-level.ts';

/** The configuration and what the cross-checks need beyond it. */
export interface Draft {
  readonly config: Omit<GatewayConfig, 'files' | 'notYetInEffect'>;
  readonly fallbackSteps: readonly FallbackStep[];
  readonly aliasPlaces: ReadonlyMap<string, Place>;
  readonly keys: readonly DeclaredKeyRead[];
  readonly masterKeyPlace: Place | undefined;
  readonly hasModelList: boolean;
}

/** The four sections whose settings concern the gateway as a whole. */
interface Sections {
  readonly router: Section<typeof ROUTER_SETTINGS>;
  readonly own: Section<typeof BUDGET_SETTINGS>;
  readonly litellm: Section<typeof LITELLM_SETTINGS>;
  readonly general: Section<typeof GENERAL_SETTINGS>;
}

/** Without these the gateway would open another database than the one that was meant, count alone, or serve HTTP for HTTPS. */
function isNeededAtStart(name: string): boolean {
  return name === 'master_key' || name === 'database_url' || /^(?:redis|ssl)_/.test(name);
}

/** How the known sections are read; one that a feature brings has no part, and only known members. */
const SECTION_OPTIONS: Readonly<Record<string, Omit<SectionOptions, 'path'>>> = {
  router_settings: { part: 'routing.', unknown: 'warn', unsetIsError: isNeededAtStart },
  litellm_settings: { unknown: 'warn' },
  general_settings: { part: 'server.', unknown: 'warn', unsetIsError: isNeededAtStart },
  budget_settings: { part: 'budgets.' },
};

/** Read before all others, because it says what their reading may accept. */
function readIgnored(root: MapNode, context: ReadingContext): void {
  const node = member(root, 'ignore_settings');
  for (const item of node?.kind === 'list' ? node.items : node === undefined ? [] : [node]) {
    const name = textOf(item);
    if (name !== undefined) context.ignore(name, item);
  }
}

type Unfinished<Part, Field extends keyof Part> = Omit<Part, Field> & Partial<Pick<Part, Field>>;

/** LiteLLM's default: a result counts until the check after the next one should have come. */
const STALE_AFTER_INTERVALS = 2;

/** Reads the merged tree. Everything wrong with it is among the findings; the draft is only used if none is an error. */
export function readConfig(root: MapNode, features: readonly FeatureSettings[], context: ReadingContext): Draft {
  const rows = topLevelWith(features);
  // `x-…` holds anchors, a custom that compose files started.
  const shown: MapNode = { ...root, entries: new Map([...root.entries].filter(([key]) => !key.startsWith('x-'))) };
  readIgnored(root, context);
  context.knowHomes(homesIn(rows));
  const top = new Section(shown, rows, { path: '', unknown: 'refuse-typos' }, context);
  const byName = readSections(top, rows, context);
  const inOrder = [...byName.values()];
  // What the rows of a part set is what its type is made from.
  const part = <Fields>(name: string): Fields => readFields(name, inOrder, context) as Fields;
  const sections = {
    router: byName.get('router_settings'),
    own: byName.get('budget_settings'),
    litellm: byName.get('litellm_settings'),
    general: byName.get('general_settings'),
  } as unknown as Sections;
  const { router, litellm, general } = sections;

  const steps: FallbackStep[] = [];
  const routing = finishRouting(part('routing.'), sections, steps);
  const health = part<Unfinished<HealthCheckConfig, 'stalenessMs'>>('health.');
  const tls = readConnectionTls(litellm);
  const mayBeLinkLocal = general.get('allow_link_local_api_base') === true;
  const keys = readDeclaredKeys(root, context);
  const believesHeaders = general.get('use_x_forwarded_for') === true && general.has('allowed_ips');
  if (believesHeaders && !general.has('trusted_proxy_ranges')) {
    const message =
      'use_x_forwarded_for needs trusted_proxy_ranges, the addresses of your proxies: any client could otherwise name an address that may call';
    context.findings.add('error', 'missing-key', general.placeOf('use_x_forwarded_for'), message);
  }
  const ofCache = redisOfCache(litellm, context);
  const redis = readRedis(router, ofCache, coordinationRedis(general, context));
  lintSharedHealth(health, redis, general, context);
  const read = readDeployments(root, {
    context,
    defaults: router.node('default_litellm_params'),
    mayBeLinkLocal,
    routing,
    shared: defined({ apiKey: litellm.get('api_key'), apiBase: litellm.get('api_base') }),
    ...defined({ tls }),
  });
  const config: Draft['config'] = {
    ...withInferred(read, general, context),
    addresses: context.addresses,
    keys: keys.map(({ key }) => key),
    declared: withTagBudgets(readDeclaredTenants(root, context), litellm, context),
    server: part('server.'),
    routing,
    mayBeLinkLocal,
    health: { ...health, stalenessMs: health.stalenessMs ?? health.intervalMs * STALE_AFTER_INTERVALS },
    ...defined({
      redis,
      cache: readCache(litellm, readCacheRedis(redis, ofCache), context),
      tls,
      servedTls: readServedTls(general),
      proxies: readProxies(context),
    }),
    telemetry: { ...part<TelemetryConfig>('telemetry.'), metrics: part('telemetry.metrics.') },
    ...defined({ dropParams: litellm.effective('drop_params'), modifyParams: litellm.effective('modify_params') }),
    responsesForChats: litellm.get('route_all_chat_openai_to_responses') === true,
    compression: part('compression.'),
    promptCache: { ...whenSystemOnly(litellm), ...part('promptCache.') },
    budgets: finishBudgets(part('budgets.'), sections),
    stores: { ...part<StoreConfig>('stores.'), ...defined({ databaseUrl: databaseUrl(general) }) },
    management: part('management.'),
    features: featureValues(features, byName, context),
    otherSettings: {
      ...notYetTyped(litellm, READ_ELSEWHERE),
      ...notYetTyped(general),
      ...notYetTyped(top),
    },
  };
  return {
    config,
    fallbackSteps: steps,
    aliasPlaces: router.map('model_group_alias')?.entries ?? new Map(),
    keys,
    masterKeyPlace: general.has('master_key') ? general.placeOf('master_key') : undefined,
    hasModelList: root.entries.has('model_list'),
  };
}

/** Without what it needs, each instance checks for itself. */
function lintSharedHealth(
  { isShared, background }: Pick<HealthCheckConfig, 'isShared' | 'background'>,
  redis: GatewayConfig['redis'],
  general: Sections['general'],
  { findings }: ReadingContext,
): void {
  const missing = !background
    ? 'background_health_checks, the checks that would be shared'
    : redis === undefined
      ? 'a Redis (router_settings.redis_host), by which instances tell one another what they found'
      : undefined;
  if (!isShared || missing === undefined) return;
  const message = `use_shared_health_check needs ${missing}; without it each instance checks for itself`;
  findings.add('warning', 'missing-key', general.placeOf('use_shared_health_check'), message);
}

/** With `infer_model_from_keys`, what the keys in the environment can serve and `model_list` does not name. */
function withInferred<Read extends Pick<GatewayConfig, 'deployments'>>(
  read: Read,
  general: Section<typeof GENERAL_SETTINGS>,
  { providers, environment }: ReadingContext,
): Read {
  if (general.get('infer_model_from_keys') !== true) return read;
  const named = new Set(read.deployments.map(({ group }) => group));
  const inferred = deploymentsFromEnvironment(providers.all, environment).filter(({ group }) => !named.has(group));
  return { ...read, deployments: [...read.deployments, ...inferred] };
}

/** Which sections have a setting: maps of the file, or for an entry of `model_list` the maps in it. */
function homesIn(rows: typeof TOP_LEVEL): (name: string, path: string) => readonly string[] {
  const sections = Object.entries<SettingRow>(rows).flatMap(([section, { members }]) =>
    members?.as === 'map' ? [[section, members.rows] as const] : [],
  );
  const ofEntry = [['its litellm_params', PARAMS.rows] as const, ['its model_info', INFO.rows] as const];
  return (name, path) =>
    (path === 'model_list[]' ? ofEntry : sections)
      .filter(([, known]) => (rowOf(known, name)?.effect ?? 'never') !== 'never')
      .map(([section]) => section);
}

/** Where the Redis of a cache is; with a part of it missing, instances would count alone. */
const ADDRESS = /^(?:host|port|url|username|password)$/;

/** Reads the map of each section, those that features bring among them. */
function readSections(
  top: Section<typeof TOP_LEVEL>,
  rows: typeof TOP_LEVEL,
  context: ReadingContext,
): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  for (const [name, { members }] of Object.entries<SettingRow>(rows)) {
    if (members?.as !== 'map') continue;
    const options = { path: name, unknown: 'refuse-typos', ...SECTION_OPTIONS[name] } as const;
    sections.set(name, new Section(top.map(name), members.rows, options, context));
  }
  const { members } = rows.litellm_settings.members.rows.cache_params;
  const litellm = sections.get('litellm_settings') as Sections['litellm'] | undefined;
  const unsetIsError = (name: string): boolean => litellm !== undefined && isCacheOn(litellm) && ADDRESS.test(name);
  for (const name of ['cache', 'cache_params'] as const) {
    const node = litellm?.map(name);
    const options = { path: `litellm_settings.${name}`, isReported: true, unsetIsError };
    if (node !== undefined) new Section(node, members.rows, options, context);
  }
  // If several set the same field, the first of these wins.
  const names = ['router_settings', 'budget_settings', ...sections.keys()];
  return new Map(names.map((name) => [name, sections.get(name) as Section]));
}

/** Adds what follows from several settings. */
function finishRouting(fields: RoutingConfig, { router, litellm }: Sections, steps: FallbackStep[]): RoutingConfig {
  const { numRetries, maxAttempts, maxRetriesPerFallback } = fields;
  const [fallbacks, contextWindowFallbacks, contentPolicyFallbacks] = FALLBACK_SETTINGS.map((setting) =>
    readFallbacks(setting, { router, litellm, steps }),
  ) as [RoutingConfig['fallbacks'], RoutingConfig['fallbacks'], RoutingConfig['fallbacks']];
  return {
    ...fields,
    maxAttempts: router.has('max_attempts') ? maxAttempts : Math.max(maxAttempts, numRetries + 1),
    // LiteLLM gives each fallback group all retries again, which multiplies them; one is enough to get over a single failure.
    maxRetriesPerFallback: router.has('max_retries_per_fallback')
      ? maxRetriesPerFallback
      : Math.min(numRetries, maxRetriesPerFallback),
    ...defined({ requestDeadlineMs: router.get('request_deadline'), fallbackCodes: fallbackCodes(fields.fallbackOn) }),
    fallbacks,
    contextWindowFallbacks,
    contentPolicyFallbacks,
    other: notYetTyped(router),
  };
}

function finishBudgets(fields: BudgetConfig, { general, own, litellm }: Sections): BudgetConfig {
  const isClosed = general.get('fail_closed_budget_enforcement') === true;
  const { userDefault } = fields;
  const period = litellm.get('internal_user_budget_duration');
  return {
    ...fields,
    whenAway: { ...(isClosed ? sameForAll(() => 'closed' as const) : DEFAULT_WHEN_AWAY), ...own.get('when_away') },
    unpricedCeiling: own.get('unpriced_ceiling') ?? DEFAULT_CEILING,
    ...defined({ userDefault: userDefault && { ...userDefault, ...defined({ period }) } }),
  };
}

/** `cache_system_prompt_only`, wherever it is written, asks for the prompt cache of the provider and for no answers. */
function whenSystemOnly(litellm: Section<typeof LITELLM_SETTINGS>): Partial<GatewayConfig['promptCache']> {
  const isSet = [litellm.json('cache_params'), litellm.map('cache') && litellm.json('cache')].some(
    (map) => map !== undefined && isJsonObject(map) && isTrue(map.cache_system_prompt_only),
  );
  return isSet || litellm.get('cache_system_prompt_only') === true ? { mode: 'system' } : {};
}

const isTrue = (value: JsonValue | undefined): boolean =>
  value === true || (typeof value === 'string' && /^(?:true|yes|on)$/i.test(value.trim()));

/** Settings of `litellm_settings` that act in part, or are read into `cache`. */
const READ_ELSEWHERE = /^(enable_)?cache(_params|_ttl|_system_prompt_only)?$/;

/** The settings of a section that a later release implements, checked for type. */
function notYetTyped<Rows extends SettingRows>(section: Section<Rows>, except?: RegExp): Record<string, JsonValue> {
  const others: Record<string, JsonValue> = {};
  for (const name of section.names()) {
    const value = section.json(name);
    if (section.rows[name]?.effect === 'later' && value !== undefined && except?.test(name) !== true)
      others[name] = value;
  }
  return others;
}
