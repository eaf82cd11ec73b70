/** Puts recorded requests to another configuration, one after the other, by the gateway's own planning, admission, prices and caches. */
import { createHash } from 'node:crypto';
import type { GatewayConfig } from '../../config/gateway-config.ts';
import { ERRORS, GatewayError } from '../../core/errors.ts';
import { TokenCounter } from '../../costs/token-counter.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { RunningFeatures } from '../../features/run-features.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import { offlineFeatures } from '../../gateway/offline-features.ts';
import { writtenOffline } from '../../pipeline/diagnosis/foretell-caches.ts';
import { planOnly } from '../../pipeline/diagnosis/plan-only.ts';
import { HeavyWork } from '../../pipeline/heavy/heavy-work.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { Claims } from '../../stores/contracts/claims.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Identity } from '../../tenancy/identity.ts';
import type { Tenants } from '../../tenancy/tenants.ts';
import { snapshotAtStart } from '../snapshot-at-start.ts';
import { KeptAnswers } from '../trying/kept-answers.ts';
import { Admitting, type Used } from './admitting.ts';
import { bodyOfRow, endpointOfRow, type RecordedBody } from './ask-again.ts';
import { chooseAttempts } from './choose-attempts.ts';
import { durationOf, type Latencies } from './latencies.ts';
import type { Outcome } from './outcome.ts';
import { priceAgain, priceUsage, usageOf } from './price-again.ts';
import { costOfCall, type RecordedCall, wasRefused } from './recorded-call.ts';
import { DueQueue, type VirtualClock } from './virtual-clock.ts';

/** What a replay works with. */
interface ReplayWorld {
  readonly config: GatewayConfig;
  /** The configuration that the requests were made under, if it is known. */
  readonly baseline: GatewayConfig | undefined;
  readonly clock: VirtualClock;
  readonly claims: Claims;
  readonly tenants: Tenants;
  readonly identityOf: (row: LedgerRow) => Identity | Promise<Identity>;
  readonly bodyOf: (callId: string) => Promise<RecordedBody | undefined>;
  readonly latencies: Latencies;
  readonly env: NodeJS.ProcessEnv;
  readonly masterKey: string;
  readonly log: Log;
}

/** One replay. Requests are given in the order in which they began. */
export class Replay {
  readonly #world: ReplayWorld;
  readonly #snapshot: Snapshot;
  readonly #before: Snapshot | undefined;
  readonly #admitting: Admitting;
  readonly #features: RunningFeatures;
  readonly #kept = new KeptAnswers<string>();
  readonly #due = new DueQueue<{ readonly exchange: Exchange; readonly used: Used }>();
  readonly #heavy = new HeavyWork();
  readonly #tokens = new TokenCounter();
  /** Tokens of the prompt that is planned now, as its provider counted them. */
  #promptTokens = 0;
  #seed = 0;

  constructor(world: ReplayWorld) {
    const { config, baseline, clock, claims, tenants, env, masterKey, log } = world;
    this.#world = world;
    const random = (): number => this.#draw();
    this.#snapshot = snapshotAtStart(config, clock, random);
    this.#before = baseline === undefined ? undefined : snapshotAtStart(baseline, clock, random);
    this.#features = offlineFeatures(config, { clock, random: () => 0.5, env, masterKey, log });
    this.#admitting = new Admitting({ claims, tenants, clock, heavy: this.#heavy, countTokens: this.#countTokens });
  }

  /** What would have become of it. */
  async replay(call: RecordedCall): Promise<Outcome> {
    await this.#turnTo(call.startedAtMs);
    const { last } = call;
    const group = last.modelGroup ?? last.requestedModel;
    const endpoint = endpointOfRow(last);
    // What the gateway asks for itself is no client's request.
    if (endpoint === undefined || last.requestedModel === '')
      return { ...{ call, group }, kind: 'not-replayed', cost: costOfCall(call), ms: durationOfCall(call) };
    const recorded = await this.#world.bodyOf(call.callId);
    const body = Buffer.from(recorded?.body ?? bodyOfRow(last));
    const identity = await this.#world.identityOf(last);
    const plan = (snapshot: Snapshot): Promise<Exchange> => {
      this.#seed = seedOf(call.callId);
      this.#promptTokens = last.inputTokens;
      const { clock } = this.#world;
      const parts = { heavy: this.#heavy, countTokens: this.#countTokens };
      return planOnly({ endpoint, body, headers: recorded?.headers ?? {}, snapshot, identity, clock, parts });
    };
    let exchange: Exchange | undefined;
    try {
      exchange = await plan(this.#snapshot);
      const told = await this.#served(call, exchange, plan, recorded !== undefined);
      return { ...told, call, group };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (exchange !== undefined) await this.#admitting.settle(exchange, NOTHING);
      const told = { call, group, cost: 0n, ms: undefined, error: ERRORS[error.code].className };
      return { ...told, kind: wasRefused(call) ? 'still-refused' : 'refused' };
    }
  }

  /** Lets everything end that is under way, and what runs beside. */
  async close(): Promise<void> {
    await this.#turnTo(Number.POSITIVE_INFINITY);
    await Promise.all([this.#heavy.close(), this.#tokens.close(), this.#features.close(0)]);
  }

  async #served(
    call: RecordedCall,
    exchange: Exchange,
    plan: (snapshot: Snapshot) => Promise<Exchange>,
    isRecorded: boolean,
  ): Promise<Omit<Outcome, 'call' | 'group'>> {
    if (this.#isCached(call, exchange, isRecorded)) {
      const { inputTokens, outputTokens } = call.last;
      await this.#admit(exchange, call, { cost: 0n, inputTokens, outputTokens }, 0);
      return { kind: 'cached', cost: 0n, ms: 0 };
    }
    if (wasRefused(call)) {
      await this.#admit(exchange, call, NOTHING, 0);
      return { kind: 'newly-served', cost: 0n, ms: undefined };
    }
    const before = this.#before === undefined ? undefined : await planned(plan, this.#before);
    const chosen = chooseAttempts(call, exchange, before);
    if (chosen.kind === 'nowhere')
      throw new GatewayError('no_deployment_available', 'no deployment of the group could take this request');
    const told =
      chosen.kind === 'same' && call.last.status !== 'cache-hit'
        ? this.#same(call, chosen.deployments)
        : this.#moved(call, exchange, chosen.kind === 'same' ? chosen.deployments[0] : chosen.deployment, isRecorded);
    const { inputTokens, outputTokens } = call.last;
    await this.#admit(
      exchange,
      call,
      { cost: told.cost, inputTokens, outputTokens },
      told.ms ?? durationOfCall(call) ?? 0,
    );
    if (isRecorded) this.#teach(call, exchange, chosen.kind === 'same' ? chosen.deployments.at(-1) : chosen.deployment);
    return told;
  }

  /** The same attempts, those that failed too, at the prices of now. */
  #same(call: RecordedCall, deployments: readonly Deployment[]): Omit<Outcome, 'call' | 'group'> {
    let cost = 0n;
    let isUnpriced = false as boolean;
    call.attempts.forEach((row, at) => {
      const deployment = deployments[at];
      const priced = deployment === undefined ? undefined : priceAgain(row, deployment, this.#snapshot);
      if (priced === undefined && row.inputTokens + row.outputTokens > 0) isUnpriced = true;
      cost += priced ?? 0n;
    });
    for (const row of call.corrections) cost += row.cost ?? 0n;
    return { kind: 'same', cost, ms: durationOfCall(call), ...(isUnpriced && { isUnpriced }) };
  }

  /** One attempt elsewhere, with as many tokens. */
  #moved(
    call: RecordedCall,
    exchange: Exchange,
    deployment: Deployment | undefined,
    isRecorded: boolean,
  ): Omit<Outcome, 'call' | 'group'> {
    const { last } = call;
    if (deployment === undefined) throw new GatewayError('no_deployment_available', 'no deployment is left');
    const { cachedInputTokens: _, cacheWriteTokens: _w, ...uncached } = usageOf(last);
    const usage = { ...uncached, ...(isRecorded ? this.#cachedAt(exchange, deployment, last.inputTokens) : {}) };
    const cost = priceUsage(usage, last, deployment, this.#snapshot);
    const { provider, model, apiBase, id } = deployment;
    const ms = this.#world.latencies.estimateMs({ provider: provider.name, model, apiBase }, last.outputTokens);
    return {
      kind: 'moved',
      cost: cost ?? 0n,
      ms,
      ...(cost === undefined && { isUnpriced: true }),
      from: last.status === 'cache-hit' ? 'the cache of answers' : named(last.provider, last.model, last.deploymentId),
      to: named(provider.name, model, id),
    };
  }

  /** What of a recorded prompt would be in the provider's cache there, at the recorded size. */
  #cachedAt(exchange: Exchange, deployment: Deployment, inputTokens: number): Partial<Usage> {
    const call = this.#written(exchange, deployment);
    const forecast = call === undefined ? undefined : this.#features.forecasts.prompt?.(exchange, call, true);
    if (forecast === undefined) return {};
    const { usage } = forecast.estimate;
    const scale = inputTokens / Math.max(1, usage.inputTokens);
    const scaled = (count: number | undefined): number => Math.round((count ?? 0) * scale);
    return {
      cachedInputTokens: scaled(usage.cachedInputTokens),
      cacheWriteTokens: scaled(usage.cacheWriteTokens),
      cacheWriteOneHourTokens: scaled(usage.cacheWriteOneHourTokens),
    };
  }

  /** Teaches the prompt cache what was sent where. */
  #teach({ last }: RecordedCall, exchange: Exchange, deployment: Deployment | undefined): void {
    const call = deployment === undefined ? undefined : this.#written(exchange, deployment);
    if (call === undefined || deployment === undefined) return;
    const slots = this.#features.slotsFor(exchange.endpoint.format);
    slots.rewrite?.(exchange, call);
    exchange.attempts.push({
      ...{ deploymentId: deployment.id, provider: deployment.provider.name, model: deployment.model, apiBase: '' },
      ...{ startedMs: exchange.startedMs, durationMs: durationOf(last), usage: usageOf(last) },
    });
    slots.settled?.(exchange);
  }

  #written(exchange: Exchange, deployment: Deployment) {
    try {
      return writtenOffline(exchange, deployment);
    } catch (error) {
      // A body whose words were masked may not be one that a provider takes; then nothing is known of its cache.
      if (error instanceof GatewayError) return undefined;
      throw error;
    }
  }

  #isCached({ callId, last }: RecordedCall, exchange: Exchange, isRecorded: boolean): boolean {
    if (!isRecorded) return last.status === 'cache-hit' && exchange.snapshot.config.cache !== undefined;
    const forecast = this.#features.forecasts.answer?.(exchange);
    // Failures are not cached.
    if (forecast === undefined || (last.status !== 'success' && last.status !== 'cache-hit')) return false;
    const found = this.#kept.take(forecast, callId, exchange.startedAtMs);
    // What was in the cache before the first recorded request is there, as long as its life is not over.
    const isKnownHit = last.status === 'cache-hit' && forecast.isCached && forecast.mayRecall;
    return (found.length > 0 && found.every((each) => each !== undefined)) || isKnownHit;
  }

  /** Claims what it may use, and gives back what it did not at the time when it is over. */
  async #admit(exchange: Exchange, { startedAtMs }: RecordedCall, used: Used, ms: number): Promise<void> {
    await this.#admitting.admit(exchange);
    this.#due.add(startedAtMs + ms, { exchange, used });
  }

  async #turnTo(ms: number): Promise<void> {
    const { clock } = this.#world;
    for (let due = this.#due.take(ms); due !== undefined; due = this.#due.take(ms)) {
      clock.turnTo(due.atMs);
      await this.#admitting.settle(due.value.exchange, due.value.used);
    }
    if (ms !== Number.POSITIVE_INFINITY) clock.turnTo(ms);
  }

  readonly #countTokens = async (): Promise<number> => this.#promptTokens;

  /** The same draws for the same request under both configurations (mulberry32). */
  #draw(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

const NOTHING: Used = { cost: 0n, inputTokens: 0, outputTokens: 0 };

const seedOf = (callId: string): number => createHash('sha256').update(callId).digest().readInt32LE(0);

const named = (provider = '', model = '', id = ''): string => `${provider}/${model} (${id.slice(0, 12)})`;

/** From its beginning to the end of its last attempt; undefined if it was not answered. */
function durationOfCall({ startedAtMs, endedAtMs, last }: RecordedCall): number | undefined {
  return last.status === 'success' || last.status === 'cache-hit' ? Math.max(0, endedAtMs - startedAtMs) : undefined;
}

/** The plan under the configuration of then; undefined if that would have refused it. */
async function planned(plan: (snapshot: Snapshot) => Promise<Exchange>, snapshot: Snapshot) {
  try {
    return await plan(snapshot);
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}
