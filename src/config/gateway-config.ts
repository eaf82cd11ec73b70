/**
 * The canonical configuration: what every dialect is read into and the only shape the rest of the program sees.
 * Times are milliseconds, sizes bytes, money pico-USD. Deeply readonly; a reload makes a new one.
 */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';
import type { Key, Limits } from '../stores/contracts/directory.ts';
import type { DeclaredTenants } from './declared-tenants.ts';
import type { AlertConfig, BudgetConfig, ManagementConfig, StoreConfig } from './money-config.ts';
import type { DeploymentHealthCheck, HealthCheckConfig, NumberByClass, RoutingConfig } from './routing-config.ts';

export type * from './declared-tenants.ts';
export type * from './money-config.ts';
export type * from './routing-config.ts';

/** One `model_list` entry. */
export interface DeploymentConfig {
  /** `model_info.id`, else a stable hash of the group name and the parameters that are no secrets. */
  readonly id: string;
  /** The model group it belongs to; may hold `*` (`openai/*`, `*`). */
  readonly group: string;
  /** The provider's name as registered in `src/providers/index.ts`. */
  readonly provider: string;
  /** The provider's own model name; may hold `*`, filled in from what the client asked for. */
  readonly model: string;
  readonly apiKey?: string;
  readonly apiBase?: string;
  readonly apiVersion?: string;
  readonly organization?: string;
  readonly extraHeaders: Readonly<Record<string, string>>;
  /** Request fields added when the client does not send them (`temperature`, `max_tokens`, …; any unknown `litellm_params` key). */
  readonly defaultParams: JsonObject;
  readonly dropParams?: boolean;
  readonly additionalDropParams: readonly string[];
  readonly timeoutMs?: number;
  readonly streamTimeoutMs?: number;
  readonly firstTokenTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly numRetries?: number;
  readonly weight?: number;
  readonly order?: number;
  readonly rpm?: number;
  readonly tpm?: number;
  readonly maxParallelRequests?: number;
  readonly tags: readonly string[];
  readonly region?: string;
  readonly cooldownMs?: number;
  /** `model_info.allowed_fails`: wins over the router's. */
  readonly allowedFails?: number;
  readonly allowedFailsByClass?: NumberByClass;
  readonly healthCheck?: DeploymentHealthCheck;
  readonly budget?: { readonly max: PicoUsd; readonly period?: string };
  /** `model_info` as written (LiteLLM's field names), with pricing keys of `litellm_params` folded in. */
  readonly modelInfo: JsonObject;
  /** Where it stands, for messages: `config.yaml:3:5`. */
  readonly position: string;
}

/** A key declared in a file (`user_api_key_list`). */
export interface DeclaredKey {
  /** The key as it stands; hashed as soon as it is read into the key table and never kept elsewhere. */
  readonly key: string;
  readonly alias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
  /** Model groups, wildcards allowed; empty means all. */
  readonly models: readonly string[];
  readonly limits: Limits;
  /** Names its requests may use → model groups. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Paths it may call, patterns with `*`; undefined: all that its role may. */
  readonly allowedRoutes?: readonly string[];
  readonly keyType: Key['keyType'];
  /** Request fields that must be there. */
  readonly enforcedParams?: readonly string[];
  readonly expiresAtMs?: number;
  readonly blocked: boolean;
  /** As written, the key's tags among it. */
  readonly metadata: JsonObject;
  readonly position: string;
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
  readonly tls?: { readonly caFile?: string; readonly isVerified: boolean; readonly isHostChecked: boolean };
  /** Who knows the master; host and port are then not asked. */
  readonly sentinels?: {
    readonly serviceName: string;
    readonly nodes: readonly RedisNode[];
    readonly username?: string;
    readonly password?: string;
  };
  /** Further nodes of a Redis Cluster, for when the first is away. */
  readonly startupNodes?: readonly RedisNode[];
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Undefined: made once and kept in the data folder. */
  readonly masterKey?: string;
  /** `litellm_key_header_name`: a further header that may carry the key, in lower case. */
  readonly keyHeaderName?: string;
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
}

export interface TelemetryConfig {
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto`: JSON unless standard output is a terminal. */
  readonly logFormat: 'json' | 'text' | 'auto';
  /** `disable_pii_logging`: no user ids, end users or addresses in logs and metric labels. */
  readonly hidePersonalData: boolean;
  /** `enable_end_user_cost_tracking_prometheus_only`: metrics name end users, whom clients choose. */
  readonly endUserLabel: boolean;
  readonly metrics: { readonly enabled: boolean; readonly path: string; readonly requireAuth: boolean };
}

/** A setting that was read, understood, and does nothing yet. */
export interface NotYetInEffect {
  readonly path: string;
  readonly position: string;
}

export interface GatewayConfig {
  /** The files it was read from, in merge order. */
  readonly files: readonly string[];
  readonly deployments: readonly DeploymentConfig[];
  readonly keys: readonly DeclaredKey[];
  /** Teams, users and the like that stand in the file. */
  readonly declared: DeclaredTenants;
  readonly server: ServerConfig;
  readonly routing: RoutingConfig;
  readonly health: HealthCheckConfig;
  /** Where instances share the state of their routing; absent: each is alone. Read at the start only. */
  readonly redis?: RedisConfig;
  readonly telemetry: TelemetryConfig;
  readonly dropParams: boolean;
  /** `cache` settings in LiteLLM's names (the guide's dialect folded in); absent when caching is off. */
  readonly cache?: JsonObject;
  readonly budgets: BudgetConfig;
  readonly stores: StoreConfig;
  readonly management: ManagementConfig;
  readonly alerts: AlertConfig;
  /** Settings of `litellm_settings` and `general_settings` without a typed place yet, checked for type. */
  readonly otherSettings: Readonly<Record<string, JsonValue>>;
  readonly notYetInEffect: readonly NotYetInEffect[];
}
