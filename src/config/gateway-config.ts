/**
 * The canonical configuration: what every dialect is read into and the only shape the rest of the program sees. What a row of
 * `settings/` sets is declared there. Times are milliseconds, sizes bytes, money pico-USD. Deeply readonly; a reload makes a new one.
 */

import type { ErrorCode } from '../core/errors.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type {
  Customer,
  Key,
  Limits,
  Organization,
  OrganizationMember,
  Tag,
  Team,
  TeamMember,
  User,
} from '../stores/contracts/directory.ts';
import type { ChoiceGroup } from './choice-groups.ts';
import type { FeatureValues } from './feature-settings.ts';
import type { ConfiguredIdentity } from './known-providers.ts';
import type { ProviderAddresses } from './provider-environment.ts';
import type { NotYetInEffect } from './reading-context.ts';
import type { FieldsOf } from './setting-rows.ts';
import type { BUDGET_SETTINGS, CeilingRates, ScopeKind, WhenAway } from './settings/budget-settings.ts';
import type { DECLARED_KEY } from './settings/declared-keys.ts';
import type { GENERAL_SETTINGS } from './settings/general-settings.ts';
import type { LITELLM_SETTINGS } from './settings/litellm-settings.ts';
import type { MODEL_INFO, MODEL_PARAMS } from './settings/model-list.ts';
import type { PeriodBudgetConfig } from './settings/period-budget.ts';
import type { ROUTER_SETTINGS } from './settings/router-settings.ts';
import type { SEMANTIC } from './settings/semantic-cache.ts';

export type { NotYetInEffect } from './reading-context.ts';
export type { NumberByClass } from './routing-readers.ts';
export type { ScopeKind, WhenAway } from './settings/budget-settings.ts';
export type { PeriodBudgetConfig } from './settings/period-budget.ts';
export type { GroupSettings, HedgeConfig } from './settings/routing-maps.ts';

/** A group's fallback groups in order; `*` is for the groups without any of their own. */
export type FallbackMap = ReadonlyMap<string, readonly string[]>;

/** Everything `router_settings` says, with what `litellm_settings` says of the same. */
export interface RoutingConfig extends FieldsOf<typeof ROUTER_SETTINGS> {
  /** The limit of a request over all attempts if a file sets it; `deadlineOf` knows it if none does. */
  readonly requestDeadlineMs?: number;
  readonly fallbacks: FallbackMap;
  readonly contextWindowFallbacks: FallbackMap;
  readonly contentPolicyFallbacks: FallbackMap;
  /** The failures that `fallbackOn` means; undefined means every failure that is not the client's. */
  readonly fallbackCodes?: ReadonlySet<ErrorCode>;
  /** Router settings that a later release implements, under their LiteLLM names and checked for type. */
  readonly other: JsonObject;
}

/** How deployments are checked without a client asking. */
export interface HealthCheckConfig extends FieldsOf<typeof GENERAL_SETTINGS, 'health.'> {
  readonly stalenessMs: number;
}

/** What `model_info` says of the health checks of one deployment. */
export interface DeploymentHealthCheck {
  readonly isDisabled: boolean;
  /** The model to ask instead, for wildcards. */
  readonly model?: string;
  readonly maxTokens?: number;
  readonly timeoutMs?: number;
  /** Further request fields. */
  readonly params?: JsonObject;
}

/** One `model_list` entry. */
export interface DeploymentConfig
  extends FieldsOf<typeof MODEL_PARAMS>,
    Pick<FieldsOf<typeof MODEL_INFO>, 'allowedFails' | 'allowedFailsByClass' | 'accessWindows' | 'itpm' | 'otpm'> {
  /** `model_info.id`, else a stable hash of the group name and the parameters that are not secrets. */
  readonly id: string;
  /** The model group it belongs to; may hold `*` (`openai/*`, `*`). */
  readonly group: string;
  /** The provider's name as registered in `src/providers/index.ts`. */
  readonly provider: string;
  /** The provider's own model name; may hold `*`, filled in from what the client asked for. */
  readonly model: string;
  readonly apiKey?: string;
  /** As whom it asks for tokens, if it has no key. */
  readonly identity?: ConfiguredIdentity;
  readonly apiBase?: string;
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** Request fields added when the client does not send them (`temperature`, `max_tokens`, …; any unknown `litellm_params` key). */
  readonly defaultParams: JsonObject;
  readonly healthCheck?: DeploymentHealthCheck;
  /** The `mock_…` members of its `litellm_params`, if they ask for anything in place of its calls. */
  readonly mocks?: JsonObject;
  /** Whether requests are repaired that its provider would refuse (`modify_params`). */
  readonly repairs?: boolean;
  /** Whether it is asked for chats by the Responses API if its provider offers that. */
  readonly prefersResponses?: boolean;
  /** Which headers of the client its provider is handed besides those of its format. */
  readonly handsOn?: {
    readonly own: boolean;
    readonly organization: boolean;
    /** The header in which the gateway's own keys may come. */
    readonly keyHeader?: string;
  };
  /** Its own TLS settings, those of all connections filled in. */
  readonly tls?: ConnectionTls;
  /** `model_info` as written (LiteLLM's field names), with pricing keys of `litellm_params` folded in. */
  readonly modelInfo: JsonObject;
  /** Where it is written, for messages: `config.yaml:3:5`. */
  readonly position: string;
}

/** A key declared in a file (`user_api_key_list`). An empty list of models means all. */
export interface DeclaredKey
  extends Omit<
    FieldsOf<typeof DECLARED_KEY>,
    | keyof Limits
    | 'key'
    | 'keyType'
    | 'allowedTags'
    | 'trafficClass'
    | 'budgetFallbacks'
    | 'throttles'
    | 'allowedCustomers'
    | 'allowedCacheControls'
    | 'accessGroups'
    | 'routerSettings'
    | 'tagRpmLimit'
  > {
  /** The key as written; hashed as soon as it is read into the key table and never kept elsewhere. */
  readonly key: string;
  readonly limits: Limits;
  readonly keyType: Key['keyType'];
  /** The names that its requests may bring. */
  readonly further?: Key['further'];
  /** As written, the key's tags among it. */
  readonly metadata: JsonObject;
  readonly position: string;
}

/** Everything a configuration declares besides keys, shaped like the directory's objects. Ids are unique within a kind. */
export interface DeclaredTenants {
  readonly organizations: readonly Organization[];
  readonly organizationMembers: readonly OrganizationMember[];
  readonly teams: readonly Team[];
  readonly teamMembers: readonly TeamMember[];
  readonly users: readonly User[];
  readonly customers: readonly Customer[];
  readonly tags: readonly Tag[];
}

/** How the certificate of a provider or a webhook is checked, and which one is shown to it. */
export interface ConnectionTls {
  readonly isVerified: boolean;
  /** The only authorities that are trusted; absent: those that Node.js trusts. */
  readonly caFile?: string;
  /** The client certificate; the file may hold its key too. */
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** What OpenSSL takes, with the security level in it (`DEFAULT@SECLEVEL=1`). */
  readonly ciphers?: string;
}

/** The certificate that the gateway itself shows to its clients, and its key. */
export interface ServedTls {
  readonly certificateFile: string;
  /** May be the same file. */
  readonly keyFile: string;
  readonly keyPassword?: string;
  /** Cipher suites in the words of OpenSSL. */
  readonly ciphers?: string;
}

/** The proxies that calls to providers and webhooks go through, with their credentials. Read at the start only. */
export interface ProxyConfig {
  readonly http?: string;
  readonly https?: string;
  /** The hosts that are called directly, as in `NO_PROXY`. */
  readonly except: string;
}

/** The Redis that several instances have in common. */
export interface RedisConfig {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly isTls: boolean;
  /** How a TLS connection is checked; absent: by the system's authorities. */
  readonly tls?: ConnectionTls & { readonly isHostChecked: boolean };
  /** Who knows the master; host and port are not used then. */
  readonly sentinels?: {
    readonly serviceName: string;
    readonly nodes: readonly RedisNode[];
    readonly username?: string;
    readonly password?: string;
  };
  /** Further nodes of a Redis Cluster, for when the first is unavailable. */
  readonly startupNodes?: readonly RedisNode[];
  /** Limit for connecting, TLS included. */
  readonly connectTimeoutMs?: number;
  /** It was named as a cache, which may be set up to forget. */
  readonly isCache?: boolean;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** The HTTP server. Without a master key one is made once and kept in the data folder. */
interface ServerConfig extends FieldsOf<typeof GENERAL_SETTINGS>, FieldsOf<typeof LITELLM_SETTINGS, 'server.'> {}

/** Logs and metrics. */
export interface TelemetryConfig extends FieldsOf<typeof LITELLM_SETTINGS, 'telemetry.'> {
  readonly metrics: FieldsOf<typeof GENERAL_SETTINGS & typeof LITELLM_SETTINGS, 'telemetry.metrics.'>;
}

/** Budgets and rate limits: Sluice's own `budget_settings`, and what LiteLLM and the guide say elsewhere. */
export interface BudgetConfig
  extends FieldsOf<typeof BUDGET_SETTINGS>,
    Omit<FieldsOf<typeof LITELLM_SETTINGS, 'budgets.'>, 'userDefault'>,
    Omit<FieldsOf<typeof GENERAL_SETTINGS, 'budgets.'>, 'tokenRateLimitType'>,
    FieldsOf<typeof ROUTER_SETTINGS, 'budgets.'> {
  readonly whenAway: Readonly<Record<ScopeKind, WhenAway>>;
  /** What a deployment without a price costs under a budget. */
  readonly unpricedCeiling: CeilingRates;
  /** What a new user gets. */
  readonly userDefault?: PeriodBudgetConfig;
}

/** Where objects, the ledger and the journal are kept. Read at the start only. */
export interface StoreConfig
  extends FieldsOf<typeof GENERAL_SETTINGS, 'stores.'>,
    FieldsOf<typeof BUDGET_SETTINGS, 'stores.'> {
  /** `postgresql://…`; absent: an SQLite file in the data folder. */
  readonly databaseUrl?: string;
}

/** What keys and objects made by the API are given and held to. In LiteLLM's names. */
export interface ManagementConfig
  extends FieldsOf<typeof LITELLM_SETTINGS, 'management.'>,
    FieldsOf<typeof GENERAL_SETTINGS, 'management.'> {}

/** An entry of `model_list` that this release cannot serve, or that lacks what its provider needs. */
export interface UnservedDeployment {
  readonly id: string;
  readonly group: string;
  /** As it is written. */
  readonly model: string;
  /** What ends the sentence “it is not served, because …”. */
  readonly reason: string;
}

/** An entry of `credential_list`, its variables filled in. */
export interface FileCredential {
  readonly name: string;
  readonly values: JsonObject;
  readonly info: JsonObject;
}

/** An entry of `model_list` whose credential is not in the file: it is served as soon as the API has it. */
export interface WaitingDeployment {
  readonly id: string;
  /** The entry, its variables filled in. */
  readonly entry: JsonObject;
}

/** How answers are cached. */
export interface CacheConfig {
  /** Where answers are kept; absent: in memory. */
  readonly redis?: RedisConfig;
  /** Who shares answers; absent: the team, else the user, else the key. */
  readonly scope?: 'key' | 'user' | 'team' | 'org' | 'global';
  readonly namespace: string;
  readonly ttlMs: number;
  /** Whatever a request asks for. */
  readonly longestTtlMs: number;
  readonly largestBytes: number;
  readonly memoryBytes: number;
  /** Whether requests are cached that say nothing of it. */
  readonly isOnByDefault: boolean;
  readonly keepsToolCalls: boolean;
  /** Whether identical requests that are under way wait for one answer. */
  readonly joinsRequests: boolean;
  readonly isEncrypted: boolean;
  /** Ids of operations whose answers are kept. */
  readonly operations: ReadonlySet<string>;
  /** Questions that mean the same as one before; absent: off. */
  readonly semantic?: SemanticCacheConfig;
}

/** How answers to questions that mean the same are cached. */
export interface SemanticCacheConfig extends Omit<FieldsOf<typeof SEMANTIC>, 'mode' | 'embeddingModel' | 'threshold'> {
  readonly mode: 'shadow' | 'on';
  readonly embeddingModel: string;
  readonly threshold: number;
  /** Where the embeddings of questions are kept. Read at the start only, as what follows. */
  readonly place: 'memory' | 'redis' | 'qdrant';
  /** The beginning of the names of the indexes in Redis. */
  readonly indexName: string;
  readonly qdrantUrl?: string;
  readonly qdrantKey?: string;
  readonly qdrantCollection: string;
  readonly quantization: 'binary' | 'scalar' | 'product';
}

export interface GatewayConfig {
  /** The files it was read from, in merge order. */
  readonly files: readonly string[];
  readonly deployments: readonly DeploymentConfig[];
  readonly unserved: readonly UnservedDeployment[];
  /** Groups that choose among others. */
  readonly choices: readonly ChoiceGroup[];
  /** What the environment says of the addresses of providers: for models that are added by the API. */
  readonly addresses: ProviderAddresses;
  /** Those of `unserved` that wait for a credential of the API. */
  readonly waiting: readonly WaitingDeployment[];
  /** What models of the API may name too. */
  readonly credentials: readonly FileCredential[];
  readonly keys: readonly DeclaredKey[];
  /** Teams, users and the like that a file declares. */
  readonly declared: DeclaredTenants;
  readonly server: ServerConfig;
  readonly routing: RoutingConfig;
  readonly health: HealthCheckConfig;
  /** Where instances share the state of their routing; absent: each is alone. Read at the start only. */
  readonly redis?: RedisConfig;
  readonly telemetry: TelemetryConfig;
  readonly dropParams?: boolean;
  /** Whether requests are repaired that a provider would refuse. */
  readonly modifyParams?: boolean;
  /** Whether chats go by the Responses API wherever it is offered. */
  readonly responsesForChats: boolean;
  /** The TLS settings of connections to providers and webhooks. */
  readonly tls?: ConnectionTls;
  /** With what the gateway itself serves HTTPS; absent: it serves HTTP. Whether it does is decided at the start. */
  readonly servedTls?: ServedTls;
  readonly proxies?: ProxyConfig;
  /** Whether a provider may be at a link-local address, or at another at which clouds offer credentials. */
  readonly mayBeLinkLocal: boolean;
  /** What deployments without their own settings do about the provider's prompt cache. */
  readonly promptCache: FieldsOf<typeof LITELLM_SETTINGS, 'promptCache.'>;
  readonly compression: FieldsOf<typeof LITELLM_SETTINGS, 'compression.'>;
  /** How answers are cached; absent: they are not. Where they are kept is read at the start only. */
  readonly cache?: CacheConfig;
  readonly budgets: BudgetConfig;
  readonly stores: StoreConfig;
  readonly management: ManagementConfig;
  /** The settings of features, by their names; only its own feature reads them. */
  readonly features: FeatureValues;
  /** Settings of `litellm_settings` and `general_settings` without a typed place yet, checked for type. */
  readonly otherSettings: Readonly<Record<string, JsonValue>>;
  readonly notYetInEffect: readonly NotYetInEffect[];
}
