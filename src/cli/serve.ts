import { namedFiles } from '../config/named-files.ts';
import { watchConfig } from '../config/watch.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { Arguments } from './read-arguments.ts';
import { sayStarted } from './say-started.ts';
import { listenFailure, Service } from './service.ts';
import { endOnUncaught, listenToSignals } from './signals.ts';
import { collectStartGarbage } from './start-garbage.ts';
import { writeError } from './terminal.ts';
import { packageVersion } from './version.ts';
import { serveWithWorkers } from './workers.ts';

/** `sluice serve` and `sluice demo`. The number is the exit code of a start that failed; undefined while it serves. */
export async function serve(args: Arguments, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const prepared = await prepare(args, env);
  if (prepared === undefined) return 2;
  if (args.workers === 1) return serveAlone(prepared, args, env);
  if (prepared.config.redis === undefined && !args.unsharedLimits) {
    await prepared.abandon();
    writeError(`${UNSHARED}\n`);
    return 2;
  }
  return serveWithWorkers(prepared, args, env);
}

const UNSHARED = `--num_workers above 1 needs a Redis (router_settings.redis_host or redis_url): without one, each worker counts for itself, and
every budget and limit would hold once per worker. Name a Redis, serve with one worker, or accept that with --unshared-limits.`;

async function serveAlone(prepared: Prepared, args: Arguments, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const { config, key, read } = prepared;
  let service: Service | undefined;
  let changedMeanwhile = false;
  const reload = (): void => {
    if (service === undefined) changedMeanwhile = true;
    else service.reload();
  };
  // Before listening: a change or a signal that comes during the start must not be lost, nor end the process half-way.
  const named = (): readonly string[] => namedFiles(service?.config ?? config);
  const watching = watchConfig({ files: prepared.files, named, onChange: reload });
  listenToSignals({
    reload,
    stop: (signal) => {
      watching.close();
      if (service === undefined) process.exit(0);
      service.drainAndExit(signal);
    },
    stopNow: (signal) => {
      service?.log.app.warn({ signal }, 'Stopping at once: requests in flight are cut');
      process.exit(1);
    },
  });

  try {
    const { port } = config.server;
    const { unsharedLimits } = args;
    const options = {
      config,
      masterKey: key.key,
      version: packageVersion(),
      env,
      port,
      read,
      isShared: false,
      unsharedLimits,
    };
    service = await Service.start(options);
  } catch (error) {
    watching.close();
    await prepared.abandon();
    const line = listenFailure(error, config.server.host, config.server.port);
    if (line === undefined) throw error;
    writeError(`${line}\n`);
    return 1;
  }
  const { log, gateway } = service;
  endOnUncaught((error) => log.app.fatal({ error }, 'An uncaught exception; stopping'));
  if (changedMeanwhile) service.reload();
  sayStarted(prepared, env, gateway.port);
  collectStartGarbage();
  return undefined;
}
