/** `GET /health/shared-status`: how instances check deployments for one another. */
import type { JsonObject } from '../../core/json.ts';
import type { Answering } from '../question.ts';
import { deploymentsFor } from './index.ts';

export const sharedHealthStatus: Answering = (question) => {
  const { snapshot, parts } = question;
  const { isShared, background, intervalMs, stalenessMs } = snapshot.config.health;
  const answer = (body: JsonObject) => ({ status: 200, body });
  if (!isShared || !background) {
    const missing = isShared ? 'Background health checks are' : 'Shared health check is';
    return answer({ shared_health_check_enabled: false, message: `${missing} not enabled` });
  }
  const { health, healthShare } = parts.routing;
  const shared = { shared_health_check_enabled: true };
  if (healthShare === undefined)
    return answer({ ...shared, redis_available: false, message: 'Redis is not configured' });
  const ages = deploymentsFor(question).flatMap(({ id }) => health.ageMs(id) ?? []);
  const status = {
    redis_available: healthShare.isUp,
    check_interval: intervalMs / 1_000,
    cache_ttl: stalenessMs / 1_000,
    cache_available: ages.length > 0,
    cache_age_seconds: ages.length === 0 ? null : Math.round(Math.min(...ages) / 100) / 10,
  };
  return answer({ ...shared, status });
};
