/**
 * Mocks: what LiteLLM's `mock_…` members ask for in place of a call (docs.litellm.ai, completion/mock_requests and proxy/reliability,
 * 2026-11). An operator gives them to a deployment; a request may bring them if its key or team is allowed to.
 */
import { ERRORS, type ErrorCode, GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';

/** What is done in place of a call. */
export interface Mock {
  /** How long it takes; a time limit may be shorter. */
  readonly delayMs: number;
  readonly outcome: MockAnswer | MockFailure | MockTimeout;
}

/** A text, a list of numbers (a vector), or a whole answer; beside it, or alone, calls of tools. */
export interface MockAnswer {
  readonly kind: 'answer';
  readonly answer: JsonValue | undefined;
  readonly toolCalls: readonly JsonValue[];
}

export interface MockFailure {
  readonly kind: 'failure';
  readonly code: ErrorCode;
  readonly message: string;
  /** At the first attempt of a request alone. */
  readonly isOnce: boolean;
  /** The rest of the group is not tried: it is a fallback that shall be seen to work. */
  readonly leavesGroup: boolean;
}

/** No answer until the time limit of the attempt is over. */
interface MockTimeout {
  readonly kind: 'timeout';
}

/** Metadata of a key or team whose requests may bring mocks, by LiteLLM's name. */
export const MAY_MOCK = 'allow_client_mock_response';

/** Whether the name of a member is that of a mock. */
export const isMockMember = (name: string): boolean => name.startsWith('mock_');

/** Returns the value of a member. */
type Members = (name: string) => JsonValue | undefined;

/** Reads a mock; undefined if there is none. Throws `invalid_request` with the name of what is wrong. */
export function readMock(members: Members): Mock | undefined {
  const outcome = drillOf(members) ?? (flagIn('mock_timeout', members) ? TIMEOUT : answerOf(members));
  return outcome === undefined ? undefined : { delayMs: delayOf(members('mock_delay')), outcome };
}

const TIMEOUT: MockTimeout = { kind: 'timeout' };

const DRILLS = [
  ['mock_testing_fallbacks', 'upstream_server_error', 'to trigger a fallback'],
  ['mock_testing_context_fallbacks', 'upstream_context_window', 'to trigger a fallback'],
  ['mock_testing_context_window_fallbacks', 'upstream_context_window', 'to trigger a fallback'],
  ['mock_testing_content_policy_fallbacks', 'upstream_content_policy', 'to trigger a fallback'],
  ['mock_testing_rate_limit_error', 'upstream_rate_limit', 'to trigger a rate limit error'],
] as const satisfies readonly (readonly [string, ErrorCode, string])[];

function drillOf(members: Members): MockFailure | undefined {
  for (const [name, code, why] of DRILLS) {
    if (!flagIn(name, members)) continue;
    const isOnce = code === 'upstream_rate_limit';
    return failure(code, `This is a mock exception, ${why}.`, { isOnce, leavesGroup: !isOnce });
  }
  return undefined;
}

/** The texts that LiteLLM takes for errors, and those of the other classes that a client may meet. */
const ERROR_WORDS: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  ['litellm.RateLimitError', ['upstream_rate_limit', 'rate limit error']],
  ['litellm.InternalServerError', ['upstream_server_error', 'internal server error']],
  ['litellm.ContextWindowExceededError', ['upstream_context_window', 'context window exceeded error']],
  ['litellm.ContentPolicyViolationError', ['upstream_content_policy', 'content policy violation error']],
  ['litellm.ServiceUnavailableError', ['upstream_overloaded', 'service unavailable error']],
  ['litellm.APIConnectionError', ['upstream_connection', 'connection error']],
  ['litellm.AuthenticationError', ['upstream_auth', 'authentication error']],
  ['litellm.NotFoundError', ['upstream_not_found', 'not found error']],
  ['litellm.BadRequestError', ['upstream_bad_request', 'bad request error']],
  ['litellm.Timeout', ['upstream_timeout', 'timeout error']],
]);

const CONTENT_POLICY = 'Exception: content_filter_policy';

function answerOf(members: Members): MockAnswer | MockFailure | undefined {
  const answer = members('mock_response') ?? undefined;
  const toolCalls = toolCallsOf(members('mock_tool_calls'));
  if (typeof answer === 'string') {
    const known = ERROR_WORDS.get(answer);
    if (known !== undefined) return failure(known[0], `this is a mock ${known[1]}`);
    if (answer.startsWith(CONTENT_POLICY)) return failure('upstream_content_policy', answer.slice(0, LONGEST_MESSAGE));
  }
  if (answer === undefined && toolCalls.length === 0) return undefined;
  if (answer !== undefined && typeof answer !== 'string' && typeof answer !== 'object') {
    throw invalid('mock_response', 'a text, a list of numbers, or a whole answer as an object');
  }
  return { kind: 'answer', answer, toolCalls };
}

const LONGEST_MESSAGE = 1_024;

function failure(
  code: ErrorCode,
  words: string,
  how: Pick<MockFailure, 'isOnce' | 'leavesGroup'> = { isOnce: false, leavesGroup: false },
): MockFailure {
  return { kind: 'failure', code, message: `${ERRORS[code].className}: ${words}`, ...how };
}

const MOST_CALLS = 128;

function toolCallsOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.length <= MOST_CALLS && value.every((call) => isJsonObject(call))) return value;
  throw invalid('mock_tool_calls', `a list of at most ${MOST_CALLS} tool calls as in a chat completion`);
}

/** LiteLLM takes the words for it too. */
function flagIn(name: string, members: Members): boolean {
  const value = members(name);
  if (value === undefined || value === null || value === false) return false;
  if (value === true) return true;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (word === 'true' || word === 'false') return word === 'true';
  throw invalid(name, 'true or false');
}

const LONGEST_DELAY_S = 6_000;

function delayOf(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && value >= 0 && value <= LONGEST_DELAY_S) return Math.ceil(value * 1_000);
  throw invalid('mock_delay', `a number of seconds from 0 to ${LONGEST_DELAY_S}`);
}

function invalid(param: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `\`${param}\` must be ${what}.`, { param });
}
