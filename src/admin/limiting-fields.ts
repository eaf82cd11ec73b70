/**
 * Fields that limit, and names that are meant for them. A field that a request does not have is ignored, as LiteLLM does; but
 * a client that misspells a budget, a rate, an expiry or a list of models must not believe that it holds.
 */
import { editDistance } from '../config/did-you-mean.ts';

/** Every field by which some request limits. */
const LIMITING: ReadonlySet<string> = new Set([
  'max_budget',
  'soft_budget',
  'budget_duration',
  'budget_limits',
  'budget_id',
  'model_max_budget',
  'rpm_limit',
  'tpm_limit',
  'tpd_limit',
  'input_tpm_limit',
  'output_tpm_limit',
  'model_rpm_limit',
  'model_tpm_limit',
  'model_itpm_limit',
  'model_otpm_limit',
  'default_estimated_output_tokens',
  'default_estimated_output_tokens_per_model',
  'max_parallel_requests',
  'temp_budget_increase',
  'temp_budget_expiry',
  'models',
  'allowed_models',
  'duration',
  'allowed_routes',
  'key_type',
  'enforced_params',
  'guardrails',
  'policies',
  'blocked',
  'tags',
  'max_budget_in_team',
  'team_member_budget',
  'team_member_budget_duration',
  'team_member_rpm_limit',
  'team_member_tpm_limit',
  'team_member_key_duration',
  'team_member_permissions',
  'allowed_model_region',
  'object_permission',
]);

/** Names from other products, and those that people guess. */
const MEANT: ReadonlyMap<string, string> = new Map(
  Object.entries({
    max_budget: ['budget', 'max_spend', 'spend_limit', 'budget_limit', 'max_cost', 'cost_limit', 'monthly_budget'],
    budget_duration: ['budget_period', 'budget_reset', 'budget_interval'],
    rpm_limit: ['rpm', 'max_rpm', 'requests_per_minute', 'rate_limit'],
    tpm_limit: ['tpm', 'max_tpm', 'tokens_per_minute'],
    tpd_limit: ['tpd', 'max_tpd', 'tokens_per_day'],
    max_parallel_requests: [
      'max_parallel',
      'parallel_requests',
      'concurrency',
      'max_concurrency',
      'max_concurrent_requests',
    ],
    models: ['allowed_models', 'model_list', 'model_names', 'model_access'],
    duration: ['expires', 'expires_at', 'expiry', 'expire', 'expiration', 'ttl', 'valid_until', 'valid_for'],
    allowed_routes: ['routes', 'allowed_paths', 'paths', 'allowed_endpoints'],
    blocked: ['block', 'disabled', 'is_blocked'],
    max_budget_in_team: ['max_budget', 'budget', 'team_member_budget'],
    guardrails: ['guardrail_names', 'guardrail_list'],
  }).flatMap(([field, names]) => names.map((name) => [`${name} ${field}`, field] as const)),
);

/** What is wrong with a field that a request does not have: the sentence goes on after its name. Undefined: it may be ignored. */
export function limitingProblem(name: string, fields: ReadonlySet<string>): string | undefined {
  const own = [...fields].filter((field) => LIMITING.has(field));
  if (own.length === 0) return undefined;
  const folded = name.toLowerCase().replaceAll('-', '_').slice(0, 80);
  const meant = own.find((field) => MEANT.has(`${folded} ${field}`)) ?? nearest(folded, own);
  if (meant !== undefined) return `is not a field of this request; perhaps you mean \`${meant}\``;
  return LIMITING.has(folded) ? 'is not a field of this request and would limit nothing: leave it out' : undefined;
}

/** The nearest field within a distance at which other words are not meant. */
function nearest(written: string, fields: readonly string[]): string | undefined {
  const most = written.length < 8 ? 1 : 2;
  let best: string | undefined;
  let least = most + 1;
  for (const field of fields) {
    const distance = editDistance(written, field, most);
    if (distance < least) [best, least] = [field, distance];
  }
  return best;
}
