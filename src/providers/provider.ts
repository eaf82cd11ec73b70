import type { ErrorCode } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { FormatId, ProviderErrorFacts } from '../formats/neutral/conversation.ts';
import type { ToolLimits } from '../formats/neutral/tool-limits.ts';
import type { BillReports } from './bill.ts';
import type { BudgetMembers } from './budget-members.ts';
import type { ContextSize } from './context-size.ts';

/** The name of a kind of work that a provider can do; `src/operations` says what follows from each. */
export type OperationId = 'chat' | 'response' | 'compact' | 'completion' | 'embedding' | 'count-tokens';

/** Where and as whom a deployment calls its provider: the part of its configuration that a provider needs. */
export interface Target {
  /** The provider's own model name, without the provider prefix. */
  readonly model: string;
  /** `api_base`, without a trailing slash; the provider's default if the configuration names none. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** A token that is sent in place of a key. */
  readonly token?: string;
  readonly apiVersion?: string;
  readonly organization?: string;
}

/** As whom a deployment asks for tokens, for providers that take these in place of keys. */
export interface Identity {
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly userName?: string;
  readonly userPassword?: string;
  readonly scope?: string;
  /** Who gives tokens out, if not the usual authority. */
  readonly authority?: string;
}

/** How a token is asked for. It is sent as `authorization: Bearer`. */
export interface TokenRequest {
  /** Who gives it out, for messages. */
  readonly title: string;
  readonly url: string;
  /** The body, a form. */
  readonly form: string;
  /** Undefined if the answer holds no token. */
  read(answer: JsonValue | undefined): { readonly token: string; readonly lifetimeMs: number } | undefined;
  /** The word for what is wrong, if the answer says it. */
  readError(answer: JsonValue | undefined): string | undefined;
}

/** One call, ready but for the body. `path` includes the query. Header names are in lower case. */
interface Call {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a provider takes of the parameters of its format; the same table edits bytes (relay) and objects (translate). */
export interface ParameterRules {
  /** Top-level members to rename when present (and the new name absent): `max_completion_tokens` → `max_tokens`. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Top-level members this provider refuses: dropped with `drop_params`, otherwise a 400 that names them. */
  readonly unsupported?: readonly string[];
  /**
   * Rewrites a top-level member's value; returns it unchanged if nothing is to do, `undefined` to remove it silently
   * (a default spelled out), or `UNSUPPORTED` if the value cannot be taken (treated as `unsupported`).
   */
  readonly values?: Readonly<Record<string, (value: JsonValue) => JsonValue | undefined | typeof UNSUPPORTED>>;
  /**
   * A quick test over the raw bytes of a member: false means `values[name]` need not run, so the member is not parsed.
   * Without an entry the member is always parsed when it has a rule.
   */
  readonly mayNeedRewrite?: Readonly<Record<string, (bytes: Uint8Array) => boolean>>;
}

/** Returned by a value rule for a value the provider cannot take. */
export const UNSUPPORTED: unique symbol = Symbol('unsupported');

/** How a provider does one operation. */
export interface ProviderOperation {
  readonly format: FormatId;
  /** The call for a target. Pure and cheap; the caller keeps the result for the life of a deployment. */
  call(target: Target, options: { readonly stream: boolean }): Call;
  rules(model: string): ParameterRules;
  /** Which models it serves, if it does not serve all (OpenAI's legacy completions). */
  serves?(model: string): boolean;
  /** Whether it is there at an address; absent: wherever the provider is. */
  isAt?(baseUrl: string): boolean;
  /**
   * Why a request in the provider's own format may not be relayed nevertheless: its answers depart from the format in a way that
   * clients do not read. A short word for metrics; undefined if nothing prevents it.
   */
  mustTranslate?(model: string, body: Uint8Array): string | undefined;
  /** Whether a model's streamed tool calls keep to the format: an index for each, id and name once. Absent: they are looked at. */
  writesCallsWell?(model: string): boolean;
  /** What it takes as names of tools and ids of calls, if not what its format says. */
  toolLimits?(model: string): ToolLimits;
  /** Request headers of the client that are handed on when its format is relayed (`anthropic-beta`), in lower case. */
  readonly forwardHeaders?: readonly string[];
  /** What a request that counts against a budget may have in its body and headers. */
  readonly budgetMembers: BudgetMembers;
  /** Whether `stream_options.include_usage` may be sent (openai-chat); other formats tell usage unasked. */
  readonly streamUsage?: 'ask' | 'always' | 'never';
}

/** A failed answer of a provider, as far as it was read. `body` is the parsed JSON, or undefined if it was not JSON. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: JsonValue | undefined;
  /** What the format's `readError` made of the body. */
  readonly error: ProviderErrorFacts | undefined;
  /** When the answer came, in milliseconds since the epoch: dates in an answer without a `date` header are measured against it. */
  readonly receivedAtMs?: number;
}

/** A failure in our words. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly providerCode?: string;
  readonly param?: string;
  /** How long the prompt was and may be, if it is too long and the provider says it. */
  readonly contextSize?: ContextSize;
  readonly retryAfterMs?: number;
  /** Status to answer the client with if the provider's own says more than the table's (529, 409, …). */
  readonly status?: number;
}

/** Who answers. One folder each. */
export interface Provider {
  /** The prefix in `model: provider/model`. */
  readonly name: string;
  /** Further prefixes that mean the same provider. */
  readonly aliases?: readonly string[];
  /**
   * Wildcard patterns (`*` = any characters) of bare model names that mean this provider when the configuration names none:
   * `gpt-*`. The first provider of the list with a matching pattern wins.
   */
  readonly modelPatterns?: readonly string[];
  /** How people write it: `DeepSeek`. */
  readonly title: string;
  /** Base URL when `api_base` is absent; undefined if it must be configured. */
  readonly defaultBaseUrl?: string;
  /** Environment variables that may hold the key, the first that is set wins. */
  readonly keyVariables: readonly string[];
  /** Environment variables that may hold the base URL. */
  readonly baseUrlVariables?: readonly string[];
  /** Environment variables that may say as whom tokens are asked for, and the token itself. */
  readonly identityVariables?: Readonly<Partial<Record<keyof Identity | 'token', string>>>;
  /** How tokens are asked for in place of a key; undefined if the identity is not whole. */
  tokenRequest?(identity: Identity): TokenRequest | undefined;
  /** The header that names the organisation of a call, if it has one. */
  readonly organizationHeader?: string;
  /** Whether calls without a key are normal (a local server). */
  readonly keyOptional?: boolean;
  /** Set on the one provider that means any server of its format: a model of unknown prefix with an `api_base` is its. */
  readonly isCustomEndpoint?: boolean;
  /** Provider id in @pydantic/genai-prices, if it differs from `name`; null if it has none. */
  readonly priceProvider?: string | null;
  readonly operations: Partial<Readonly<Record<OperationId, ProviderOperation>>>;
  /** What a failed answer means. */
  classify(answer: FailedAnswer): Failure;
  /** The reports of what it billed; undefined if it has none that are known. */
  readonly bill?: BillReports;
  /** Where the facts above come from: link and date. */
  readonly source: string;
}
