import cluster, { type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import { namedFiles } from '../config/named-files.ts';
import { watchConfig } from '../config/watch.ts';
import { createLogger, type Log } from '../telemetry/log.ts';
import { Gathering, type WorkerLine } from './gathering.ts';
import type { Prepared } from './prepare.ts';
import type { Arguments } from './read-arguments.ts';
import { sayStarted } from './say-started.ts';
import { endOnUncaught, listenToSignals } from './signals.ts';
import { writeError } from './terminal.ts';
import type { ToPrimary } from './worker-messages.ts';

const FIRST_RESTART_MS = 100;
const SLOWEST_RESTART_MS = 10_000;
/** So many workers in a row that end before they listen, while no other serves, mean that none will. */
const MOST_TRIES = 5;
/** A worker that lived this long did not fail from its start: the next restart is quick again. */
const HEALTHY_AFTER_MS = 30_000;

/** `--num_workers N`: this process makes the workers, restarts those that fail, and passes signals on. */
export async function serveWithWorkers(
  prepared: Prepared,
  args: Arguments,
  env: NodeJS.ProcessEnv,
): Promise<number | undefined> {
  const log = createLogger(prepared.config.telemetry, { stdout: process.stdout, isShared: true });
  endOnUncaught((error) => log.app.fatal({ error }, 'An uncaught exception; stopping'));
  const primary = new Primary(prepared, log, (message) => {
    log.app.fatal({}, message);
    writeError(`${message}\n`);
    process.exit(1);
  });
  // Before the first worker is made: a signal in between must not leave workers behind.
  const watching = watchConfig({
    files: prepared.files,
    named: () => primary.namedFiles,
    onChange: () => primary.reload(),
  });
  listenToSignals({
    stop: (signal) => {
      watching.close();
      primary.stop(signal).then(() => process.exit(0));
    },
    stopNow: (signal) => {
      log.app.warn({ signal }, 'Stopping at once: requests in flight are cut');
      primary.kill();
      process.exit(1);
    },
    reload: () => primary.reload(),
  });

  try {
    const port = await primary.start(args.workers);
    sayStarted(prepared, env, port);
    return undefined;
  } catch (error) {
    watching.close();
    primary.kill();
    await prepared.abandon();
    writeError(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** The process that makes workers. */
class Primary {
  readonly #prepared: Prepared;
  readonly #log: Log;
  readonly #ready = new Set<Worker>();
  readonly #gathering = new Gathering(() => [...this.#ready].map(lineTo));
  #port = 0;
  #namedFiles: readonly string[];
  #isStopping = false;
  #restartMs = FIRST_RESTART_MS;
  /** Workers in a row that ended before they listened. */
  #endedEarly = 0;
  readonly #onHopeless: (message: string) => void;
  #whenEmpty: (() => void) | undefined;

  constructor(prepared: Prepared, log: Log, onHopeless: (message: string) => void) {
    this.#prepared = prepared;
    this.#log = log;
    this.#onHopeless = onHopeless;
    this.#namedFiles = namedFiles(prepared.config);
    // The other serialization would lose the bigints and maps in a metrics snapshot.
    cluster.setupPrimary({ serialization: 'advanced' });
  }

  /**
   * Makes the workers. Resolves with their port when all listen, except those that are being replaced; rejects when the
   * first of them says that it cannot, or has ended too often.
   */
  async start(count: number): Promise<number> {
    // One first: what fails for it (a port in use) fails once.
    await this.#makeFirst();
    await Promise.all(
      Array.from({ length: count - 1 }, () => this.#make().catch((error: unknown) => this.#remakeLater(error))),
    );
    return this.#port;
  }

  async #makeFirst(): Promise<void> {
    for (;;) {
      try {
        return await this.#make();
      } catch (error) {
        if (!(error instanceof EndedEarly) || this.#isStopping) throw error;
        this.#endedEarly += 1;
        if (this.#endedEarly >= MOST_TRIES) throw new Error(hopeless(error));
        this.#log.app.error({ error, restart_ms: this.#restartMs }, 'A worker could not start; trying again');
        const restartMs = this.#restartMs;
        this.#restartMs = Math.min(restartMs * 2, SLOWEST_RESTART_MS);
        await wait(restartMs);
      }
    }
  }

  /** Files that the configuration in effect names. */
  get namedFiles(): readonly string[] {
    return this.#namedFiles;
  }

  /** Lets every worker read its configuration again, unless it has errors. */
  reload(): void {
    const { config, findings } = this.#prepared.read();
    if (config === undefined) {
      const errors = findings.filter(({ severity }) => severity === 'error').length;
      this.#log.app.error({ errors }, 'The configuration has errors; the one before stays in effect');
      return;
    }
    this.#namedFiles = namedFiles(config);
    for (const worker of this.#ready) lineTo(worker).send({ kind: 'reload' });
  }

  /** Drains every worker; resolves when none is left. */
  stop(reason: string): Promise<void> {
    this.#isStopping = true;
    this.#log.app.info({ reason, workers: this.#ready.size }, 'Draining');
    const workers = Object.values(cluster.workers ?? {});
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      if (workers.length === 0) resolve();
      for (const worker of workers) if (worker !== undefined) lineTo(worker).send({ kind: 'drain', reason });
    });
  }

  /** Ends every worker at once. */
  kill(): void {
    this.#isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
  }

  /** Makes one worker; resolves when it listens, rejects when it says that it cannot. */
  #make(): Promise<void> {
    const worker = cluster.fork();
    const madeAt = performance.now();
    return new Promise((resolve, reject) => {
      worker.on('message', (message: ToPrimary) => {
        this.#answer(worker, message);
        if (message.kind === 'ready') resolve();
        if (message.kind === 'failed') reject(new Error(message.message));
      });
      worker.on('error', (error) =>
        this.#log.app.warn({ error, worker: worker.process.pid }, 'A worker cannot be reached'),
      );
      worker.once('exit', (code, signal) => {
        const wasReady = this.#ready.delete(worker);
        this.#gathering.forget(worker.id);
        reject(new EndedEarly(signal ?? code));
        if (this.#isStopping) this.#checkEmpty();
        else if (wasReady) this.#replace(worker, signal ?? code, performance.now() - madeAt);
      });
    });
  }

  #answer(worker: Worker, message: ToPrimary): void {
    const line = lineTo(worker);
    switch (message.kind) {
      case 'hello': {
        const { key, config, origin, simulatorUrl } = this.#prepared;
        // With port 0 too: Node.js gives every worker that asks for it the same free port.
        line.send({ kind: 'start', masterKey: key.key, port: config.server.port, origin, simulatorUrl });
        return;
      }
      case 'ready':
        this.#port = message.port;
        this.#endedEarly = 0;
        this.#ready.add(worker);
        this.#log.app.info({ worker: worker.process.pid }, 'A worker listens');
        if (this.#isStopping) line.send({ kind: 'drain', reason: 'the primary drains' });
        return;
      case 'failed':
        worker.process.kill('SIGKILL');
        return;
      case 'draining':
        if (!this.#ready.delete(worker) || this.#isStopping) return;
        this.#log.app.info({ worker: worker.process.pid }, 'A worker drains; another takes its place');
        this.#remakeAfter(FIRST_RESTART_MS);
        return;
      case 'told':
        this.#gathering.take(worker.id, message.id, message.share);
        return;
      case 'gather':
        this.#gathering.gather(line, message.id, message.wanted);
        return;
    }
  }

  #replace(worker: Worker, why: string | number, livedMs: number): void {
    if (livedMs > HEALTHY_AFTER_MS) this.#restartMs = FIRST_RESTART_MS;
    const restartMs = this.#restartMs;
    this.#log.app.error(
      { worker: worker.process.pid, why, restart_ms: restartMs },
      'A worker ended; another takes its place',
    );
    this.#remakeAfter(restartMs);
  }

  #remakeAfter(restartMs: number): void {
    this.#restartMs = Math.min(restartMs * 2, SLOWEST_RESTART_MS);
    setTimeout(() => {
      if (this.#isStopping) return;
      this.#make().catch((error: unknown) => this.#remakeLater(error));
    }, restartMs);
  }

  /** A worker could not start: others may serve meanwhile. */
  #remakeLater(error: unknown): void {
    if (this.#isStopping) return;
    this.#endedEarly += 1;
    if (this.#ready.size === 0 && this.#endedEarly >= MOST_TRIES) this.#onHopeless(hopeless(error));
    this.#log.app.error({ error, restart_ms: this.#restartMs }, 'A worker could not start; trying again');
    this.#remakeAfter(this.#restartMs);
  }

  #checkEmpty(): void {
    const isEmpty = Object.values(cluster.workers ?? {}).every((worker) => worker === undefined || worker.isDead());
    if (isEmpty) this.#whenEmpty?.();
  }
}

/** A worker ended before it listened, and did not say why. */
class EndedEarly extends Error {
  constructor(why: string | number) {
    super(`A worker ended with ${why} before it listened.`);
  }
}

function hopeless(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `No worker serves: ${MOST_TRIES} in a row could not start. The last one: ${reason}`;
}

function lineTo(worker: Worker): WorkerLine {
  return {
    id: worker.id,
    send: (message) => {
      // A worker that is ending needs no answer; its exit is handled where it is noticed.
      if (worker.isConnected()) worker.send(message, () => undefined);
    },
  };
}
