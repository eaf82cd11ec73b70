import type { HealthResult } from '../../routing/health-results.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { AskedHealth, Parts } from '../parts.ts';
import { probe } from './probe.ts';

interface Kept extends HealthResult {
  readonly checkedMs: number;
}

/**
 * Checks of deployments that someone asked for, without background checks: at most one for each deployment in each interval
 * (`health_check_interval`); callers that ask at the same time share it.
 */
export class AskedChecks implements AskedHealth {
  readonly #parts: () => Parts;
  readonly #found = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<HealthResult>>();

  constructor(parts: () => Parts) {
    this.#parts = parts;
  }

  of(id: string): HealthResult | undefined {
    return this.#found.get(id);
  }

  check(snapshot: Snapshot, deployment: Deployment): Promise<HealthResult> {
    const { id } = deployment;
    const parts = this.#parts();
    const found = this.#found.get(id);
    if (found !== undefined && parts.clock.monotonicMs() - found.checkedMs < snapshot.config.health.intervalMs) {
      return Promise.resolve(found);
    }
    const running = this.#running.get(id);
    if (running !== undefined) return running;
    const check = this.#check(snapshot, deployment, parts).finally(() => this.#running.delete(id));
    this.#running.set(id, check);
    return check;
  }

  async #check(snapshot: Snapshot, deployment: Deployment, parts: Parts): Promise<HealthResult> {
    const { clock } = parts;
    const startedMs = clock.monotonicMs();
    const error = await probe(snapshot, deployment, parts);
    const checkedMs = clock.monotonicMs();
    const kept = { error: error?.code, checkedAtMs: clock.nowMs(), latencyMs: checkedMs - startedMs, checkedMs };
    for (const id of this.#found.keys()) if (!snapshot.probes.has(id)) this.#found.delete(id);
    this.#found.set(deployment.id, kept);
    parts.routing.health.note(deployment.id, kept);
    return kept;
  }
}
