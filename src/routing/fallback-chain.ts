/**
 * Where a request goes when its group fails: which groups follow for which failure, and which configured chains go in
 * circles.
 */
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { WalkPolicy } from './contracts.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

/** Failures of the client's request that a different model may well serve. */
const SERVED_ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['upstream_context_window', 'upstream_too_large']);

const ANY: readonly ErrorCode[] = CODES.filter(
  (code) => ERRORS[code].source === 'upstream' || SERVED_ELSEWHERE.has(code),
);

/**
 * The words of `fallback_on` and the failures they mean. The first four are the guide's; it explains
 * `internal_server_error` as every 5xx. A refusal for content falls back only if its own word is listed.
 */
export const FALLBACK_WORDS: Readonly<Record<string, readonly ErrorCode[]>> = {
  timeout: ['upstream_timeout'],
  rate_limit_exceeded: ['upstream_rate_limit'],
  internal_server_error: [
    'upstream_server_error',
    'upstream_bad_gateway',
    'upstream_overloaded',
    'upstream_stream_cut',
  ],
  api_connection_error: ['upstream_connection', 'upstream_stream_cut'],
  service_unavailable: ['upstream_overloaded'],
  bad_gateway: ['upstream_bad_gateway', 'upstream_stream_cut'],
  authentication_error: ['upstream_auth', 'upstream_permission'],
  permission_denied: ['upstream_permission'],
  payment_required: ['upstream_payment'],
  not_found: ['upstream_not_found'],
  request_too_large: ['upstream_too_large'],
  context_window_exceeded: ['upstream_context_window'],
  content_policy_violation: ['upstream_content_policy'],
  any: ANY,
};

/**
 * The failures that a list of `fallback_on` words means, and the unknown words. LiteLLM's class names are words too.
 */
interface FallbackCodes {
  readonly codes: ReadonlySet<ErrorCode>;
  readonly unknownWords: readonly string[];
}

/** Reads `fallback_on`. */
export function readFallbackOn(words: readonly string[]): FallbackCodes {
  const codes = new Set<ErrorCode>();
  const unknownWords: string[] = [];
  for (const word of words) {
    const named = Object.hasOwn(FALLBACK_WORDS, word) ? FALLBACK_WORDS[word] : undefined;
    const meant = named ?? CODES.filter((code) => code.startsWith('upstream_') && ERRORS[code].className === word);
    if (meant.length === 0) unknownWords.push(word);
    for (const code of meant) codes.add(code);
  }
  return { codes, unknownWords };
}

/** The groups that may follow a failure, in order. Groups the request has been to are not taken out. */
export function fallbackChain(code: ErrorCode, policy: WalkPolicy): readonly string[] {
  const isNamed = policy.fallbackOn?.has(code) === true;
  switch (code) {
    case 'upstream_content_policy':
      // Unlike LiteLLM: another model is asked for what one refused only if the operator configured it.
      if (policy.contentPolicyFallbacks.length > 0) return policy.contentPolicyFallbacks;
      return isNamed ? policy.fallbacks : [];
    case 'upstream_context_window':
      // As LiteLLM: its own list is final, and without one the general fallbacks are tried.
      if (policy.contextWindowFallbacks.length > 0) {
        return isNamed ? [...policy.contextWindowFallbacks, ...policy.fallbacks] : policy.contextWindowFallbacks;
      }
      return policy.fallbackOn === undefined || isNamed ? policy.fallbacks : [];
    default:
      if (policy.fallbackOn !== undefined) return isNamed ? policy.fallbacks : [];
      return ERRORS[code].source !== 'client' || SERVED_ELSEWHERE.has(code) ? policy.fallbacks : [];
  }
}

/**
 * A group's fallbacks with theirs, in LiteLLM's order: each fallback is followed by its own fallbacks before the next
 * one. No group stands twice, the group itself never. A list is found under the exact name, the name without its
 * provider, or `*`.
 */
export function flattenFallbacks(group: string, map: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>([group]);
  const waiting = [...listOf(group, map)].reverse();
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === undefined || found.has(next)) continue;
    found.add(next);
    waiting.push(...[...listOf(next, map)].reverse());
  }
  found.delete(group);
  return [...found];
}

function listOf(group: string, map: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const bare = group.slice(group.indexOf('/') + 1);
  return map.get(group) ?? map.get(bare) ?? map.get('*') ?? [];
}
