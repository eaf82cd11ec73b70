import type { FailureRow } from '../failure.ts';

/**
 * The business codes in `error.code`, which tell more than the status (429 alone means eight things).
 * https://docs.z.ai/api-reference/api-code and https://docs.bigmodel.cn/cn/api/api-code (2026-11-23)
 */
export const GLM_FAILURES: readonly FailureRow[] = [
  { means: 'upstream_auth', code: /^(?:100[0-4]|111[0-2])$/ },
  { means: 'upstream_payment', code: /^(?:1113|1309)$/, answerWith: 429 },
  // A quota of the day, week or plan: used up until it is flushed, hours from now.
  { means: 'upstream_payment', code: /^(?:1304|1308|1310)$/, answerWith: 429 },
  { means: 'upstream_permission', code: /^(?:1121|1220|1311)$/ },
  { means: 'upstream_not_found', code: /^(?:1211|1221|1222)$/ },
  { means: 'upstream_bad_request', code: /^(?:1210|1212|1213|1214|1215)$/ },
  { means: 'upstream_context_window', code: /^1261$/ },
  { means: 'upstream_content_policy', code: /^130[01]$/ },
  { means: 'upstream_rate_limit', code: /^(?:1302|1303|1305|1313)$/ },
  { means: 'upstream_overloaded', code: /^1312$/ },
  { means: 'upstream_server_error', code: /^(?:1120|1200|1230|1234)$/ },
  { means: 'upstream_permission', status: [434] },
  { means: 'upstream_too_large', status: [435] },
];
