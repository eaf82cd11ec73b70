/** `GET /health/history`: the last health checks that this instance made, newest first. */
import { ERRORS, GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PastCheck } from '../../routing/health-results.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Answering } from '../question.ts';
import { deploymentsFor } from './index.ts';

const USUAL = 100;
const MOST = 1_000;

export const healthHistory: Answering = (question) => {
  const { query, parts } = question;
  const limit = numberOf(query.limit, 'limit', 1, USUAL);
  const offset = numberOf(query.offset, 'offset', 0, 0);
  const { status_filter: status } = query;
  if (status !== undefined && status !== 'healthy' && status !== 'unhealthy') {
    throw new GatewayError('invalid_field', '`status_filter` must be healthy or unhealthy.', {
      param: 'status_filter',
    });
  }
  const visible = new Map(deploymentsFor(question).map((deployment) => [deployment.id, deployment]));
  const checks = parts.routing.health.history().flatMap((check) => {
    const deployment = visible.get(check.id);
    return deployment === undefined || (status ?? wordOf(check)) !== wordOf(check) ? [] : [show(check, deployment)];
  });
  return {
    status: 200,
    body: { health_checks: checks.slice(offset, offset + limit), total_records: checks.length, limit, offset },
  };
};

function show(check: PastCheck, { id, group }: Deployment): JsonObject {
  const { error, latencyMs, checkedAtMs, number } = check;
  const at = new Date(checkedAtMs).toISOString();
  return {
    health_check_id: String(number),
    model_name: group,
    model_id: id,
    status: wordOf(check),
    healthy_count: error === undefined ? 1 : 0,
    unhealthy_count: error === undefined ? 0 : 1,
    error_message: error === undefined ? null : ERRORS[error].meaning,
    response_time_ms: Math.round(latencyMs),
    details: null,
    checked_by: null,
    checked_at: at,
    created_at: at,
  };
}

function wordOf({ error }: PastCheck): 'healthy' | 'unhealthy' {
  return error === undefined ? 'healthy' : 'unhealthy';
}

function numberOf(text: string | undefined, name: string, least: number, usual: number): number {
  if (text === undefined || text === '') return usual;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= MOST) return number;
  const message = `\`${name}\` must be a whole number from ${least} to ${MOST}.`;
  throw new GatewayError('invalid_field', message, { param: name });
}
