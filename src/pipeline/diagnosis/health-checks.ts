import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../../core/defined.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { cooldownOf } from '../../snapshot/router.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { HealthShare } from '../../stores/contracts/shared-routing.ts';
import type { Parts } from '../parts.ts';
import { canProbe, probe } from './probe.ts';

/** Processes that start together do not ask their providers at the same moment. */
const FIRST_WAIT_MS = 1_000;
const JITTER = 0.1;
/** How long the check of one instance keeps others from making the same, if nothing is heard of it. */
const LEASE_MS = 60_000;
/** A round that comes early does not check again what was checked an interval ago, give or take the jitter. */
const FRESH = 1 - 2 * JITTER;
/** Errors that pass by themselves: `health_check_ignore_transient_errors` ignores them. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set(['upstream_rate_limit', 'upstream_timeout']);

/**
 * Checks deployments in the background, round after round, under the configuration in effect. Keeps no process alive.
 */
export class HealthChecks {
  readonly #parts: Parts;
  #running: AbortController | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Restarts with a configuration: cancels checks under way. Does nothing if checks are off. */
  restart(snapshot: Snapshot): void {
    this.stop();
    if (!snapshot.config.health.background) return;
    const running = new AbortController();
    this.#running = running;
    this.#run(snapshot, running.signal).catch((error: unknown) => {
      if (!running.signal.aborted) this.#parts.onFault('health checks have stopped', error);
    });
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    const { random } = this.#parts;
    const { intervalMs } = snapshot.config.health;
    await sleep(Math.min(FIRST_WAIT_MS, intervalMs) * random(), undefined, { signal, ref: false });
    await this.#round(
      snapshot,
      toCheck(snapshot).filter(({ id }) => !this.#isKnownHealthy(id, intervalMs)),
      signal,
    );
    for (;;) {
      const waitMs = intervalMs * (1 - JITTER + 2 * JITTER * random());
      await sleep(waitMs, undefined, { signal, ref: false });
      await this.#round(snapshot, toCheck(snapshot), signal);
    }
  }

  /** After a reload, deployments that answered a moment ago are not asked again; those that failed are. */
  #isKnownHealthy(id: string, intervalMs: number): boolean {
    const { health } = this.#parts.routing;
    const result = health.of(id);
    return result !== undefined && result.error === undefined && (health.ageMs(id) ?? 0) < intervalMs / 2;
  }

  async #round(snapshot: Snapshot, deployments: readonly Deployment[], signal: AbortSignal): Promise<void> {
    const waiting = [...deployments];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
        try {
          await this.#check(snapshot, next, signal);
        } catch (error) {
          this.#parts.onFault(`the health check of ${next.id} failed in itself`, error);
        }
      }
    };
    await Promise.all(Array.from({ length: snapshot.config.health.concurrency }, work));
  }

  /** Whether this instance is to check; what another found is taken over. */
  async #isOurs(share: HealthShare, id: string, intervalMs: number): Promise<boolean> {
    const news = await share.lastHealth(id);
    if (news !== undefined) {
      this.#parts.routing.health.learn(id, news);
      if (news.ageMs < intervalMs * FRESH) return false;
    }
    return await share.takeProbe(leaseOf(id), Math.min(LEASE_MS, intervalMs * FRESH));
  }

  async #check(snapshot: Snapshot, deployment: Deployment, signal: AbortSignal): Promise<void> {
    const { clock, routing } = this.#parts;
    const { breakers, health } = routing;
    const { id } = deployment;
    const share = snapshot.config.health.isShared ? routing.healthShare : undefined;
    if (share !== undefined && !(await this.#isOurs(share, id, snapshot.config.health.intervalMs))) return;
    const stateBefore = breakers.stateOf(id);
    const startedMs = clock.monotonicMs();
    const error = await probe(snapshot, deployment, this.#parts, signal);
    if (signal.aborted) {
      share?.releaseProbe(leaseOf(id));
      return;
    }
    const latencyMs = clock.monotonicMs() - startedMs;
    if (error === undefined) {
      health.record(id, { error: undefined, latencyMs });
      share?.tellHealth(id, { error: undefined, latencyMs }, snapshot.config.health.stalenessMs);
      breakers.recordHealthy(id, stateBefore);
      return;
    }
    if (snapshot.config.health.ignoreTransientErrors && TRANSIENT.has(error.code)) return;
    health.record(id, { error: error.code, latencyMs });
    share?.tellHealth(id, { error: error.code, latencyMs }, snapshot.config.health.stalenessMs);
    const { retryAfterMs } = error.facts;
    breakers.recordFailure(
      id,
      { code: error.code, ...defined({ retryAfterMs }) },
      { ...cooldownOf(deployment), groupSize: snapshot.groups.resolve(deployment.group)?.deployments.length ?? 1 },
    );
  }
}

/** A check and the probe of an open breaker do not hinder one another. */
function leaseOf(id: string): string {
  return `check:${id}`;
}

function toCheck({ probes }: Snapshot): Deployment[] {
  return [...probes.values()].filter(
    (deployment) => deployment.config.healthCheck?.isDisabled !== true && canProbe(deployment),
  );
}
