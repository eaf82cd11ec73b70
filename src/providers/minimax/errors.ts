import type { FailureRow } from '../failure.ts';

/**
 * MiniMax answers many failures with status 200 and `base_resp.status_code`; elsewhere the number is in brackets behind the
 * message: "invalid params, context window exceeds limit (2013)". https://platform.minimax.io/docs/api-reference/errorcode (2026-11-23)
 */
export const MINIMAX_FAILURES: readonly FailureRow[] = [
  { means: 'upstream_context_window', message: /context window exceeds/i },
  ...both('upstream_timeout', '1001'),
  // 1002 requests, 1039 tokens, 1041 connections, 2045 a sudden rise.
  ...both('upstream_rate_limit', '1002|1039|1041|2045'),
  ...both('upstream_auth', '1004|2049'),
  ...both('upstream_payment', '1008|2056'),
  ...both('upstream_content_policy', '1026|1027'),
  ...both('upstream_bad_request', '1042|2013'),
  ...both('upstream_server_error', '1000|1013|1024|1033'),
];

function both(means: FailureRow['means'], numbers: string): readonly FailureRow[] {
  return [
    { means, code: new RegExp(`^(?:${numbers})$`) },
    { means, message: new RegExp(`\\((?:${numbers})\\)\\s*$`) },
  ];
}
