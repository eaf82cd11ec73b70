import { ERRORS, type ErrorCode } from '../core/errors.ts';

/** `Openai.RateLimitError` for what a provider answered, `BudgetExceededError` for what we decided. */
export function exceptionClass(error: ErrorCode, provider: string | undefined): string {
  const { className } = ERRORS[error];
  if (provider === undefined || !error.startsWith('upstream_')) return className;
  return `${provider.charAt(0).toUpperCase()}${provider.slice(1)}.${className}`;
}
