import type { FailureRow } from '../failure.ts';

/**
 * Azure's own words, before the family's.
 * https://learn.microsoft.com/azure/foundry/openai/concepts/content-filter and …/quotas-limits (2026-11-23)
 */
export const AZURE_FAILURES: readonly FailureRow[] = [
  {
    means: 'upstream_content_policy',
    code: /^(?:content_filter|ResponsibleAIPolicyViolation|content_safety_violation)$/i,
  },
  { means: 'upstream_not_found', code: /^(?:DeploymentNotFound|ResourceNotFound|InvalidResourcePath)$/i },
  { means: 'upstream_not_found', status: [400, 404], code: /^(?:OperationNotSupported|unsupported_api_version)$/i },
  {
    means: 'upstream_auth',
    code: /^(?:PermissionDenied|AccessDenied|Unauthorized|invalid_subscription_key)$/i,
    status: [401],
  },
  { means: 'upstream_permission', code: /^(?:PermissionDenied|AccessDenied)$/i },
  { means: 'upstream_overloaded', code: /^(?:no_capacity|ServiceUnavailable|ModelCapacityExceeded)$/i },
];
