/** The composition root: the one file that knows every part and joins them. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeManagementContext, readStoredModels } from '../admin/make-context.ts';
import { ALERT_NOTES } from '../alerts/alert-notes.ts';
import type { DeploymentConfig, GatewayConfig } from '../config/gateway-config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { InputEstimates } from '../costs/input-estimate.ts';
import { OutputForecasts } from '../costs/output-forecast.ts';
import { TokenCounter } from '../costs/token-counter.ts';
import { explainRecord } from '../pipeline/diagnosis/explain-route.ts';
import { HealthChecks } from '../pipeline/diagnosis/health-checks.ts';
import { RouteRecords } from '../pipeline/diagnosis/route-records.ts';
import { BudgetNotifications } from '../pipeline/money/budget-notifications.ts';
import { UpstreamBudgets } from '../pipeline/money/upstream-budgets.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Breakers, type BreakerTurn } from '../routing/breaker.ts';
import { HealthResults } from '../routing/health-results.ts';
import { Hedging } from '../routing/hedging.ts';
import { RetryBudget } from '../routing/retry-budget.ts';
import { DeploymentStats } from '../routing/stats.ts';
import { Edge, type EdgeLimits } from '../server/server.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { makeSnapshot } from '../snapshot/make-snapshot.ts';
import { breakerSettings, type RoutingState } from '../snapshot/router.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Invalidation } from '../stores/contracts/invalidation-bus.ts';
import type { SharedRouting } from '../stores/contracts/shared-routing.ts';
import { MemoryCluster } from '../stores/memory/shared-routing.ts';
import { Retention } from '../stores/retention.ts';
import type { LabelledDeployment } from '../telemetry/deployment-states.ts';
import { type MetricsSnapshot, mergeSnapshots, renderSnapshot } from '../telemetry/exposition.ts';
import type { Log } from '../telemetry/log.ts';
import { MetricsRecorder } from '../telemetry/recorder.ts';
import { SettledQueue } from '../telemetry/sinks.ts';
import { readDeclared } from '../tenancy/declared.ts';
import { Seal } from '../tenancy/seal.ts';
import { Tenants } from '../tenancy/tenants.ts';
import { Upstream } from '../upstream/upstream.ts';
import { openStores } from './open-stores.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly masterKey: string;
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  /** Where the database and the journal are; undefined: nothing outlives the process. */
  readonly dataFolder?: string;
  /** Serve although other instances may count limits for themselves. */
  readonly unsharedLimits?: boolean;
  /** How long clients may take to send, where not as usual. */
  readonly limits?: Partial<EdgeLimits>;
  /** In one of several worker processes: the metrics of all of them. */
  readonly gatherMetrics?: () => Promise<readonly unknown[]>;
  /** In one of several worker processes: what each of them knows of the way of a request. */
  readonly gatherRoute?: (callId: string) => Promise<readonly unknown[]>;
}

/** A running gateway. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Swaps the configuration as a whole; requests in flight keep the one they came under. */
  reload(config: GatewayConfig): void;
  /** Stops accepting and lets what is under way end, at most `timeoutMs`. */
  drain(options: { readonly timeoutMs: number }): Promise<void>;
  close(): Promise<void>;
  metricsSnapshot(): Promise<MetricsSnapshot>;
  /** Which way one of this process's last requests went; undefined where it is not remembered. */
  routeOf(callId: string): JsonObject | undefined;
}

const MOST_STORED_MODELS = 50_000;
/** A database that was away at the start is asked again for the models it has. */
const MODELS_AGAIN_MS = 5_000;
const DATABASE_ASKED_EVERY_MS = 1_000;

/** For the books of requests that end with the gateway. */
const LAST_BOOKS_MS = 1_000;

/** For alerts that are still to be posted. */
const LAST_ALERTS_MS = 1_000;

/** Starts a gateway; resolves when it listens. Rejects with the error of the socket when it cannot. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, version, masterKey } = options;
  const clock = systemClock;
  const upstream = new Upstream({ clock, connectTimeoutMs: config.routing.connectTimeoutMs });
  const tokens = new TokenCounter();
  const metrics = new MetricsRecorder({ version, ...config.telemetry });
  const queue = new SettledQueue([metrics, log.requests], {
    onSinkError: (error) => log.app.error({ error }, 'A consumer of settled requests failed'),
  });
  const random = Math.random;
  const tellMetrics = (id: string, { state, failure }: BreakerTurn): void => {
    const deployment = snapshot.deployments.get(id);
    if (deployment === undefined) return;
    const labels = labelsOf(deployment);
    metrics.setDeploymentState(labels, state === 'open' ? 2 : 0);
    if (failure !== undefined) metrics.countCooldown(labels, failure);
  };
  // Changes may be told while the rest is still being made.
  let onChanged = (_changed: Invalidation): void => undefined;
  const stores = await openStores({
    config,
    clock,
    log,
    dataFolder: options.dataFolder,
    unsharedLimits: options.unsharedLimits === true,
    onChanged: (changed) => onChanged(changed),
  });
  const { database, claims, journal } = stores;
  const onFault = (what: string, error: unknown): void => log.app.error({ error }, what);
  const share = await joinInstances(config, log);
  const news = new BudgetNotifications({ config, clock, directory: database.directory, upstream, log });
  const upstreamBudgets = new UpstreamBudgets({ claims, clock, sights: news.sights, onFault });
  let declared = readDeclared(config);
  const tenants = new Tenants({
    directory: database.directory,
    clock,
    declared,
    customerBudgetId: config.budgets.customerDefaultBudgetId,
  });
  const routing: RoutingState = {
    breakers: new Breakers({ clock, random, settings: breakerSettings(config), share, onTurn: tellMetrics }),
    budget: new RetryBudget(clock),
    stats: new DeploymentStats(clock),
    health: new HealthResults(clock, config.health),
    hedging: new Hedging(clock),
    overBudget: upstreamBudgets.over,
  };
  const routes = new RouteRecords();
  const routeOf = (callId: string): JsonObject | undefined => {
    const record = routes.find(callId);
    return record === undefined ? undefined : explainRecord(record, snapshot);
  };
  share.countWith(routing.budget);
  const parts: Parts = {
    clock,
    upstream,
    routing,
    tenants,
    claims,
    journal,
    isDatabaseUp: atMostEvery(DATABASE_ASKED_EVERY_MS, clock, () => database.ping()),
    forecasts: new OutputForecasts(),
    inputs: new InputEstimates(),
    afterCharges: (charges) => upstreamBudgets.charged(charges),
    sights: news.sights,
    sink: queue,
    routes,
    routeOf: async (callId) => {
      const own = routeOf(callId);
      if (own !== undefined || options.gatherRoute === undefined) return own;
      return (await options.gatherRoute(callId)).find(isJsonObject);
    },
    countTokens: (text) => tokens.count(text),
    random,
    onFault,
  };
  const seal = new Seal([options.env.LITELLM_SALT_KEY || options.env.SLUICE_SALT_KEY || masterKey, masterKey]);
  let fileConfig = config;
  let storedModels: readonly DeploymentConfig[] = [];
  const served = (): GatewayConfig =>
    storedModels.length === 0
      ? fileConfig
      : { ...fileConfig, deployments: [...fileConfig.deployments, ...storedModels] };
  const takeOver = (next: GatewayConfig): Snapshot => {
    routing.breakers.configure(breakerSettings(next));
    const ids = new Set(next.deployments.map(({ id }) => id));
    routing.breakers.keep(ids);
    routing.stats.keep(ids);
    routing.health.configure(next.health);
    routing.health.keep(ids);
    metrics.keepDeployments(ids);
    metrics.configure(next.telemetry);
    news.configure(next);
    return makeSnapshot(next, masterKey, parts);
  };
  const readModels = async (): Promise<void> => {
    const models = await database.directory.list('model', {}, { limit: MOST_STORED_MODELS, offset: 0 });
    const { deployments, refused } = readStoredModels(models, seal);
    for (const [model, reason] of refused) log.app.error({ model, reason }, 'A model of the database is not served');
    storedModels = deployments;
  };
  let modelsLater: NodeJS.Timeout | undefined;
  const readModelsLater = (error: unknown): void => {
    log.app.error({ error }, 'The models of the database are not served yet');
    modelsLater = setTimeout(() => reloadModels().catch(readModelsLater), MODELS_AGAIN_MS);
    modelsLater.unref();
  };
  await readModels().catch(readModelsLater);
  let snapshot = makeSnapshot(served(), masterKey, parts);
  await upstreamBudgets.configure(snapshot);
  const serve = (): void => {
    snapshot = takeOver(served());
    checks.restart(snapshot);
    void upstreamBudgets.configure(snapshot);
  };
  const reloadModels = async (): Promise<void> => {
    await readModels();
    serve();
  };
  onChanged = (changed) => {
    if (changed === 'all') tenants.forgetAll();
    else tenants.forget(changed);
    if (changed !== 'all' && !changed.some(({ kind }) => kind === 'model')) return;
    reloadModels().catch((error: unknown) => onFault('the models of the database could not be read again', error));
  };
  const context = makeManagementContext({
    parts,
    database,
    snapshot: () => snapshot,
    declared: () => declared,
    seal,
    reloadModels,
  });
  const edge = new Edge({
    parts,
    version,
    snapshot: () => snapshot,
    metrics: () => renderMetrics(metrics, options),
    management: () => context,
    ...defined({ limits: options.limits }),
  });
  if (config.redis !== undefined) metrics.read('sluice_redis_up', () => (share.isUp ? 1 : 0));
  metrics.read('litellm_in_flight_requests', () => edge.inFlight);
  metrics.read('sluice_claims_open', () => claims.open);
  metrics.read('sluice_journal_waiting', () => journal.waiting);
  metrics.read('sluice_budget_alerts_sent_total', () => news.alerts.sent);
  metrics.read('sluice_budget_alerts_dropped_total', () => news.alerts.dropped);
  metrics.readBudgets(() => news.readings());
  metrics.read('sluice_log_lines_dropped_total', () => log.dropped());
  metrics.read('sluice_settled_dropped_total', () => queue.dropped);

  const checks = new HealthChecks(parts);
  let port: number;
  try {
    port = await edge.listen(options.host, options.port);
  } catch (error) {
    await Promise.all([stores.close(), share.close()]);
    throw error;
  }
  checks.restart(snapshot);
  const { ledgerRetentionMs, auditRetentionMs } = config.stores;
  const retention = new Retention({
    database,
    clock,
    ledgerRetentionMs,
    auditRetentionMs,
    datedNotes: ALERT_NOTES,
    onPruned: (deleted) => log.app.info(deleted, 'Deleted what is older than it is to be kept'),
    onFault,
  });
  return {
    port,
    url: `http://${hostInUrl(options.host)}:${port}`,
    reload: (next) => {
      fileConfig = next;
      declared = readDeclared(next);
      tenants.forgetAll(declared);
      serve();
    },
    drain: ({ timeoutMs }) => {
      checks.stop();
      return edge.drain(timeoutMs);
    },
    close: async () => {
      checks.stop();
      await Promise.all([edge.close(), retention.stop()]);
      await news.close(LAST_ALERTS_MS);
      await Promise.all([upstream.close(), tokens.close(), share.close()]);
      // Requests that were broken off, or whose usage was still being counted, close their books now.
      await edge.idle(LAST_BOOKS_MS);
      await nextTurn();
      queue.flush();
      upstreamBudgets.stop();
      clearTimeout(modelsLater);
      await stores.close();
    },
    metricsSnapshot: () => metrics.snapshot(),
    routeOf,
  };
}

/** What this instance shares with others: through Redis where one is configured, else nothing. Never waits for it. */
async function joinInstances({ redis }: GatewayConfig, log: Log): Promise<SharedRouting> {
  if (redis === undefined) return new MemoryCluster(systemClock).join();
  // Loaded only here: the client library takes time and memory that a gateway without Redis need not spend.
  const { RedisSharedRouting } = await import('../stores/redis/shared-routing.ts');
  return new RedisSharedRouting({
    address: redis,
    clock: systemClock,
    random: Math.random,
    onStatus: ({ isUp, reason }) => {
      const facts = { redis: `${redis.host}:${redis.port}` };
      if (isUp) log.app.info(facts, 'Redis is back: instances share the state of their routing');
      else {
        const what =
          'Redis is away: requests go on, and this instance routes by what it sees itself until Redis is back';
        log.app.warn({ ...facts, reason }, what);
      }
    },
  });
}

/** The same question, asked anew only when the last answer is old. */
function atMostEvery<Value>(ms: number, clock: Clock, ask: () => Promise<Value>): () => Promise<Value> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let last: Promise<Value> | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (last === undefined || nowMs - askedMs >= ms) {
      askedMs = nowMs;
      last = ask();
    }
    return last;
  };
}

function labelsOf({ id, provider, model, apiBase }: Deployment): LabelledDeployment {
  return { deploymentId: id, provider: provider.name, model, apiBase };
}

async function renderMetrics(metrics: MetricsRecorder, { gatherMetrics }: GatewayOptions) {
  const { contentType } = metrics;
  if (gatherMetrics === undefined) return { contentType, body: await metrics.render() };
  const snapshots = (await gatherMetrics()) as readonly MetricsSnapshot[];
  return { contentType, body: await renderSnapshot(mergeSnapshots(snapshots)) };
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
