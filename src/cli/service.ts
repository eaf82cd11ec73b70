import { renderFindings } from '../config/finding.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { startGateway } from '../gateway/start.ts';
import { createLogger, type Log } from '../telemetry/log.ts';
import { dataFolder } from './master-key.ts';
import type { ServedConfig } from './served-config.ts';

/** Errors of a start whose words are for the operator: another instance, a database of another version or that cannot be opened. */
const START_ERRORS: ReadonlySet<string> = new Set([
  'NotAloneError',
  'EvictingRedisError',
  'MigrationError',
  'DatabaseUnavailableError',
]);

/** Longest time requests in flight may take after SIGTERM, where the environment names none. */
const DRAIN_MS = 30_000;

/** What a process needs to serve. */
interface ServiceOptions {
  readonly config: GatewayConfig;
  readonly masterKey: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  /** Reads the configuration again, for a reload. */
  readonly read: () => ServedConfig;
  /** Several processes write to this standard output. */
  readonly isShared: boolean;
  /** Other processes may serve the same objects without sharing what budgets and limits have left. */
  readonly unsharedLimits: boolean;
  /** In a worker: the metrics of all workers. */
  readonly gatherMetrics?: () => Promise<readonly unknown[]>;
  /** In a worker: what each worker knows of the way of a request. */
  readonly gatherRoute?: (callId: string) => Promise<readonly unknown[]>;
}

/** The gateway of one process and its log: started, reloaded, drained. */
export class Service {
  readonly gateway: Gateway;
  readonly log: Log;
  readonly #options: ServiceOptions;
  #config: GatewayConfig;

  private constructor(gateway: Gateway, log: Log, options: ServiceOptions) {
    this.gateway = gateway;
    this.log = log;
    this.#options = options;
    this.#config = options.config;
  }

  /** Starts to serve. Throws what listening throws. */
  static async start(options: ServiceOptions): Promise<Service> {
    const { config, masterKey, port, version, env, isShared, unsharedLimits, gatherMetrics, gatherRoute } = options;
    const log = createLogger(config.telemetry, { stdout: process.stdout, isShared });
    const gateway = await startGateway({
      config,
      masterKey,
      host: config.server.host,
      port,
      version,
      env,
      log,
      unsharedLimits,
      dataFolder: dataFolder(env),
      ...defined({ gatherMetrics, gatherRoute }),
    });
    return new Service(gateway, log, options);
  }

  /** The configuration in effect. */
  get config(): GatewayConfig {
    return this.#config;
  }

  /** Takes over the configuration as it stands now; one with errors changes nothing and is said. */
  reload(): void {
    const { config, findings } = this.#options.read();
    if (config === undefined) {
      const errors = findings.filter(({ severity }) => severity === 'error');
      this.log.app.error(
        { findings: renderFindings(errors).trimEnd().split('\n') },
        'The configuration has errors; the one before stays in effect',
      );
      return;
    }
    this.#config = config;
    this.gateway.reload(config);
    this.log.configure(config.telemetry);
    this.log.app.info({ files: config.files, findings: findings.length }, 'Configuration reloaded');
  }

  /** Drains, and ends the process. */
  drainAndExit(reason: string): void {
    this.#drain(reason).then(
      () => process.exit(0),
      (error) => {
        this.log.app.fatal({ error }, 'Draining failed');
        process.exit(1);
      },
    );
  }

  /** Lets requests in flight end, for as long as the environment allows, and closes. */
  async #drain(reason: string): Promise<void> {
    const timeoutMs = drainTimeoutMs(this.#options.env);
    this.log.app.info({ reason, timeout_ms: timeoutMs }, 'Draining');
    // At a terminal no proxy has to learn of it.
    await this.gateway.drain({ timeoutMs, mayDelay: reason !== 'SIGINT' });
    await this.gateway.close();
    this.log.app.info({}, 'Stopped');
    await this.log.close();
  }
}

function drainTimeoutMs(env: NodeJS.ProcessEnv): number {
  const seconds = Number(env.GRACEFUL_SHUTDOWN_TIMEOUT || Number.NaN);
  return seconds >= 0 ? seconds * 1000 : DRAIN_MS;
}

/** Why a start failed, in one line; undefined for an error of another kind. */
export function listenFailure(error: unknown, host: string, port: number): string | undefined {
  if (error instanceof Error && START_ERRORS.has(error.name)) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use. Stop what listens there, or choose another with --port.`;
    case 'EACCES':
      return `No permission to listen on port ${port}. Ports below 1024 need privileges; choose another with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine. Choose another with --host.`;
    default:
      return undefined;
  }
}
