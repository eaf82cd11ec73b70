import type { FailureRow } from '../failure.ts';

/**
 * Google's words: `error.status` is a gRPC code, `error.details[].reason` the exact reason.
 * https://ai.google.dev/gemini-api/docs/troubleshooting and https://docs.cloud.google.com/apis/design/errors (2026-11-23)
 */
export const GEMINI_FAILURES: readonly FailureRow[] = [
  // 400 with status INVALID_ARGUMENT: "API key not valid. Please pass a valid API key.", "API key expired".
  { means: 'upstream_auth', code: /^(?:API_KEY_INVALID|API_KEY_EXPIRED|ACCESS_TOKEN_EXPIRED)$/ },
  { means: 'upstream_auth', message: /API key (?:not valid|not found|expired|was reported as leaked)/i },
  {
    means: 'upstream_context_window',
    message:
      /exceeds the maximum number of tokens|input token count[^.]{0,40}exceeds|exceeds the (?:model's )?context/i,
  },
  {
    means: 'upstream_content_policy',
    status: [200, 400],
    message:
      /blocked (?:by|due to) [^.]{0,40}(?:safety|polic|prohibited)|PROHIBITED_CONTENT|violat\w+ [^.]{0,40}polic/i,
  },
  // FAILED_PRECONDITION: "User location is not supported for the API use", or the free tier without billing: the account's fault.
  { means: 'upstream_payment', code: /^FAILED_PRECONDITION$/, message: /billing/i },
  { means: 'upstream_permission', code: /^FAILED_PRECONDITION$/ },
  // Prepaid credit used up comes as RESOURCE_EXHAUSTED too; waiting does not bring it back.
  {
    means: 'upstream_payment',
    code: /^RESOURCE_EXHAUSTED$/,
    message: /prepayment credits|billing account|spend(?:ing)? (?:cap|limit)/i,
    answerWith: 429,
  },
  { means: 'upstream_rate_limit', code: /^RESOURCE_EXHAUSTED$/ },
  { means: 'upstream_auth', code: /^UNAUTHENTICATED$/ },
  { means: 'upstream_permission', code: /^PERMISSION_DENIED$/ },
  { means: 'upstream_not_found', code: /^NOT_FOUND$/ },
  { means: 'upstream_timeout', code: /^DEADLINE_EXCEEDED$/ },
  { means: 'upstream_overloaded', code: /^UNAVAILABLE$/ },
  { means: 'upstream_server_error', code: /^(?:INTERNAL|UNKNOWN|ABORTED|DATA_LOSS)$/ },
  { means: 'upstream_bad_request', code: /^(?:INVALID_ARGUMENT|OUT_OF_RANGE|UNIMPLEMENTED)$/ },
];
