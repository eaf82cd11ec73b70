/** The family base: most providers speak OpenAI's formats and differ in a few facts. A provider of the family is a description. */
import { defined } from '../../core/defined.ts';
import type { ToolLimits } from '../../formats/neutral/tool-limits.ts';
import { pathWithQuery, splitBaseUrl } from '../base-url.ts';
import { classifyBy, type FailureRow } from '../failure.ts';
import type { ParameterRules, Provider, ProviderOperation, Target } from '../provider.ts';
import { type BudgetAdditions, familyBudgetMembers } from './budget-members.ts';
import { FAMILY_FAILURES } from './errors.ts';
import { FAMILY_CHAT_RULES } from './parameters.ts';

type FamilyOperation = 'chat' | 'response' | 'compact' | 'completion' | 'embedding';
type Rules = ParameterRules | ((model: string) => ParameterRules);

/** What makes one provider of the family different from the others. */
interface OpenAiCompatibleDescription
  extends Pick<
    Provider,
    | 'name'
    | 'aliases'
    | 'title'
    | 'modelPatterns'
    | 'defaultBaseUrl'
    | 'keyVariables'
    | 'baseUrlVariables'
    | 'keyOptional'
    | 'organizationHeader'
    | 'isCustomEndpoint'
    | 'priceProvider'
    | 'source'
  > {
  /** What it can do; chat alone if absent. */
  readonly operations?: readonly FamilyOperation[];
  /** The path that an `api_base` without one gets, for servers that have their API at one place only: `/v1`. */
  readonly barePath?: string;
  /** What it takes of the parameters; the family's common rules for chat and none for the rest if absent. */
  readonly rules?: Readonly<Partial<Record<FamilyOperation, Rules>>>;
  /** What a request for chat under a budget may have beside the family's members. */
  readonly underBudget?: BudgetAdditions;
  /** Lines of its own, before the family's table of failures. */
  readonly failures?: readonly FailureRow[];
  /** Which models an operation serves, if not all. */
  readonly serves?: Readonly<Partial<Record<FamilyOperation, (model: string) => boolean>>>;
  /** Why a chat may not be relayed, if answers depart from the format in a way that clients do not read. */
  readonly mustTranslate?: (model: string, body: Uint8Array) => string | undefined;
  /** Whether a model's streamed tool calls need no repair. */
  readonly writesCallsWell?: (model: string) => boolean;
  /** What it takes as names of tools and ids of calls, if not what the format says. */
  readonly toolLimits?: (model: string) => ToolLimits;
  /** At which addresses it compacts conversations. */
  readonly compactsAt?: (baseUrl: string) => boolean;
  /** How usage comes at the end of a stream: asked for by `stream_options` unless it says otherwise. */
  readonly streamUsage?: 'ask' | 'always' | 'never';
  /** Headers beside the key. */
  readonly headers?: (target: Target) => Readonly<Record<string, string>>;
}

const PATHS: Readonly<Record<FamilyOperation, string>> = {
  chat: '/chat/completions',
  response: '/responses',
  compact: '/responses/compact',
  completion: '/completions',
  embedding: '/embeddings',
};
/** Longest first: `/completions` is the end of `/chat/completions`. */
const ENDINGS: readonly string[] = [PATHS.chat, PATHS.compact, PATHS.response, PATHS.completion, PATHS.embedding];
const FORMATS = {
  chat: 'openai-chat',
  response: 'openai-responses',
  compact: 'openai-responses',
  completion: 'openai-completions',
  embedding: 'openai-embeddings',
} as const;
const NO_RULES: ParameterRules = {};

/** Builds a provider of the OpenAI-compatible family from its description. */
export function openAiCompatible(description: OpenAiCompatibleDescription): Provider {
  const {
    operations = ['chat'],
    barePath,
    rules = {},
    failures = [],
    serves,
    mustTranslate,
    toolLimits,
    writesCallsWell,
    streamUsage,
    headers,
    underBudget: _underBudget,
    compactsAt: _compactsAt,
    ...facts
  } = description;
  return {
    ...facts,
    operations: Object.fromEntries(
      operations.map((operation) => [operation, familyOperation(operation, description, rules[operation])]),
    ),
    classify: classifyBy(description.title, [...failures, ...FAMILY_FAILURES]),
  };
}

function familyOperation(
  operation: FamilyOperation,
  description: OpenAiCompatibleDescription,
  rules: Rules = operation === 'chat' ? FAMILY_CHAT_RULES : NO_RULES,
): ProviderOperation {
  const serves = description.serves?.[operation];
  const { mustTranslate, toolLimits, writesCallsWell } = description;
  return {
    format: FORMATS[operation],
    ...defined({ serves }),
    ...(operation === 'chat' && mustTranslate !== undefined && { mustTranslate }),
    ...(operation === 'compact' && { mustTranslate: withoutLimit, ...defined({ isAt: description.compactsAt }) }),
    ...(operation === 'chat' && defined({ toolLimits, writesCallsWell })),
    ...(operation === 'chat' || operation === 'completion' ? { streamUsage: description.streamUsage ?? 'ask' } : {}),
    rules: typeof rules === 'function' ? rules : () => rules,
    budgetMembers: familyBudgetMembers(operation, description.underBudget),
    call(target, { stream }) {
      const base = splitBaseUrl(target.baseUrl, ENDINGS, description.defaultBaseUrl);
      const path = base.path === '' ? (description.barePath ?? '') : base.path;
      return {
        origin: base.origin,
        path: pathWithQuery(`${path}${PATHS[operation]}`, base.query),
        headers: {
          ...jsonHeaders(stream),
          ...bearer(target.apiKey),
          ...description.headers?.(target),
        },
      };
    },
  };
}

const LIMIT = Buffer.from('"max_output_tokens"');

/** OpenAI compacts without a limit: what a budget limits is asked for as a summary. */
export function withoutLimit(_model: string, body: Uint8Array): string | undefined {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(LIMIT) ? 'limited-answer' : undefined;
}

/** The headers of every call with a JSON body. */
export function jsonHeaders(stream: boolean): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', accept: stream ? 'text/event-stream' : 'application/json' };
}

/** `Authorization: Bearer …`, or nothing without a key. A key from a file often ends with a line break. */
export function bearer(apiKey: string | undefined): Readonly<Record<string, string>> {
  const key = apiKey?.trim();
  return key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` };
}
