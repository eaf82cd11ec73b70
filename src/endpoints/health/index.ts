import { ERRORS } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { canProbe } from '../../pipeline/diagnosis/probe.ts';
import type { Parts } from '../../pipeline/parts.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { HealthResult } from '../../routing/health-results.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Answering, Question } from '../question.ts';

/** The process is alive, in LiteLLM's words. */
export const liveness: Answering = () => ({ status: 200, body: "I'm alive!" });

/** `GET /test`: LiteLLM's older way to ask whether the process is alive. */
export const alive: Answering = () => ({ status: 200, body: { route: '/test' } });

/**
 * Whether this instance takes requests: not while it drains, nor before its database was reached for the first time. One
 * that is lost later is reported, but does not make the instance unready: keys that are known are served, and their costs
 * are kept until the database is back. Only valid keys get the version: it says which faults an attacker could try.
 */
export const readiness: Answering = async ({ identity, isDraining, version, parts }) => {
  const isUp = await parts.isDatabaseUp();
  const wasReached = parts.wasDatabaseReached();
  return {
    status: isDraining || !wasReached ? 503 : 200,
    body: {
      status: isDraining ? 'draining' : wasReached ? 'healthy' : 'waiting for the database',
      db: isUp ? 'connected' : 'Not connected',
      cache: null,
      ...(identity !== undefined && { litellm_version: version }),
      success_callbacks: [],
    },
  };
};

const PROBES_AT_ONCE = 10;

/**
 * The health of the deployments that the key may use: names, breakers and error classes, no keys. Only an admin causes calls to
 * providers, at most one for each deployment in each interval; any other key, and every key if there are background checks, gets
 * what was found last.
 */
export const health: Answering = async (question) => {
  const { snapshot, parts, identity } = question;
  const { skipsDisabled } = snapshot.config.health;
  const deployments = deploymentsFor(question).filter(
    ({ config }) => !(skipsDisabled && config.healthCheck?.isDisabled === true),
  );
  const unserved = unservedRows(question);
  if (snapshot.config.health.background) {
    return answer([...deployments.map((each) => lastFound(each, question)), ...unserved], question);
  }
  const waiting = deployments.filter(canProbe);
  if (identity?.isAdmin !== true) {
    return answer([...waiting.map((each) => rowOf(each, parts.askedChecks.of(each.id), parts)), ...unserved], question);
  }
  const rows = unserved;
  const work = async (): Promise<void> => {
    for (let deployment = waiting.shift(); deployment !== undefined; deployment = waiting.shift()) {
      rows.push(rowOf(deployment, await parts.askedChecks.check(snapshot, deployment), parts));
    }
  };
  await Promise.all(Array.from({ length: PROBES_AT_ONCE }, work));
  return answer(rows, question);
};

/** `GET /health/latest`: what was found last of each deployment that the key may use. Calls no provider. */
export const latestHealth: Answering = (question) => {
  const { parts } = question;
  const rows = deploymentsFor(question).flatMap((deployment) => {
    const { id, group, provider, model } = deployment;
    const found = parts.askedChecks.of(id) ?? parts.routing.health.of(id);
    if (found === undefined) return [];
    const { error, checkedAtMs, latencyMs } = found;
    const body: JsonObject = {
      model_name: group,
      model_id: id,
      model: `${provider.name}/${model}`,
      status: error === undefined ? 'healthy' : 'unhealthy',
      healthy_count: error === undefined ? 1 : 0,
      unhealthy_count: error === undefined ? 0 : 1,
      error_message: error === undefined ? null : ERRORS[error].meaning,
      response_time_ms: Math.round(latencyMs),
      checked_at: new Date(checkedAtMs).toISOString(),
    };
    return [[id, body] as const];
  });
  return { status: 200, body: { latest_health_checks: Object.fromEntries(rows), total_models: rows.length } };
};

interface Row {
  readonly state: 'healthy' | 'unhealthy' | 'unchecked';
  readonly body: JsonObject;
}

/** The deployments that a question is about. A wildcard names no model that could be asked, unless `health_check_model` does. */
export function deploymentsFor({ snapshot, identity, query }: Question): Deployment[] {
  const deployments: Deployment[] = [];
  for (const group of snapshot.groups.all()) {
    if (identity !== undefined && !mayUseGroup(identity, group.name, group)) continue;
    if (query.model !== undefined && query.model !== group.name) continue;
    for (const { id } of group.deployments) {
      const deployment = snapshot.probes.get(id);
      if (deployment !== undefined && (query.model_id ?? id) === id) deployments.push(deployment);
    }
  }
  return deployments;
}

/** What the configuration has and this release cannot serve. */
function unservedRows({ snapshot, identity, query }: Question): Row[] {
  return snapshot.config.unserved
    .filter(({ group, id }) => (query.model ?? group) === group && (query.model_id ?? id) === id)
    .filter(({ group }) => identity === undefined || mayUseGroup(identity, group, undefined))
    .map(({ id, group, model, reason }) => ({
      state: 'unhealthy',
      body: { model, model_name: group, model_id: id, error: 'NotServed', error_message: `Not served: ${reason}.` },
    }));
}

function lastFound(deployment: Deployment, { snapshot, parts }: Question): Row {
  const { health: results } = parts.routing;
  const isStale = (results.ageMs(deployment.id) ?? 0) >= snapshot.config.health.stalenessMs;
  return rowOf(deployment, isStale ? undefined : results.of(deployment.id), parts);
}

function rowOf(deployment: Deployment, found: HealthResult | undefined, { routing }: Parts): Row {
  const { id } = deployment;
  const lastError = routing.breakers.lastFailureOf(id);
  const facts = {
    model: `${deployment.provider.name}/${deployment.model}`,
    model_name: deployment.group,
    model_id: id,
    breaker: routing.breakers.stateOf(id),
    last_error: lastError === undefined ? null : ERRORS[lastError].className,
  };
  if (found === undefined) return { state: 'unchecked', body: facts };
  const body = {
    ...facts,
    checked_at: new Date(found.checkedAtMs).toISOString(),
    latency_ms: Math.round(found.latencyMs),
  };
  if (found.error === undefined) return { state: 'healthy', body };
  const { className, meaning } = ERRORS[found.error];
  return { state: 'unhealthy', body: { ...body, error: className, error_message: meaning } };
}

/** Which deployment a row is of, and nothing else. */
function namesIn({ model, model_name: group, model_id: id }: JsonObject): JsonObject {
  return {
    ...(model !== undefined && { model }),
    ...(group !== undefined && { model_name: group }),
    ...(id !== undefined && { model_id: id }),
  };
}

function answer(rows: readonly Row[], { snapshot }: Question) {
  const { details } = snapshot.config.health;
  const of = (state: Row['state']): JsonObject[] =>
    rows.filter((row) => row.state === state).map(({ body }) => (details ? body : namesIn(body)));
  const [healthy, unhealthy, unchecked] = [of('healthy'), of('unhealthy'), of('unchecked')];
  return {
    status: 200,
    body: {
      healthy_endpoints: healthy,
      unhealthy_endpoints: unhealthy,
      ...(unchecked.length > 0 && { unchecked_endpoints: unchecked }),
      healthy_count: healthy.length,
      unhealthy_count: unhealthy.length,
    },
  };
}
