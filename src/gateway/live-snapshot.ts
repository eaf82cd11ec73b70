/** The configuration in effect: the files' and the models of the database, joined into one snapshot that requests read. */
import { type UsableCredentials, usableCredentials } from '../admin/credentials/usable.ts';
import { readModel, readStoredModels } from '../admin/models/read-models.ts';
import type { DeploymentConfig, GatewayConfig } from '../config/gateway-config.ts';
import type { Clock } from '../core/clock.ts';
import type { BreakerTurn } from '../routing/breaker.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import { makeSnapshot } from '../snapshot/make-snapshot.ts';
import { breakerSettings, type RoutingState } from '../snapshot/router.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Directory, StoredCredential, StoredModel } from '../stores/contracts/directory.ts';
import type { Invalidation } from '../stores/contracts/invalidation-bus.ts';
import type { Log } from '../telemetry/log.ts';
import { type Declared, readDeclared } from '../tenancy/declared.ts';
import type { Seal } from '../tenancy/seal.ts';

const MOST_STORED_MODELS = 50_000;
const MOST_CREDENTIALS = 50_000;
/** A database that was unavailable at the start is asked again for its models. */
const MODELS_AGAIN_MS = 5_000;

const NOTHING = { models: [], credentials: [] };

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
  /** What the database has, as it is stored. */
  #stored: { readonly models: readonly StoredModel[]; readonly credentials: readonly StoredCredential[] } = NOTHING;
  /** What is served of it, and of what the file left open. */
  #storedModels: readonly DeploymentConfig[] = [];
  #credentials: UsableCredentials = new Map();
  #declared: Declared;
  #snapshot: Snapshot;
  #modelsAgain: NodeJS.Timeout | undefined;

  constructor(options: LiveSnapshotOptions) {
    this.#options = options;
    this.seal = options.seal;
    this.#fileConfig = options.config;
    this.#declared = readDeclared(options.config);
    this.#credentials = usableCredentials(options.config.credentials, [], options.seal);
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

  /** The credentials that models may name. */
  get credentials(): UsableCredentials {
    return this.#credentials;
  }

  /** Calls back after every swap from now on. */
  follow(follower: (snapshot: Snapshot) => void): void {
    this.#followers.push(follower);
  }

  /** Serves another configuration of the files. */
  reload(config: GatewayConfig): void {
    this.#fileConfig = config;
    this.#declared = readDeclared(config);
    this.#readStored();
    this.#swap();
  }

  /** Serves what the models of the database are now. Rejects if the database cannot be asked. */
  async reloadModels(): Promise<void> {
    const { directory } = this.#options;
    const [models, credentials] = await Promise.all([
      directory.list('model', {}, { limit: MOST_STORED_MODELS, offset: 0 }),
      directory.list('credential', {}, { limit: MOST_CREDENTIALS, offset: 0 }),
    ]);
    this.#stored = { models, credentials };
    const before = this.#storedModels.length;
    this.#readStored();
    if (before > 0 || this.#storedModels.length > 0) this.#swap();
  }

  /** Models of the database, and those of the file whose credentials are there. */
  #readStored(): void {
    const { models, credentials } = this.#stored;
    const { app } = this.#options.log;
    const { waiting } = this.#fileConfig;
    this.#credentials = usableCredentials(this.#fileConfig.credentials, credentials, this.seal);
    for (const { name, fault } of this.#credentials.values()) {
      if (fault !== undefined)
        app.error({ credential: name, reason: fault }, 'A credential of the database is not used');
    }
    const reading = { addresses: this.#fileConfig.addresses, credentials: this.#credentials };
    const { databaseObjects } = this.#fileConfig.server;
    const served = databaseObjects === undefined || databaseObjects.includes('models') ? models : [];
    const { deployments, refused } = readStoredModels(served, this.seal, reading);
    for (const [model, reason] of refused) app.error({ model, reason }, 'A model of the database is not served');
    const ofFile = waiting.flatMap(({ id, entry }) => {
      const read = readModel(entry, reading);
      const [reason] = read.problems;
      if (reason !== undefined) app.error({ model: id, reason }, 'A model of the file is not served');
      return read.deployments;
    });
    this.#storedModels = [...ofFile, ...deployments];
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
    if (changed !== 'all' && !changed.some(({ kind }) => kind === 'model' || kind === 'credential')) return;
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
    return makeSnapshot(this.#withStored(), masterKey, { routing, clock, random });
  }

  #withStored(): GatewayConfig {
    if (this.#storedModels.length === 0) return this.#fileConfig;
    const { deployments, unserved, waiting } = this.#fileConfig;
    const served = new Set(this.#storedModels.map(({ id }) => id));
    const isServed = (id: string): boolean => served.has(id) && waiting.some((entry) => entry.id === id);
    return {
      ...this.#fileConfig,
      deployments: [...deployments, ...this.#storedModels],
      unserved: unserved.filter(({ id }) => !isServed(id)),
    };
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
