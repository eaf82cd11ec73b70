import type { FailureRow } from '../failure.ts';

/** OpenAI's own words. https://developers.openai.com/api/docs/guides/error-codes (2026-11-23) */
export const OPENAI_FAILURES: readonly FailureRow[] = [
  // "Invalid prompt: your prompt was flagged as potentially violating our usage policy", from the reasoning models.
  { means: 'upstream_content_policy', code: /^invalid_prompt$/ },
  // "Country, region, or territory not supported".
  { means: 'upstream_permission', code: /^unsupported_country_region_territory$/ },
  // "You must be a member of an organization to use the API".
  { means: 'upstream_auth', code: /^(?:account_deactivated|invalid_organization|mismatched_organization)$/ },
  // 503 "Slow Down": a sudden rise of the rate, from the same deployment.
  { means: 'upstream_rate_limit', status: [503], message: /slow down/i, answerWith: 503 },
];
