/** The types that the parts of the management API share. */
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';
import type { CachedAnswers } from '../exchange/cached-answers.ts';
import type { CompressedOriginals } from '../exchange/compression.ts';
import type { Claims } from '../stores/contracts/claims.ts';
import type { Directory } from '../stores/contracts/directory.ts';
import type { Ledger } from '../stores/contracts/ledger.ts';
import type { Identity } from '../tenancy/identity.ts';
import type { UsableCredentials } from './credentials/usable.ts';

/**
 * Roles that a route is opened for. A caller has every role that applies: the master key is `proxy_admin`; a user's own role comes
 * with each of its keys; `team_admin` and `org_admin` follow from memberships and hold for those teams and organisations only, which
 * the handler checks; `key` is every valid key, also one without a user.
 */
export const ROLES = [
  'key',
  'internal_user_viewer',
  'internal_user',
  'team_admin',
  'org_admin',
  'proxy_admin_viewer',
  'proxy_admin',
] as const;
export type Role = (typeof ROLES)[number];

/** What handlers work with. Made once by `src/gateway/`; `config()` is the one in effect now. */
export interface ManagementContext {
  readonly clock: Clock;
  readonly config: () => GatewayConfig;
  readonly directory: Directory;
  readonly ledger: Ledger;
  readonly claims: Claims;
  /** Keys, users and the like that a configuration file declares: shown, never changed. */
  readonly declared: () => DeclaredObjects;
  /** Names of the model groups that are served. */
  readonly modelGroups: () => readonly string[];
  /** Checks a `model_list` entry made through the API as a file's entry is checked; findings in words, empty when good. */
  readonly checkModel: (entry: JsonObject) => readonly string[];
  /** The credentials that models may name, opened: the file's and those of the API. */
  readonly credentials: () => UsableCredentials;
  /** Serves what the directory's models and credentials are now; called after a change of them. */
  readonly reloadModels: () => Promise<void>;
  /** Seals and opens provider keys at rest. */
  readonly seal: (text: string, place: string) => string;
  readonly unseal: (sealed: string, place: string) => string;
  /** What a model's answer would cost (`/spend/calculate`, `/cost/estimate`); undefined: unpriced. In pico-USD. */
  readonly priceOf: (model: string, usage: EstimatedUsage) => EstimatedCost | undefined;
  /** How many tokens a text has, about; owners take turns. */
  readonly countTokens: (text: string, owner: string) => Promise<number>;
  /** Undefined if no feature caches answers. */
  readonly cachedAnswers: CachedAnswers | undefined;
  /** Undefined if no feature compresses prompts. */
  readonly compressedOriginals: CompressedOriginals | undefined;
  readonly masterKeyHash: string;
}

/** Tokens of a request whose cost is asked for; the parts are contained in the counts of both sides. */
export interface EstimatedUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
}

/** What it costs, with parts of the total. */
export interface EstimatedCost {
  readonly total: PicoUsd;
  readonly cachedInput: PicoUsd;
  readonly cacheWrite: PicoUsd;
  readonly reasoning: PicoUsd;
}

/** Objects of the configuration file, as the API shows them. */
export interface DeclaredObjects {
  readonly keys: readonly Identity[];
}

/** One call of a management route. */
export interface ManagementCall {
  readonly context: ManagementContext;
  readonly caller: Identity;
  readonly roles: ReadonlySet<Role>;
  /** Parameters of the path by their names. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** `{}` if the request has none. */
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Takes the path of a field that was sent and has no effect, to be named in the answer. */
  readonly ignore: (path: string) => void;
}

/** A management route. What is not listed does not exist; a role that is not listed gets 403 before the body is read. */
export interface ManagementRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In the router's notation (`:key`, `*`); metrics and logs call the route by the first. */
  readonly paths: readonly [string, ...string[]];
  readonly roles: readonly Role[];
  /** What it does, in a sentence for the reference page. */
  readonly summary: string;
  /** Resolves to the body of a 200; throws a GatewayError for everything else. */
  answer(call: ManagementCall): Promise<JsonValue | TextAnswer>;
}

/** A body that is no JSON. */
export class TextAnswer {
  readonly contentType: string;
  readonly text: string;

  constructor(contentType: string, text: string) {
    this.contentType = contentType;
    this.text = text;
  }
}
