/** The composition root: makes every part, joins them, and listens. */
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { makeManagementContext } from '../admin/make-context.ts';
import type { CacheConfig, GatewayConfig, SemanticCacheConfig } from '../config/gateway-config.ts';
import { isLoopback } from '../config/known-master-key.ts';
import { defined } from '../core/defined.ts';
import type { ToEmbed } from '../exchange/embedded.ts';
import type { World } from '../features/feature.ts';
import { FEATURES } from '../features/index.ts';
import { RunningFeatures } from '../features/run-features.ts';
import { HealthChecks } from '../pipeline/diagnosis/health-checks.ts';
import { embedOwn } from '../pipeline/embed-own.ts';
import { permitNotice } from '../pipeline/money/permits.ts';
import { UpstreamBudgets } from '../pipeline/money/upstream-budgets.ts';
import type { Parts } from '../pipeline/parts.ts';
import { Edge } from '../server/server.ts';
import { ALERT_NOTES } from '../stores/contracts/alert-notes.ts';
import type { SharedRouting } from '../stores/contracts/shared-routing.ts';
import { MemoryNotes, NoteFolder } from '../stores/journal/note-folder.ts';
import { Retention } from '../stores/retention.ts';
import type { Log } from '../telemetry/log.ts';
import { Tenants } from '../tenancy/tenants.ts';
import { askText } from '../upstream/ask-text.ts';
import { postJson } from '../upstream/post-json.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { joinInstances, makeRouting } from './join-routing.ts';
import { LiveSnapshot } from './live-snapshot.ts';
import { makeParts } from './make-parts.ts';
import { makeSeal } from './make-seal.ts';
import { makeTools, type Tools } from './make-tools.ts';
import { openAnswers } from './open-answers.ts';
import { openStores, type Stores } from './open-stores.ts';
import { openVectors } from './open-vectors.ts';
import { PriceDownload } from './price-download.ts';
import { noteTurn, readParts, renderMetrics } from './readings.ts';
import { resealStored } from './reseal.ts';
import { Shutdown } from './shutdown.ts';

const HOUR_MS = 3_600_000;
/** How long features may take to send what they still have, and requests to close their books, when the gateway ends. */
const LAST_SENT_MS = 1_000;
const LAST_BOOKS_MS = 1_000;
/** How long proxies get to see that this instance drains, if the configuration does not say: most look every few seconds. */
const DRAIN_DELAY_MS = 5_000;
/** A proxy that was refused a connection uses its open ones no more after this time. */
const LINGER_MS = 500;

/** Starts a gateway; resolves when it listens. Rejects with why it cannot, and has closed everything by then. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const shutdown = new Shutdown();
  // Sockets to Redis and timers keep no process alive. Until the server listens this does, and nothing else has to.
  const keepAlive = setInterval(() => undefined, HOUR_MS);
  try {
    return await start(options, shutdown);
  } catch (error) {
    // Why it cannot start matters more than why something cannot be closed.
    await shutdown.run().catch(() => undefined);
    throw error;
  } finally {
    clearInterval(keepAlive);
  }
}

async function start(options: GatewayOptions, shutdown: Shutdown): Promise<Gateway> {
  const { config, log, host } = options;
  const tools = makeTools(options, shutdown);
  const { clock, metrics, onFault } = tools;
  const stores = await openStores({ ...options, clock });
  shutdown.add('stores', () => stores.close());
  const { claims } = stores;

  // Features embed through the stages, which are made of them.
  const stages: { parts?: Parts } = {};
  const embed = async (asked: ToEmbed) => (stages.parts === undefined ? undefined : embedOwn(asked, stages.parts));
  const features = startFeatures(options, tools, stores, embed);
  shutdown.add('features', () => features.close(LAST_SENT_MS));
  stores.changes.onChange((changed) => features.changed(changed));
  const budgets = new UpstreamBudgets({ claims, clock, listener: features.limitListener, onFault });
  shutdown.add('telemetry', () => budgets.stop());
  const share = await joinInstances(config, clock, log);
  shutdown.add('outside', () => share.close());
  const prices = new PriceDownload({ upstream: tools.upstream, dataFolder: options.dataFolder, log });
  const live = makeLive({ ...options, config: await prices.fill(config) }, tools, stores, share, budgets);
  shutdown.add('telemetry', () => live.stop());
  live.follow(({ config: next, deployments }) => {
    metrics.keepDeployments(new Set(deployments.keys()));
    metrics.configure(next.telemetry);
    tools.upstream.configure({ mayBeLinkLocal: next.mayBeLinkLocal, ...defined({ tls: next.tls }) });
    features.configure(next);
  });
  const tenants = makeTenants(options, tools, stores, live);
  await resealStored({ directory: stores.database.directory, seal: live.seal, clock, log });
  await live.readModels();
  await budgets.configure(live.current);

  const { parts, routeOf } = makeParts(options, { tools, stores, live, tenants, budgets, features });
  stages.parts = parts;
  const edge = makeEdge(options, tools, stores, live, parts);
  shutdown.add('intake', () => edge.close());
  shutdown.add('books', () => edge.idle(LAST_BOOKS_MS).then(() => nextTurn()));
  readParts({
    tools,
    stores,
    share: config.redis === undefined ? undefined : share,
    edge,
    features,
    log,
    parts,
    isDatabaseUp: parts.isDatabaseUp,
    live,
  });
  const port = await edge.listen(host, options.port);

  const checks = new HealthChecks(parts);
  shutdown.add('intake', () => checks.stop());
  checks.restart(live.current);
  live.follow((snapshot) => {
    renewCertificate(edge, snapshot.config, config, log);
    checks.restart(snapshot);
    void budgets.configure(snapshot);
  });
  let newest = config;
  const retention = startRetention(options, tools, stores);
  shutdown.add('intake', () => retention.stop());
  return {
    port,
    url: `${config.servedTls === undefined ? 'http' : 'https'}://${hostInUrl(host)}:${port}`,
    reload: (next) => {
      const serve = (filled: GatewayConfig): void => {
        live.reload(filled);
        tenants.forgetAll(live.declared);
      };
      newest = next;
      serve(prices.known(next));
      if (next.budgets.prices?.address === undefined) return;
      // A reload that came meanwhile has what counts.
      void prices.fill(next).then((filled) => newest === next && serve(filled));
    },
    drain: async ({ timeoutMs, mayDelay = false }) => {
      checks.stop();
      const { drainDelayMs = isLoopback(host) ? 0 : DRAIN_DELAY_MS } = live.current.config.server;
      const delayMs = mayDelay ? Math.min(drainDelayMs, timeoutMs) : 0;
      edge.leave();
      if (delayMs > 0) await wait(delayMs);
      await edge.drain(timeoutMs - delayMs, delayMs > 0 ? LINGER_MS : 0);
    },
    close: () => shutdown.run(),
    metricsSnapshot: () => metrics.snapshot(),
    routeOf,
  };
}

function startFeatures(
  options: GatewayOptions,
  { clock, random, upstream, tokens, onFault }: Tools,
  { database: { kind, directory, ledger, responses, conversations, recordings } }: Stores,
  embed: World['embed'],
): RunningFeatures {
  const { config, log, features = FEATURES } = options;
  const countTokens = (text: string) => tokens.count(text);
  const post = (address: string, body: string, headers: Readonly<Record<string, string>>) =>
    postJson(upstream, permitNotice(), address, body, headers);
  const request: World['request'] = (address, asked) => askText(upstream, permitNotice(), address, asked);
  const stores = {
    directory,
    ledger,
    responses,
    conversations,
    recordings,
    mayBeShared: kind === 'postgres' || config.redis !== undefined,
    seal: makeSeal(options.env, options.masterKey),
    openAnswers: (cache: CacheConfig) => openAnswers(cache, { clock, random, log }),
    openNotes: (name: string) =>
      options.dataFolder === undefined ? new MemoryNotes() : new NoteFolder(join(options.dataFolder, 'notes', name)),
    openVectors: (cache: CacheConfig, semantic: SemanticCacheConfig) =>
      openVectors(cache, semantic, { clock, random, log, upstream }),
  };
  return new RunningFeatures(features, config, {
    clock,
    random,
    post,
    request,
    ...stores,
    log,
    embed,
    countTokens,
    onFault,
  });
}

function makeLive(
  options: GatewayOptions,
  { clock, random, metrics }: Tools,
  { database: { directory } }: Stores,
  share: SharedRouting,
  budgets: UpstreamBudgets,
): LiveSnapshot {
  const { config } = options;
  return new LiveSnapshot({
    ...{ ...options, clock, random, directory, seal: makeSeal(options.env, options.masterKey) },
    makeRouting: (onTurn) =>
      makeRouting({ config, clock, random, share, overBudget: budgets.over, masterKey: options.masterKey, onTurn }),
    onTurn: (deployment, turn) => noteTurn(metrics, deployment, turn),
  });
}

/** What is remembered of tenants, and forgotten when it changes. */
function makeTenants(
  { config }: GatewayOptions,
  { clock }: Tools,
  { database, changes }: Stores,
  live: LiveSnapshot,
): Tenants {
  const tenants = new Tenants({
    directory: database.directory,
    clock,
    declared: live.declared,
    customerBudgetId: config.budgets.customerDefaultBudgetId,
  });
  changes.onChange((changed) => {
    if (changed === 'all') tenants.forgetAll();
    else tenants.forget(changed);
    live.changed(changed);
  });
  return tenants;
}

function makeEdge(
  options: GatewayOptions,
  { metrics }: Tools,
  { database }: Stores,
  live: LiveSnapshot,
  parts: Parts,
): Edge {
  const snapshot = () => live.current;
  const context = makeManagementContext({
    ...{ parts, database, snapshot, declared: () => live.declared, seal: live.seal },
    credentials: () => live.credentials,
    reloadModels: () => live.reloadModels(),
  });
  return new Edge({
    ...{ parts, version: options.version, snapshot, management: () => context },
    metrics: () => renderMetrics(metrics, options),
    ...defined({ limits: options.limits }),
  });
}

function startRetention({ config, log }: GatewayOptions, { clock, onFault }: Tools, { database }: Stores): Retention {
  const { ledgerRetentionMs, auditRetentionMs } = config.stores;
  return new Retention({
    ...{ database, clock, ledgerRetentionMs, auditRetentionMs, onFault },
    datedNotes: ALERT_NOTES,
    onPruned: (deleted) => log.app.info(deleted, 'Deleted the rows that are older than the configured retention'),
  });
}

/** What a reload changes of the certificate that is shown to clients. */
function renewCertificate(edge: Edge, next: GatewayConfig, { servedTls }: GatewayConfig, { app }: Log): void {
  if ((next.servedTls === undefined) !== (servedTls === undefined))
    app.warn({}, 'ssl_certfile_path turns HTTPS on or off at the start only: restart the gateway');
  try {
    edge.renewCertificate(next.servedTls);
  } catch (error) {
    app.error({ error }, 'The certificate to serve cannot be used; the one before stays in use');
  }
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
