/** Reads `model_list` into deployments. */

import { createHash } from 'node:crypto';
import { defined } from '../core/defined.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { type ConfigNode, type MapNode, member, positionOf, textOf } from './config-node.ts';
import type { DeploymentConfig } from './gateway-config.ts';
import { healthCheckOf } from './health-checks.ts';
import type { KnownProvider, ProviderDirectory, ProviderModel } from './known-providers.ts';
import {
  ALLOWED_FAILS_POLICY,
  CREDENTIAL_ENTRY,
  MODEL_ENTRY,
  MODEL_INFO,
  MODEL_PARAMS,
  PRICE_SETTINGS,
  REQUEST_FIELDS,
  type SettingTable,
} from './known-settings.ts';
import { firstSet, keyFromEnvironment, wildcardGroups } from './provider-environment.ts';
import { readPolicy } from './routing.ts';
import type { GroupSettings, NumberByClass } from './routing-config.ts';
import { type ReadingContext, Section } from './section.ts';
import type { Environment } from './variables.ts';

const PARAMS: SettingTable = new Map([...PRICE_SETTINGS, ...MODEL_PARAMS]);
const INFO: SettingTable = new Map([...PRICE_SETTINGS, ...MODEL_INFO]);
const PARAMS_PATH = 'model_list[].litellm_params';

/** What deployments are read with. */
export interface DeploymentReading {
  readonly context: ReadingContext;
  readonly providers: ProviderDirectory;
  readonly environment: Environment;
  /** `router_settings.default_litellm_params`. */
  readonly defaults: ConfigNode | undefined;
  /** Time limits of the group lie under those of the deployment. */
  readonly groupSettings: ReadonlyMap<string, GroupSettings>;
  readonly defaultMaxParallelRequests: number | undefined;
}

/** Reads all entries of `model_list`; those that cannot work are left out, each with an error among the findings. */
export function readDeployments(root: MapNode, reading: DeploymentReading): DeploymentConfig[] {
  const { findings } = reading.context;
  const list = member(root, 'model_list');
  if (
    list !== undefined &&
    ((list.kind === 'scalar' && list.value === null) || (list.kind === 'list' && list.items.length === 0))
  ) {
    const message = 'model_list is empty: no model is served; add an entry with model_name and litellm_params';
    findings.add('warning', 'empty-model-list', list, message);
  }
  if (list?.kind !== 'list') return [];
  const credentials = readCredentials(root, reading.context);
  const reader = new DeploymentReader(reading, credentials);
  const deployments: DeploymentConfig[] = [];
  for (const item of list.items) {
    if (item.kind === 'map') deployments.push(...reader.read(item));
    else
      findings.add(
        'error',
        'wrong-type',
        item,
        'an entry of model_list must be a map with model_name and litellm_params',
      );
  }
  return deployments;
}

function readCredentials(root: MapNode, context: ReadingContext): ReadonlyMap<string, MapNode> {
  const credentials = new Map<string, MapNode>();
  const list = member(root, 'credential_list');
  if (list?.kind !== 'list') return credentials;
  for (const item of list.items) {
    if (item.kind !== 'map') {
      context.findings.add('error', 'wrong-type', item, 'an entry of credential_list must be a map');
      continue;
    }
    const section = new Section(item, CREDENTIAL_ENTRY, { path: 'credential_list[]' }, context);
    const name = section.text('credential_name');
    if (name === undefined) context.findings.add('error', 'missing-key', item, 'the credential has no credential_name');
    const values = member(item, 'credential_values');
    if (name !== undefined && values?.kind === 'map') credentials.set(name, values);
  }
  return credentials;
}

class DeploymentReader {
  readonly #reading: DeploymentReading;
  readonly #credentials: ReadonlyMap<string, MapNode>;
  readonly #ids = new Set<string>();

  constructor(reading: DeploymentReading, credentials: ReadonlyMap<string, MapNode>) {
    this.#reading = reading;
    this.#credentials = credentials;
  }

  read(item: MapNode): readonly DeploymentConfig[] {
    const { context } = this.#reading;
    const entry = new Section(item, MODEL_ENTRY, { path: 'model_list[]', unknown: 'refuse-typos' }, context);
    const group = entry.text('model_name');
    if (group === undefined) {
      context.findings.add(
        'error',
        'missing-key',
        item,
        'this entry of model_list has no model_name, the name clients ask for',
      );
    }
    const own = member(item, 'litellm_params');
    if (own?.kind !== 'map') {
      if (own === undefined || own.kind === 'scalar') {
        const message = `the deployment "${group ?? '?'}" has no litellm_params; give at least "model: provider/model"`;
        context.findings.add('error', 'missing-key', item, message);
      }
      return [];
    }
    const node = this.#withInherited(own);
    const owner = `the deployment "${group ?? '?'}"`;
    const options = { path: PARAMS_PATH, unknown: 'keep', fine: REQUEST_FIELDS, owner } as const;
    const params = new Section(node, PARAMS, options, context);
    const written = params.text('model');
    if (written === undefined) {
      context.findings.add(
        'error',
        'missing-key',
        own,
        `${owner} has no "model" in litellm_params; write "model: provider/model"`,
      );
    }
    if (group === undefined || written === undefined) return [];
    const info = this.#readInfo(item, node, params);
    return this.#resolve(item, group, written, params, info);
  }

  /** The parameters with the named credential and the router's defaults laid under them. */
  #withInherited(own: MapNode): MapNode {
    const { defaults, context } = this.#reading;
    const name = member(own, 'litellm_credential_name');
    const wanted = textOf(name);
    const credential = wanted === undefined ? undefined : this.#credentials.get(wanted);
    if (wanted !== undefined && name !== undefined && credential === undefined) {
      context.findings.add('error', 'missing-key', name, `credential_list has no entry named "${wanted}"`);
    }
    const layers = [defaults, credential].filter((layer) => layer?.kind === 'map');
    if (layers.length === 0) return own;
    const entries: MapNode['entries'] = new Map();
    for (const layer of [...layers, own]) for (const [key, entry] of layer.entries) entries.set(key, entry);
    return { ...own, entries };
  }

  /** `model_info` as written, with the prices of `litellm_params` folded in; a price in `model_info` wins. */
  #readInfo(item: MapNode, paramsNode: MapNode, params: Section): JsonObject {
    const info: JsonObject = {};
    for (const name of params.names()) if (PRICE_SETTINGS.has(name)) info[name] = params.json(name) as JsonValue;
    for (const node of [member(paramsNode, 'model_info'), member(item, 'model_info')]) {
      if (node?.kind !== 'map') continue;
      const section = new Section(
        node,
        INFO,
        { path: 'model_list[].model_info', unknown: 'keep' },
        this.#reading.context,
      );
      Object.assign(info, section.unknown);
      for (const name of section.names()) info[name] = section.json(name) as JsonValue;
    }
    return info;
  }

  #resolve(
    item: MapNode,
    group: string,
    written: string,
    params: Section,
    info: JsonObject,
  ): readonly DeploymentConfig[] {
    const { providers, context } = this.#reading;
    const named = params.text('custom_llm_provider');
    const hasApiBase = params.has('api_base') || params.has('base_url');
    if (written === '*' && named === undefined) return this.#anything(item, group, params, info);
    if (written.startsWith('auto_router/')) {
      const message = `the deployment "${group}" is an automatic router, which is not yet in effect; it is left out`;
      context.findings.add('warning', 'not-yet-in-effect', params.placeOf('model'), message);
      return [];
    }
    const found = providers.resolve(written, named, hasApiBase);
    if (found !== undefined) return [this.#build(item, group, found, params, info)];
    const prefix = named ?? (written.includes('/') ? written.slice(0, written.indexOf('/')) : undefined);
    const place = params.placeOf(named === undefined ? 'model' : 'custom_llm_provider');
    const message =
      prefix === undefined
        ? `the model "${written}" of the deployment "${group}" names no provider; write "provider/${written}", or set custom_llm_provider`
        : `the deployment "${group}" names the provider "${prefix}", which this release does not know`;
    const suggestion = prefix === undefined ? undefined : providers.suggest(prefix);
    context.findings.add('error', 'unknown-provider', place, message, suggestion);
    return [];
  }

  /** `model: "*"`: any model of any provider whose key is in the environment, by prefix or by the names it is known for. */
  #anything(item: MapNode, group: string, params: Section, info: JsonObject): readonly DeploymentConfig[] {
    const { providers, environment, context } = this.#reading;
    const present = providers.all.filter((provider) => keyFromEnvironment(provider, environment) !== undefined);
    if (present.length === 0) {
      const message = `the deployment "${group}" stands for any model of any provider, but no provider's key is in the environment`;
      context.findings.add('warning', 'no-api-key', params.placeOf('model'), message);
    }
    return present.flatMap((provider) =>
      wildcardGroups(provider).map((wildcard) =>
        this.#build(item, wildcard.group, { provider, model: wildcard.model }, params, info),
      ),
    );
  }

  #build(
    item: MapNode,
    group: string,
    { provider, model }: ProviderModel,
    params: Section,
    info: JsonObject,
  ): DeploymentConfig {
    const { environment } = this.#reading;
    const apiKey = params.text('api_key') ?? keyFromEnvironment(provider, environment);
    const apiBase =
      params.text('api_base') ?? params.text('base_url') ?? firstSet(provider.baseUrlVariables, environment);
    const extraHeaders = headersOf(params);
    this.#checkReachable(group, provider, params, apiKey, apiBase, extraHeaders);
    const maxBudget = params.usd('max_budget');
    const period = params.period('budget_duration');
    return {
      id: this.#idFor(item, group, model, params, info),
      group,
      provider: provider.name,
      model,
      ...defined({
        apiKey,
        apiBase,
        apiVersion: params.text('api_version'),
        organization: params.text('organization'),
      }),
      extraHeaders,
      defaultParams: params.unknown,
      ...defined({ dropParams: params.flag('drop_params') }),
      additionalDropParams: params.texts('additional_drop_params') ?? [],
      ...timeLimits(params, this.#reading.groupSettings.get(group)),
      ...defined({
        numRetries: params.number('num_retries') ?? params.number('max_retries'),
        weight: params.number('weight'),
        order: params.number('order'),
        rpm: params.number('rpm'),
        tpm: params.number('tpm'),
        maxParallelRequests: params.number('max_parallel_requests') ?? this.#reading.defaultMaxParallelRequests,
      }),
      tags: params.texts('tags') ?? [],
      ...defined({
        region: params.text('region_name'),
        cooldownMs: params.milliseconds('cooldown_time'),
        allowedFails: typeof info.allowed_fails === 'number' ? info.allowed_fails : undefined,
        allowedFailsByClass: this.#allowedFailsByClass(item, params),
        healthCheck: healthCheckOf(info),
      }),
      ...(maxBudget === undefined ? {} : { budget: { max: maxBudget, ...defined({ period }) } }),
      modelInfo: info,
      position: positionOf(item),
    };
  }

  #allowedFailsByClass(item: MapNode, params: Section): NumberByClass | undefined {
    const name = 'allowed_fails_policy';
    const node = member(member(item, 'model_info'), name) ?? member(params.node('model_info'), name);
    if (node === undefined) return undefined;
    return readPolicy(node, `model_info.${name}`, ALLOWED_FAILS_POLICY, this.#reading.context);
  }

  #checkReachable(
    group: string,
    provider: KnownProvider,
    params: Section,
    apiKey: string | undefined,
    apiBase: string | undefined,
    extraHeaders: Readonly<Record<string, string>>,
  ): void {
    const { findings } = this.#reading.context;
    const place = params.placeOf('model');
    const bringsItsOwn = Object.keys(extraHeaders).some((name) => /authorization|api-key/i.test(name));
    const unsetKey = params.node('api_key');
    const isReported = unsetKey?.kind === 'scalar' && unsetKey.missing !== undefined;
    if (apiKey === undefined && provider.keyOptional !== true && !bringsItsOwn && !isReported) {
      const variable = provider.keyVariables[0];
      const remedy = variable === undefined ? 'set api_key' : `set api_key or the variable "${variable}"`;
      findings.add('warning', 'no-api-key', place, `the deployment "${group}" has no API key: ${remedy}`);
    }
    if (apiBase === undefined && provider.defaultBaseUrl === undefined) {
      const unsetBase = params.node('api_base');
      const severity = unsetBase?.kind === 'scalar' && unsetBase.missing !== undefined ? 'warning' : 'error';
      const variable = provider.baseUrlVariables?.[0];
      const remedy = variable === undefined ? 'set api_base' : `set api_base or the variable "${variable}"`;
      findings.add(
        severity,
        'no-api-base',
        place,
        `the deployment "${group}" needs the address of its server: ${remedy}`,
      );
    }
  }

  #idFor(item: MapNode, group: string, model: string, params: Section, info: JsonObject): string {
    const { findings } = this.#reading.context;
    const given = info.id;
    const chosen = typeof given === 'string' && given !== '' ? given : undefined;
    const base = chosen ?? stableId(group, model, params);
    let id = base;
    for (let copy = 2; this.#ids.has(id); copy += 1) id = `${base}-${copy}`;
    if (chosen !== undefined && id !== base) {
      const message = `the id "${base}" is given to several deployments; this one is called "${id}"`;
      findings.add('warning', 'duplicate-id', item, message);
    }
    this.#ids.add(id);
    return id;
  }
}

/** The deployment's own time limits over those of its group. */
function timeLimits(params: Section, group: GroupSettings | undefined): Partial<DeploymentConfig> {
  return {
    ...defined({
      timeoutMs: params.milliseconds('timeout') ?? group?.timeoutMs,
      streamTimeoutMs: params.milliseconds('stream_timeout') ?? group?.streamTimeoutMs,
      firstTokenTimeoutMs: params.milliseconds('ttft_timeout') ?? group?.firstTokenTimeoutMs,
      idleTimeoutMs: params.milliseconds('stream_idle_timeout') ?? group?.idleTimeoutMs,
    }),
  };
}

/** The first 32 hex digits of a hash over the group and every parameter that is no secret: the same file gives the same ids. */
function stableId(group: string, model: string, params: Section): string {
  const visible: [string, JsonValue | undefined][] = [];
  for (const name of params.names()) {
    if (PARAMS.get(name)?.type !== 'secret' && name !== 'extra_headers' && name !== 'headers')
      visible.push([name, params.json(name)]);
  }
  for (const [name, value] of Object.entries(params.unknown)) {
    if (!/key|secret|token|password|credential/i.test(name)) visible.push([name, value]);
  }
  visible.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  return createHash('sha256')
    .update(JSON.stringify([group, model, visible]))
    .digest('hex')
    .slice(0, 32);
}

function headersOf(params: Section): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const source of [params.map('headers'), params.map('extra_headers')]) {
    for (const [name, value] of Object.entries(source ?? {})) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        headers[name] = String(value);
    }
  }
  return headers;
}
