/** Reads `model_list` into deployments. */

import { defined } from '../core/defined.ts';
import { GatewayError } from '../core/errors.ts';
import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { patternOf } from '../core/pattern-of.ts';
import { groupedByTeam } from '../core/team-models.ts';
import { isMockMember, readMock } from '../providers/mock.ts';
import { apiBaseFault } from './api-base-fault.ts';
import { type ChoiceGroup, readChoiceGroup } from './choice-groups.ts';
import { type ConfigNode, type MapNode, member, merged, positionOf } from './config-node.ts';
import { readDeploymentTls } from './connection-tls.ts';
import { credentialNameOf, readCredentials, setMembers } from './credentials.ts';
import { credentialOf } from './deployment-identity.ts';
import type {
  ConnectionTls,
  DeploymentConfig,
  DeploymentHealthCheck,
  GatewayConfig,
  RoutingConfig,
  UnservedDeployment,
  WaitingDeployment,
} from './gateway-config.ts';
import type { KnownProvider, ProviderModel } from './known-providers.ts';
import { keyFromEnvironment, wildcardGroups } from './provider-environment.ts';
import type { ReadingContext } from './reading-context.ts';
import { Section } from './section.ts';
import { rowOf } from './setting-rows.ts';
import { INFO, MODEL_ENTRY, PARAMS, REQUEST_FIELDS } from './settings/model-list.ts';
import { PRICE_SETTINGS } from './settings/prices.ts';
import { stableId } from './stable-id.ts';

const PARAMS_PATH = 'model_list[].litellm_params';

type ParamsSection = Section<typeof PARAMS.rows>;
type InfoSection = Section<typeof INFO.rows>;

/** What deployments are read with. */
interface DeploymentReading {
  readonly context: ReadingContext;
  /** `router_settings.default_litellm_params`. */
  readonly defaults: ConfigNode | undefined;
  /** Whether `api_base` may be a link-local address. */
  readonly mayBeLinkLocal: boolean;
  /** The limits that hold for deployments without limits of their own. */
  readonly routing: Pick<RoutingConfig, 'groupSettings' | 'defaultMaxParallelRequests'>;
  /** The TLS settings of all connections. */
  readonly tls?: ConnectionTls;
  /** The key and the address of deployments without their own: `litellm_settings` has them for all providers. */
  readonly shared: { readonly apiKey?: string; readonly apiBase?: string };
}

/** A `model_list` entry that was read: what its deployments are made from. */
interface ReadEntry {
  readonly item: MapNode;
  readonly group: string;
  readonly params: ParamsSection;
  readonly info: InfoSection | undefined;
  /** `model_info` as written, with the prices of `litellm_params` folded in; a price in `model_info` wins. */
  readonly modelInfo: JsonObject;
}

/** Reads all entries of `model_list`. One that cannot be served is left out and reported; a broken one is an error. */
export function readDeployments(
  root: MapNode,
  reading: DeploymentReading,
): Pick<GatewayConfig, 'deployments' | 'unserved' | 'waiting' | 'credentials' | 'choices'> {
  const { findings } = reading.context;
  const list = member(root, 'model_list');
  if (
    list !== undefined &&
    ((list.kind === 'scalar' && list.value === null) || (list.kind === 'list' && list.items.length === 0))
  ) {
    const message = 'model_list is empty: no model is served; add an entry with model_name and litellm_params';
    findings.add('warning', 'empty-model-list', list, message);
  }
  const credentials = readCredentials(root, reading.context);
  const values = new Map(credentials.map(({ name, node }) => [name, node]));
  const reader = new DeploymentReader(reading, values);
  const shared = credentials.map(({ name, node, info }) => ({ name, values: setMembers(node), info }));
  if (list?.kind !== 'list') return { deployments: [], unserved: [], waiting: [], choices: [], credentials: shared };
  const deployments: DeploymentConfig[] = [];
  for (const item of list.items) {
    if (item.kind === 'map') for (const deployment of reader.read(item)) deployments.push(deployment);
    else
      findings.add(
        'error',
        'wrong-type',
        item,
        'an entry of model_list must be a map with model_name and litellm_params',
      );
  }
  const { unserved, waiting, choices } = reader;
  return { deployments, unserved, waiting, choices, credentials: shared };
}

class DeploymentReader {
  readonly #reading: DeploymentReading;
  readonly #credentials: ReadonlyMap<string, MapNode>;
  readonly #ids = new Set<string>();
  /** What was left out. */
  readonly unserved: UnservedDeployment[] = [];
  /** Entries that choose among other groups. */
  readonly choices: ChoiceGroup[] = [];
  /** What of that needs a credential of the API. */
  readonly waiting: WaitingDeployment[] = [];

  constructor(reading: DeploymentReading, credentials: ReadonlyMap<string, MapNode>) {
    this.#reading = reading;
    this.#credentials = credentials;
  }

  read(item: MapNode): readonly DeploymentConfig[] {
    const { context } = this.#reading;
    const entry = new Section(item, MODEL_ENTRY, { path: 'model_list[]', unknown: 'refuse-typos' }, context);
    const missing = (place: MapNode, message: string): readonly [] => {
      context.findings.add('error', 'missing-key', place, message);
      return [];
    };
    const group = entry.json('model_name') as string | undefined;
    if (!group) missing(item, 'this entry of model_list has no model_name, the name clients ask for');
    const owner = `the deployment "${group || '?'}"`;
    const own = member(item, 'litellm_params');
    if (own?.kind === 'list') return [];
    if (own?.kind !== 'map')
      return missing(item, `${owner} has no litellm_params; give at least "model: provider/model"`);
    const options = { path: PARAMS_PATH, unknown: 'keep', fine: REQUEST_FIELDS, owner } as const;
    const credential = credentialNameOf(own, item);
    const node = this.#withInherited(own, credential);
    const params = new Section(node, PARAMS.rows, options, context);
    const written = params.get('model');
    if (written === undefined)
      return missing(own, `${owner} has no "model" in litellm_params; write "model: provider/model"`);
    if (!group) return [];
    const { info, modelInfo } = this.#readInfo(item, node, params);
    if (credential !== undefined && !this.#credentials.has(credential)) {
      const grouped = { item, params, info, ...groupedByTeam(group, modelInfo) };
      return this.#wait(grouped, { group, credential, written, node, modelInfo });
    }
    return this.#resolve({ item, params, info, ...groupedByTeam(group, modelInfo) }, written);
  }

  /** The parameters, with the named credential and the router's defaults for what they leave out. */
  #withInherited(own: MapNode, name: string | undefined): MapNode {
    const credential = name === undefined ? undefined : this.#credentials.get(name);
    return merged([this.#reading.defaults, credential, own]) ?? own;
  }

  #readInfo(item: MapNode, paramsNode: MapNode, params: ParamsSection): Pick<ReadEntry, 'info' | 'modelInfo'> {
    const modelInfo: JsonObject = {};
    for (const name of params.names())
      if (rowOf(PRICE_SETTINGS, name) !== undefined) setMember(modelInfo, name, params.json(name) as JsonValue);
    const node = merged([member(paramsNode, 'model_info'), member(item, 'model_info')]);
    if (node === undefined) return { info: undefined, modelInfo };
    const options = { path: 'model_list[].model_info', unknown: 'keep' } as const;
    const info = new Section(node, INFO.rows, options, this.#reading.context);
    for (const name of Object.keys(info.unknown)) setMember(modelInfo, name, info.unknown[name]);
    for (const name of info.names()) setMember(modelInfo, name, info.json(name) as JsonValue);
    return { info, modelInfo };
  }

  #resolve(entry: ReadEntry, written: string): readonly DeploymentConfig[] {
    const { providers } = this.#reading.context;
    const { group, params } = entry;
    const named = params.get('custom_llm_provider');
    const hasApiBase = params.has('api_base') || params.has('base_url');
    if (written === '*' && named === undefined) return this.#anything(entry);
    if (written.startsWith('auto_router/')) {
      const choice = readChoiceGroup(group, written, params, this.#reading.context);
      if (typeof choice === 'string') return this.#leaveOut(entry, written, choice);
      this.choices.push(choice);
      return [];
    }
    const found = providers.resolve(written, named, hasApiBase);
    if (found !== undefined) {
      const missing = this.#missingAddress(params, found.provider);
      return missing === undefined ? [this.#build(entry, group, found)] : this.#leaveOut(entry, written, missing);
    }
    const prefix = named ?? (written.includes('/') ? written.slice(0, written.indexOf('/')) : undefined);
    const reason =
      prefix === undefined
        ? `its model "${written}" names no provider; write "provider/${written}", or set custom_llm_provider`
        : `this release does not know its provider "${prefix}"`;
    const suggestion = prefix === undefined ? undefined : providers.suggest(prefix);
    return this.#leaveOut(entry, written, reason, named === undefined ? 'model' : 'custom_llm_provider', suggestion);
  }

  /** A credential that the file does not have may be one of the API, which is not known before the database is read. */
  #wait(
    entry: ReadEntry,
    {
      group,
      credential,
      written,
      node,
      modelInfo,
    }: Pick<ReadEntry, 'group' | 'modelInfo'> & {
      readonly credential: string;
      readonly written: string;
      readonly node: MapNode;
    },
  ): readonly [] {
    const reason = `credential_list has no entry named "${credential}"; it is served once POST /credentials has added one`;
    this.#leaveOut(entry, written, reason, 'litellm_credential_name');
    const id = this.unserved.at(-1)?.id ?? '';
    const litellmParams = { ...setMembers(node), litellm_credential_name: credential };
    this.waiting.push({
      id,
      entry: { model_name: group, litellm_params: litellmParams, model_info: { ...modelInfo, id } },
    });
    return [];
  }

  /** The rest of the file is served. */
  #leaveOut(
    entry: ReadEntry,
    model: string,
    reason: string,
    setting: 'model' | 'custom_llm_provider' | 'litellm_credential_name' = 'model',
    suggestion?: string,
  ): readonly [] {
    const { group, params } = entry;
    const message = `the deployment "${group}" is not served: ${reason}`;
    this.#reading.context.reportUnserved(params.placeOf(setting), message, suggestion);
    this.unserved.push({ id: this.#idFor(entry, group, model), group, model, reason });
    return [];
  }

  /** What an entry lacks whose provider has no address of its own; a variable that is not set is reported with its setting. */
  #missingAddress(
    params: ParamsSection,
    { name, defaultBaseUrl, baseUrlVariables }: KnownProvider,
  ): string | undefined {
    const known = defaultBaseUrl ?? params.get('api_base') ?? params.get('base_url') ?? this.#reading.shared.apiBase;
    if (known !== undefined || this.#reading.context.addresses[name] !== undefined) return undefined;
    const [variable] = baseUrlVariables ?? [];
    return `it needs the address of its server; set api_base${variable === undefined ? '' : ` or the variable "${variable}"`}`;
  }

  /** `model: "*"`: any model of any provider whose key is in the environment, by prefix or by the names it is known for. */
  #anything(entry: ReadEntry): readonly DeploymentConfig[] {
    const { providers, environment, findings } = this.#reading.context;
    const present = providers.all.filter((provider) => keyFromEnvironment(provider, environment) !== undefined);
    if (present.length === 0) {
      const message = `the deployment "${entry.group}" is for any model of any provider, but no provider's key is in the environment`;
      findings.add('warning', 'no-api-key', entry.params.placeOf('model'), message);
    }
    return present.flatMap((provider) =>
      wildcardGroups(provider).map(({ group, model }) => this.#build(entry, group, { provider, model })),
    );
  }

  #build(entry: ReadEntry, group: string, { provider, model, isByResponses }: ProviderModel): DeploymentConfig {
    const { context, routing, tls, shared } = this.#reading;
    const { item, params, info } = entry;
    const modelInfo = { ...entry.modelInfo, ...modeOf(params, isByResponses) };
    // A server that asks for no key is not told the one that is for others.
    const sharedKey = provider.keyOptional === true ? undefined : shared.apiKey;
    const usualKey = sharedKey ?? keyFromEnvironment(provider, context.environment);
    const credential = credentialOf(params, provider, { apiKey: params.get('api_key'), usualKey }, context);
    const writtenBase = params.get('api_base') ?? params.get('base_url');
    const apiBase = writtenBase ?? shared.apiBase ?? context.addresses[provider.name];
    const extraHeaders = headersOf(params);
    const mocks = mocksOf(params, context);
    checkPatterns(params, context);
    noteGroups(params, context);
    if (mocks === undefined) this.#checkReachable(group, provider, params, credential, apiBase, extraHeaders);
    const { timeoutMs, streamTimeoutMs, firstTokenTimeoutMs, idleTimeoutMs } = routing.groupSettings.get(group) ?? {};
    const { budget, ...fields } = params.fields();
    const period = params.get('budget_duration');
    return {
      id: this.#idFor(entry, group, model),
      group,
      provider: provider.name,
      model,
      ...credential,
      ...defined({ apiBase, timeoutMs, streamTimeoutMs, firstTokenTimeoutMs, idleTimeoutMs }),
      ...defined({ maxParallelRequests: routing.defaultMaxParallelRequests, tls: readDeploymentTls(params, tls) }),
      ...info?.fields(),
      ...fields,
      ...defined({ mocks }),
      extraHeaders,
      defaultParams: params.unknown,
      ...defined({ healthCheck: info && healthCheckOf(info), budget: budget && { ...budget, ...defined({ period }) } }),
      modelInfo,
      position: positionOf(item),
    };
  }

  #checkReachable(
    group: string,
    provider: KnownProvider,
    params: ParamsSection,
    { apiKey, identity }: Pick<DeploymentConfig, 'apiKey' | 'identity'>,
    apiBase: string | undefined,
    extraHeaders: Readonly<Record<string, string>>,
  ): void {
    const { findings } = this.#reading.context;
    const place = params.placeOf('model');
    const bringsItsOwn = Object.keys(extraHeaders).some((name) => /authorization|api-key/i.test(name));
    const set = (name: string, variable: string | undefined): string =>
      variable === undefined ? `set ${name}` : `set ${name} or the variable "${variable}"`;
    if (
      apiKey === undefined &&
      identity === undefined &&
      provider.keyOptional !== true &&
      !bringsItsOwn &&
      !params.isUnset('api_key')
    ) {
      const message = `the deployment "${group}" has no API key: ${set('api_key', provider.keyVariables[0])}`;
      findings.add('warning', 'no-api-key', place, message);
    }
    const fault = apiBase === undefined ? undefined : apiBaseFault(apiBase, this.#reading.mayBeLinkLocal);
    if (fault !== undefined) {
      findings.add(
        'error',
        'wrong-type',
        params.placeOf('api_base') ?? place,
        `the deployment "${group}": api_base ${fault}`,
      );
    }
  }

  #idFor({ item, params, modelInfo }: ReadEntry, group: string, model: string): string {
    const chosen = typeof modelInfo.id === 'string' && modelInfo.id !== '' ? modelInfo.id : undefined;
    const base = chosen ?? stableId(group, model, params);
    let id = base;
    for (let copy = 2; this.#ids.has(id); copy += 1) id = `${base}-${copy}`;
    if (chosen !== undefined && id !== base) {
      const message = `the id "${base}" is given to several deployments; this one is called "${id}"`;
      this.#reading.context.findings.add('warning', 'duplicate-id', item, message);
    }
    this.#ids.add(id);
    return id;
  }
}

/** The health check of one deployment; undefined if its `model_info` says nothing of it. */
function healthCheckOf(info: InfoSection): DeploymentHealthCheck | undefined {
  const isDisabled = info.get('disable_background_health_check');
  const check = defined({
    model: info.get('health_check_model'),
    maxTokens: info.get('health_check_max_tokens'),
    timeoutMs: info.get('health_check_timeout'),
    params: info.get('health_check_params'),
  });
  if (isDisabled === undefined && Object.keys(check).length === 0) return undefined;
  return { isDisabled: isDisabled === true, ...check };
}

/** A copy, or a fallback, that no group gets would be missing silently. */
function noteGroups(params: ParamsSection, { references }: ReadingContext): void {
  for (const from of ['silent_model', 'fallbacks'] as const) {
    const place = params.placeOf(from);
    if (place === undefined) continue;
    for (const group of params.get(from) ?? []) references.push({ group, place, from });
  }
}

function checkPatterns(params: ParamsSection, { findings }: ReadingContext): void {
  for (const pattern of params.get('tag_regex') ?? []) {
    try {
      patternOf(pattern);
    } catch {
      const message = `tag_regex has a text that is not a pattern: "${pattern.slice(0, 100)}"`;
      findings.add('error', 'wrong-type', params.placeOf('tag_regex') ?? params.placeOf('model'), message);
    }
  }
}

/** The `mock_…` members, if they ask for anything in place of calls. */
function mocksOf(params: ParamsSection, { findings }: ReadingContext): JsonObject | undefined {
  const mocks: JsonObject = {};
  for (const name of params.names()) if (isMockMember(name)) setMember(mocks, name, params.json(name) as JsonValue);
  try {
    return readMock((name) => mocks[name]) === undefined ? undefined : mocks;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    findings.add('error', 'wrong-type', params.placeOf('mock_response') ?? params.placeOf('model'), error.message);
    return undefined;
  }
}

function headersOf(params: ParamsSection): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const source of [params.get('headers'), params.get('extra_headers')]) {
    for (const [name, value] of Object.entries(source ?? {})) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        headers[name] = String(value);
    }
  }
  return headers;
}

/** The mode that the parameters imply: it comes before the one in `model_info`. */
function modeOf(params: ParamsSection, isByResponses: boolean | undefined): JsonObject {
  if (params.get('use_chat_completions_api') === true) return { mode: 'chat' };
  return isByResponses === true ? { mode: 'responses' } : {};
}
