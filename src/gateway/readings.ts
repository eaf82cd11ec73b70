/** What /metrics shows of the running parts: numbers that are read when somebody scrapes, and the state of deployments. */
import type { RunningFeatures } from '../features/run-features.ts';
import type { Parts } from '../pipeline/parts.ts';
import type { BreakerTurn } from '../routing/breaker.ts';
import type { Edge } from '../server/server.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { SharedRouting } from '../stores/contracts/shared-routing.ts';
import { type MetricsSnapshot, mergeSnapshots, writeSnapshot } from '../telemetry/exposition.ts';
import type { GroupReading } from '../telemetry/group-gauges.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricsRecorder } from '../telemetry/recorder.ts';
import type { GatewayOptions } from './gateway.ts';
import type { LiveSnapshot } from './live-snapshot.ts';
import type { Tools } from './make-tools.ts';
import type { Stores } from './open-stores.ts';

/** The parts that are read. */
interface ReadParts {
  readonly tools: Tools;
  readonly stores: Stores;
  /** Undefined: no Redis is configured. */
  readonly share: SharedRouting | undefined;
  readonly edge: Edge;
  readonly features: RunningFeatures;
  readonly log: Log;
  readonly parts: Pick<Parts, 'waiting' | 'shadows'>;
  readonly isDatabaseUp: () => Promise<boolean>;
  readonly live: Pick<LiveSnapshot, 'current' | 'routing'>;
}

/** Lets the metrics read all parts. */
export function readParts({ tools, stores, share, edge, features, log, parts, ...rest }: ReadParts): void {
  const { metrics, queue } = tools;
  const { claims, journal } = stores;
  if (share !== undefined) metrics.read('sluice_redis_up', () => (share.isUp ? 1 : 0));
  metrics.read('litellm_in_flight_requests', () => edge.inFlight);
  const { overload } = edge;
  metrics.read('sluice_bytes_under_way', () => overload.bytes);
  metrics.read('sluice_bytes_under_way_limit', () => overload.budgetBytes);
  metrics.read('sluice_event_loop_lag_seconds', () => edge.eventLoopLagMs / 1_000);
  metrics.read('sluice_overload_refused_bytes_total', () => overload.refusals.bytes);
  metrics.read('sluice_overload_refused_key_share_total', () => overload.refusals.keyShare);
  metrics.read('sluice_overload_refused_event_loop_total', () => overload.refusals.eventLoop);
  metrics.read('sluice_overload_refused_connections_total', () => overload.refusals.connections);
  metrics.read('sluice_overload_ended_answers_total', () => overload.refusals.answers);
  metrics.read('sluice_claims_open', () => claims.open);
  metrics.read('sluice_journal_waiting', () => journal.waiting);
  metrics.read('litellm_in_memory_spend_update_queue_size', () => journal.waiting);
  metrics.read('sluice_budget_waiting', () => parts.waiting.size);
  metrics.read('sluice_silent_copies_dropped_busy_total', () => parts.shadows.dropped.busy);
  metrics.read('sluice_silent_copies_dropped_large_total', () => parts.shadows.dropped.large);
  metrics.read('sluice_log_lines_dropped_total', () => log.dropped());
  metrics.read('sluice_settled_dropped_total', () => queue.dropped);
  metrics.read('sluice_database_up', lastAnswer(rest.isDatabaseUp));
  metrics.readGroups(() => groupsOf(rest.live));
  features.readBy(metrics);
}

/** A scrape does not wait for the database: it shows what was found last, and asks for the next one. */
function lastAnswer(isUp: () => Promise<boolean>): () => number {
  let last = 1;
  return () => {
    void isUp().then((up) => {
      last = up ? 1 : 0;
    });
    return last;
  };
}

function groupsOf({ current, routing: { breakers } }: ReadParts['live']): GroupReading[] {
  return current.groups.all().map(({ name, deployments }) => ({
    group: name,
    deployments: deployments.length,
    resting: deployments.filter(({ id }) => breakers.stateOf(id) === 'open').length,
  }));
}

/** Shows that a deployment's breaker opened or closed. */
export function noteTurn(metrics: MetricsRecorder, deployment: Deployment, { state, failure }: BreakerTurn): void {
  const { id, provider, model, modelLabel, apiBase } = deployment;
  const labels = { deploymentId: id, provider: provider.name, model, modelLabel, apiBase };
  metrics.setDeploymentState(labels, state === 'open' ? 2 : 0);
  if (failure !== undefined) metrics.countCooldown(labels, failure);
}

/** The text of /metrics in parts: of this process, or of all worker processes together. */
export async function renderMetrics(metrics: MetricsRecorder, { gatherMetrics }: GatewayOptions) {
  const { contentType } = metrics;
  if (gatherMetrics === undefined) return { contentType, body: metrics.write() };
  const snapshots = (await gatherMetrics()) as readonly MetricsSnapshot[];
  return { contentType, body: writeSnapshot(await mergeSnapshots(snapshots)) };
}
