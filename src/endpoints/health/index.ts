import type { JsonObject } from '../../core/json.ts';
import type { Deployment } from '../../pipeline/deployment.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import type { Answering } from '../question.ts';
import { probe } from './probe.ts';

/** The process lives. LiteLLM's words. */
export const liveness: Answering = () => ({ status: 200, body: "I'm alive!" });

/** Whether this instance takes requests: not while it drains. */
export const readiness: Answering = ({ isDraining, version }) => ({
  status: isDraining ? 503 : 200,
  body: {
    status: isDraining ? 'draining' : 'healthy',
    db: 'Not connected',
    cache: null,
    litellm_version: version,
    success_callbacks: [],
  },
});

const PROBES_AT_ONCE = 10;

/** Calls every deployment that the key may use with a tiny request and says which answered: names and error classes, no keys. */
export const health: Answering = async ({ snapshot, identity, parts, query }) => {
  const deployments: Deployment[] = [];
  for (const group of snapshot.groups.all()) {
    if (identity !== undefined && !mayUseGroup(snapshot, identity, group.name, group)) continue;
    if (query.model !== undefined && query.model !== group.name) continue;
    // A wildcard names no model that could be asked.
    deployments.push(...group.deployments.filter(({ model }) => !model.includes('*')));
  }
  const healthy: JsonObject[] = [];
  const unhealthy: JsonObject[] = [];
  const waiting = [...deployments];
  const work = async (): Promise<void> => {
    for (let deployment = waiting.shift(); deployment !== undefined; deployment = waiting.shift()) {
      const error = await probe(deployment, parts);
      const row = {
        model: `${deployment.provider.name}/${deployment.model}`,
        model_name: deployment.group,
        model_id: deployment.id,
      };
      if (error === undefined) healthy.push(row);
      else unhealthy.push({ ...row, error: error.row.className, error_message: error.row.meaning });
    }
  };
  await Promise.all(Array.from({ length: PROBES_AT_ONCE }, work));
  return {
    status: 200,
    body: {
      healthy_endpoints: healthy,
      unhealthy_endpoints: unhealthy,
      healthy_count: healthy.length,
      unhealthy_count: unhealthy.length,
    },
  };
};
