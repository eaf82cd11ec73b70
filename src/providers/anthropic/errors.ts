import type { FailureRow } from '../failure.ts';

/**
 * Anthropic's words: `error.type`. Inside a stream the status is 200, and only the type says what failed.
 * https://platform.claude.com/docs/en/api/errors (2026-11-23)
 */
export const ANTHROPIC_FAILURES: readonly FailureRow[] = [
  {
    means: 'upstream_context_window',
    status: [200, 400, 413],
    message:
      /prompt is too long|input length and `?max_tokens`? exceed context limit|exceeds? (?:the )?context (?:window|limit)/i,
  },
  {
    means: 'upstream_content_policy',
    status: [200, 400],
    message: /blocked by content filtering policy|violat\w+ [^.]{0,40}(?:usage|acceptable use) polic/i,
  },
  // "Your credit balance is too low to access the Anthropic API", "You have reached your specified API usage limits".
  {
    means: 'upstream_payment',
    status: [200, 400, 403],
    message: /credit balance is too low|reached your specified (?:API|workspace) usage limits/i,
  },
  { means: 'upstream_payment', code: /^billing_error$/ },
  { means: 'upstream_auth', code: /^authentication_error$/ },
  { means: 'upstream_permission', code: /^permission_error$/ },
  { means: 'upstream_not_found', code: /^not_found_error$/ },
  { means: 'upstream_too_large', code: /^request_too_large$/ },
  { means: 'upstream_rate_limit', code: /^rate_limit_error$/ },
  { means: 'upstream_timeout', code: /^timeout_error$/ },
  { means: 'upstream_overloaded', code: /^overloaded_error$/ },
  { means: 'upstream_bad_request', code: /^invalid_request_error$/, status: [200, 400] },
  { means: 'upstream_server_error', code: /^api_error$/, status: [200, 500] },
];
