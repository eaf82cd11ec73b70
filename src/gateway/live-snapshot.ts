/** The configuration in effect: the files' and the models of the database, joined into one snapshot that requests read. */
import { readStoredModels } from '../admin/make-context.ts';
import type { DeploymentConfig, GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { BreakerTurn } from '../routing/breaker.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { makeSnapshot } from '../snapshot/make-snapshot.ts';
import { breakerSettings, type RoutingState } from '../snapshot/router.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Directory } from '../stores/contracts/directory.ts';
import type { Invalidation } from '../stores/contracts/invalidation-bus.ts';
import type { Log } from '../telemetry/log.ts';
import { type Declared, readDeclared } from '../tenancy/declared.ts';
import type { Seal } from '../tenancy/seal.ts';

const MOST_STORED_MODELS = 50_000;
/** A database that was unavailable at the start is asked again for its models. */
const MODELS_AGAIN_MS = 5_000;

/** What a live snapshot is made with. */
interface LiveSnapshotOptions {
  /** The configuration of the files. */
  readonly config: GatewayConfig;
  readonly masterKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly directory: Pick<Directory, 'list'>;
  readonly seal: Seal;
  readonly log: Pick<Log, 'app'>;
  /** Makes the state of routing; `onTurn` may be called from the first moment on. */
  readonly makeRouting: (onTurn: (deploymentId: string, turn: BreakerTurn) => void) => RoutingState;
  /** A deployment's breaker opened or closed. */
  readonly onTurn: (deployment: Deployment, turn: BreakerTurn) => void;
}

/** Owns the snapshot and what it is made of. It can be read from its first moment on, and is swapped as a whole. */
export class LiveSnapshot {
  readonly routing: RoutingState;
  readonly seal: Seal;
  readonly #options: LiveSnapshotOptions;
  readonly #followers: ((snapshot: Snapshot) => void)[] = [];
  #deployments: ReadonlyMap<string, Deployment> = new Map();
  #fileConfig: GatewayConfig;
  #storedModels: readonly DeploymentConfig[] = [];
  #declared: Declared;
  #snapshot: Snapshot;
  #modelsAgain: NodeJS.Timeout | undefined;

  constructor(options: LiveSnapshotOptions) {
    this.#options = options;
    this.seal = options.seal;
    this.#fileConfig = options.config;
    this.#declared = readDeclared(options.config);
    this.routing = options.makeRouting((id, turn) => this.#turned(id, turn));
    this.#snapshot = this.#make();
    this.#deployments = this.#snapshot.deployments;
  }

  /** The snapshot in effect now. */
  get current(): Snapshot {
    return this.#snapshot;
  }

  /** The objects that the files declare. */
  get declared(): Declared {
    return this.#declared;
  }

  /** Calls back after every swap from now on. */
  follow(follower: (snapshot: Snapshot) => void): void {
    this.#followers.push(follower);
  }

  /** Serves another configuration of the files. */
  reload(config: GatewayConfig): void {
    this.#fileConfig = config;
    this.#declared = readDeclared(config);
    this.#swap();
  }

  /** Serves what the models of the database are now. Rejects if the database cannot be asked. */
  async reloadModels(): Promise<void> {
    const { directory, log } = this.#options;
    const models = await directory.list('model', {}, { limit: MOST_STORED_MODELS, offset: 0 });
    const { deployments, refused } = readStoredModels(models, this.seal, this.#fileConfig.addresses);
    for (const [model, reason] of refused) log.app.error({ model, reason }, 'A model of the database is not served');
    const isSame = deployments.length === 0 && this.#storedModels.length === 0;
    this.#storedModels = deployments;
    if (!isSame) this.#swap();
  }

  /** The same at the start: never rejects, and tries again later if the database cannot be asked. */
  async readModels(): Promise<void> {
    try {
      await this.reloadModels();
    } catch (error) {
      this.#options.log.app.error({ error }, 'The models of the database are not served yet');
      this.#modelsAgain = setTimeout(() => void this.readModels(), MODELS_AGAIN_MS);
      this.#modelsAgain.unref();
    }
  }

  /** Objects of the directory were changed. */
  changed(changed: Invalidation): void {
    if (changed !== 'all' && !changed.some(({ kind }) => kind === 'model')) return;
    this.reloadModels().catch((error: unknown) =>
      this.#options.log.app.error({ error }, 'The models of the database could not be read again'),
    );
  }

  stop(): void {
    clearTimeout(this.#modelsAgain);
  }

  #make(): Snapshot {
    const { masterKey, clock, random } = this.#options;
    const { routing } = this;
    const config =
      this.#storedModels.length === 0
        ? this.#fileConfig
        : { ...this.#fileConfig, deployments: [...this.#fileConfig.deployments, ...this.#storedModels] };
    return makeSnapshot(config, masterKey, { routing, clock, random });
  }

  #swap(): void {
    const snapshot = this.#make();
    const { breakers, stats, health } = this.routing;
    const ids = new Set(snapshot.config.deployments.map(({ id }) => id));
    breakers.configure(breakerSettings(snapshot.config));
    breakers.keep(ids);
    stats.keep(ids);
    health.configure(snapshot.config.health);
    health.keep(ids);
    const before = this.#deployments;
    this.#snapshot = snapshot;
    this.#deployments = snapshot.deployments;
    for (const follower of this.#followers) follower(snapshot);
    // Another instance may have opened a breaker before this one knew the deployment.
    for (const [id, deployment] of snapshot.deployments) {
      if (!before.has(id) && breakers.retryAfterMs(id) > 0) this.#options.onTurn(deployment, { state: 'open' });
    }
  }

  #turned(id: string, turn: BreakerTurn): void {
    const deployment = this.#deployments.get(id);
    if (deployment !== undefined) this.#options.onTurn(deployment, turn);
  }
}
