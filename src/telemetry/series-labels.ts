/** The labels of a settled request, as its record has them. */
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { exceptionClass } from './exception-class.ts';
import type { Labels } from './series.ts';
import { type AttemptFacts, groupLabel, type SettledExchange } from './settled.ts';

/** What stands for a value that there is not. */
export const NONE = 'None';
/** What stands for all values beyond a bound. */
export const OTHER = 'other';

/** A caller that has no labels of its own. */
export const NO_CALLER = {
  end_user: OTHER,
  hashed_api_key: OTHER,
  api_key_alias: OTHER,
  team: OTHER,
  team_alias: OTHER,
  user: OTHER,
} as const;

/** The model that a client asked for; of a wildcard, its pattern. */
export function requestedLabel({ requestedModel }: SettledExchange, group: string): string | undefined {
  return group.includes('*') ? group : requestedModel;
}

type RequestLabels = Omit<
  Labels,
  'end_user' | 'hashed_api_key' | 'api_key_alias' | 'requested_model' | 'team' | 'team_alias' | 'user' | 'model_group'
>;

/** The labels that say where a request went and how it ended. */
export function labelsOf(
  route: string,
  status: number,
  error: ErrorCode | undefined,
  attempt: AttemptFacts | undefined,
): RequestLabels {
  return {
    user_email: NONE,
    client_ip: NONE,
    user_agent: NONE,
    status_code: String(status),
    route,
    model: attempt?.modelLabel ?? attempt?.model ?? NONE,
    model_id: attempt?.deploymentId ?? NONE,
    api_provider: attempt?.provider ?? NONE,
    api_base: attempt?.apiBase ?? NONE,
    litellm_model_name: attempt?.modelLabel ?? attempt?.model ?? NONE,
    fallback_model: (attempt && groupLabel(attempt)) ?? NONE,
    exception_status: error === undefined ? NONE : String(status),
    exception_class: error === undefined ? NONE : exceptionClass(error, attempt?.provider),
  };
}

/** The labels of everything beyond the bound. */
export function otherLabels(status: number, error: ErrorCode | undefined): Labels {
  return {
    ...labelsOf(OTHER, status, error, {
      deploymentId: OTHER,
      provider: OTHER,
      model: OTHER,
      apiBase: OTHER,
      ...{ startedMs: 0, durationMs: 0 },
    }),
    exception_class: error === undefined ? NONE : ERRORS[error].className,
    ...NO_CALLER,
    requested_model: OTHER,
    model_group: OTHER,
  };
}
