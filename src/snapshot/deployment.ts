import type { DeploymentConfig, GatewayConfig } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';
import type { JsonObject } from '../core/json.ts';
import type { PricedModel } from '../costs/prices.ts';
import type { ModelTraits } from '../formats/format.ts';
import type { ModelAbilities } from '../models/model-abilities.ts';
import { modelAbilities } from '../models/model-table.ts';
import { applyRules } from '../providers/apply-rules.ts';
import { KnownSecrets } from '../providers/known-secrets.ts';
import { type Mock, readMock } from '../providers/mock.ts';
import type {
  OperationId,
  ParameterRules,
  Provider,
  ProviderOperation,
  Target,
  TokenRequest,
} from '../providers/provider.ts';
import type { Routable } from '../routing/model-groups.ts';
import type { CallTimeouts } from '../upstream/timeouts.ts';
import { type PromptCacheUse, promptCacheOf } from './prompt-cache-use.ts';
import { type TurnShape, turnShapeOf } from './turn-shape.ts';

/** A provider's call with its headers as the flat list that is sent. */
interface PreparedCall {
  readonly origin: string;
  readonly path: string;
  readonly headers: readonly string[];
}

/** Time limits of deployments that have none of their own. */
interface DefaultTimeouts {
  readonly timeoutMs: number;
  readonly streamTimeoutMs?: number;
  readonly firstTokenTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

const SLOW_CLIENT_MS = 120_000;

/** One provider + model + credentials as configured, with everything that can be computed before a request comes. */
export class Deployment implements Routable {
  readonly config: DeploymentConfig;
  readonly provider: Provider;
  readonly target: Target;
  readonly priced: PricedModel;
  readonly traits: ModelTraits;
  /** What its model takes of a request: the table of models, and before it what the operator says. */
  readonly abilities: ModelAbilities;
  /** Whether its model is what a client wrote in place of a wildcard. */
  readonly isNamedByClient: boolean;
  /** Undefined if the operator did not set it: then the client's program decides. */
  readonly dropParams: boolean | undefined;
  /** What is done about its provider's prompt cache; undefined: nothing. */
  readonly promptCache: PromptCacheUse | undefined;
  /** The model's name as a JSON literal, ready to be spliced into a body. */
  readonly modelLiteral: string;
  /** Its name in metrics: clients choose the names of models under a wildcard, and each would be a series of its own. */
  readonly modelLabel: string;
  /** Scheme and host only, for metrics. */
  readonly apiBase: string;
  /** Deployments with the same value share a retry budget: a model at an address, whatever the key. */
  readonly upstream: string;
  /** How the token is asked for that its calls carry in place of a key. */
  readonly tokenRequest: TokenRequest | undefined;
  /** What must not come back in its provider's errors. */
  readonly secrets: KnownSecrets;
  /** Which turns its model takes, if the operator says so. */
  readonly turnShape: TurnShape | undefined;
  /** What is done in place of its calls; undefined for most. */
  readonly mock: Mock | undefined;
  /** Whether it may think for long before its first word: then silence is not a sign that it is stuck. */
  readonly mayReason: boolean;
  /** By which of OpenAI's APIs its provider is asked to chat; what a request asks for may decide. */
  readonly conversations: 'chat' | 'responses' | 'by-request';
  readonly #timeouts: { readonly whole: CallTimeouts; readonly stream: CallTimeouts };
  readonly #calls = new Map<string, PreparedCall>();
  readonly #rules = new Map<OperationId, ParameterRules>();
  readonly #defaults = new Map<OperationId, JsonObject>();

  constructor(parts: {
    readonly config: DeploymentConfig;
    readonly provider: Provider;
    readonly target: Target;
    readonly priced: PricedModel;
    readonly isNamedByClient: boolean;
    readonly dropParams: boolean | undefined;
    readonly promptCache: GatewayConfig['promptCache'] | undefined;
    /** What metrics and retry budgets call its address, if a client chose that. */
    readonly labels?: { readonly apiBase: string; readonly upstream: string };
    readonly timeouts: DefaultTimeouts;
  }) {
    this.config = parts.config;
    this.provider = parts.provider;
    this.target = parts.target;
    this.priced = parts.priced;
    this.isNamedByClient = parts.isNamedByClient;
    this.abilities = abilitiesOf(parts.config, parts.provider, parts.target, parts.priced.facts);
    this.mock = mockOf(parts.config);
    this.turnShape = turnShapeOf(parts.config);
    this.traits = { ...traitsOf(parts.priced.facts), abilities: this.abilities };
    this.mayReason = mayReason(this.abilities, this.traits);
    this.conversations = conversationsOf(parts.config, parts.provider, this.abilities);
    this.dropParams = parts.config.dropParams ?? parts.dropParams;
    this.promptCache = promptCacheOf(parts.config, parts.promptCache);
    this.modelLiteral = JSON.stringify(parts.target.model);
    this.modelLabel = parts.config.group.includes('*') ? parts.config.group : parts.target.model;
    this.apiBase = parts.labels?.apiBase ?? originOf(parts.target.baseUrl);
    this.upstream = parts.labels?.upstream ?? `${parts.target.baseUrl} ${parts.target.model}`;
    const { identity } = parts.config;
    this.tokenRequest =
      identity === undefined || identity.token !== undefined ? undefined : parts.provider.tokenRequest?.(identity);
    this.secrets = new KnownSecrets(secretsOf(parts.target, parts.config));
    this.#timeouts = timeoutsOf(parts.config, parts.timeouts);
  }

  get id(): string {
    return this.config.id;
  }
  get group(): string {
    return this.config.group;
  }
  get model(): string {
    return this.target.model;
  }
  get weight(): number | undefined {
    return this.config.weight;
  }
  get rpm(): number | undefined {
    return this.config.rpm;
  }
  get tpm(): number | undefined {
    return this.config.tpm;
  }
  get order(): number | undefined {
    return this.config.order;
  }

  operation(name: OperationId): ProviderOperation | undefined {
    return this.provider.operations[name];
  }

  /** The call for an operation, made once and kept. */
  call(name: OperationId, operation: ProviderOperation, stream: boolean): PreparedCall {
    const key = stream ? `${name} stream` : name;
    let prepared = this.#calls.get(key);
    if (prepared === undefined) {
      const call = operation.call(this.target, { stream });
      const headers = { ...call.headers, ...lowerCaseNames(this.config.extraHeaders) };
      headers['content-type'] = 'application/json';
      // A compressed answer cannot be searched for usage, and decompressing it costs more than a short connection
      // saves.
      headers['accept-encoding'] = 'identity';
      headers['user-agent'] ??= 'sluice';
      prepared = { origin: call.origin, path: call.path, headers: Object.entries(headers).flat() };
      this.#calls.set(key, prepared);
    }
    return prepared;
  }

  rules(name: OperationId, operation: ProviderOperation): ParameterRules {
    let rules = this.#rules.get(name);
    if (rules === undefined) {
      rules = withAllowed(operation.rules(this.target.model), this.config.allowedOpenaiParams);
      this.#rules.set(name, rules);
    }
    return rules;
  }

  /** Whether the configuration adds parameters to requests. */
  get hasDefaultParams(): boolean {
    return Object.keys(this.config.defaultParams).length > 0;
  }

  /** The deployment's own request fields as its provider takes them. */
  defaults(name: OperationId, operation: ProviderOperation): JsonObject {
    let defaults = this.#defaults.get(name);
    if (defaults === undefined) {
      defaults = applyRules(this.config.defaultParams, this.rules(name, operation), []).body;
      this.#defaults.set(name, defaults);
    }
    return defaults;
  }

  timeouts(stream: boolean): CallTimeouts {
    return stream ? this.#timeouts.stream : this.#timeouts.whole;
  }
}

/** The rules without those that keep back what the operator allows. */
function withAllowed(rules: ParameterRules, allowed: readonly string[]): ParameterRules {
  if (allowed.length === 0 || rules.unsupported === undefined) return rules;
  return { ...rules, unsupported: rules.unsupported.filter((name) => !allowed.includes(name)) };
}

function timeoutsOf(config: DeploymentConfig, defaults: DefaultTimeouts) {
  const totalMs = config.timeoutMs ?? defaults.timeoutMs;
  const streamFirstMs =
    config.firstTokenTimeoutMs ??
    defaults.firstTokenTimeoutMs ??
    config.streamTimeoutMs ??
    defaults.streamTimeoutMs ??
    totalMs;
  // LiteLLM hands `stream_timeout` to its HTTP client, where it bounds every wait for the next chunk (docs.litellm.ai, timeout, 2026-10).
  const idleMs =
    config.idleTimeoutMs ??
    config.streamTimeoutMs ??
    defaults.idleTimeoutMs ??
    defaults.streamTimeoutMs ??
    LONGEST_SILENCE_MS;
  return {
    // A whole answer comes in one piece at its end, so its first byte may take as long as all of it.
    whole: { firstByteMs: totalMs, headersMs: totalMs, idleMs, totalMs, slowClientMs: SLOW_CLIENT_MS },
    // LiteLLM's `timeout` bounds a stream up to its first chunk; a long answer that keeps coming is not cut by it.
    stream: {
      firstByteMs: Math.min(streamFirstMs, totalMs),
      headersMs: Math.min(streamFirstMs, totalMs),
      idleMs,
      totalMs: Math.max(totalMs, defaults.timeoutMs, LONGEST_STREAM_MS),
      slowClientMs: SLOW_CLIENT_MS,
    },
  };
}

const LONGEST_STREAM_MS = 3_600_000;
/** `stream_idle_timeout` if nothing is set. */
export const LONGEST_SILENCE_MS = 120_000;

/** What the operator says in `mode` comes before the table of models. */
function conversationsOf(
  { modelInfo, prefersResponses = false }: DeploymentConfig,
  { operations }: Provider,
  abilities: ModelAbilities,
) {
  if (operations.response === undefined || modelInfo.mode === 'chat') return 'chat';
  if (prefersResponses || modelInfo.mode === 'responses' || abilities.responsesOnly === true) return 'responses';
  const { reasoning } = abilities;
  const isApart = reasoning?.how === 'effort' && reasoning.besideTools !== undefined;
  return isApart || abilities.webSearch === 'tool' || abilities.codeExecution === true ? 'by-request' : 'chat';
}

function mayReason({ reasoning }: ModelAbilities, traits: ModelTraits): boolean {
  return reasoning === undefined ? traits.reasoning === true : reasoning.how !== 'never';
}

function abilitiesOf(
  { modelInfo }: DeploymentConfig,
  provider: Provider,
  target: Target,
  facts: PricedModel['facts'],
): ModelAbilities {
  // A deployment of Azure has a name of its own: `base_model` says whose it is.
  const { base_model: base, max_output_tokens: longest, max_tokens: older } = modelInfo;
  const told = longest ?? older;
  return modelAbilities(typeof base === 'string' && base !== '' ? base : target.model, provider.name, {
    supports: facts.supports,
    ...(told !== undefined && told !== null && facts.maxOutputTokens !== undefined
      ? { maxOutputTokens: facts.maxOutputTokens }
      : {}),
  });
}

function traitsOf(facts: PricedModel['facts']): ModelTraits {
  const { supports_reasoning: reasoning, supports_vision: vision, supports_function_calling: tools } = facts.supports;
  return {
    ...defined({ maxOutputTokens: facts.maxOutputTokens, reasoning, vision, tools }),
  };
}

/** Wrong values were reported when the file was read, and mock nothing. */
function mockOf({ mocks }: DeploymentConfig): Mock | undefined {
  return mocks === undefined ? undefined : readMock((name) => mocks[name]);
}

const SECRET_HEADER = /auth|key|token|secret|cookie|credential|password/i;

function secretsOf(
  { apiKey, token, baseUrl }: Target,
  { extraHeaders, identity }: DeploymentConfig,
): readonly string[] {
  const { clientSecret, userPassword } = identity ?? {};
  const secrets = [apiKey, token, clientSecret, userPassword].filter((secret) => secret !== undefined);
  for (const [name, value] of Object.entries(extraHeaders)) {
    if (SECRET_HEADER.test(name)) secrets.push(value, value.replace(/^\S+\s+/, ''));
  }
  if (baseUrl.includes('@') && URL.canParse(baseUrl)) secrets.push(decodeURIComponent(new URL(baseUrl).password));
  return secrets;
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}
