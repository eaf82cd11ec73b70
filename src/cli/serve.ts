import { watchConfig } from '../config/watch.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { Arguments } from './read-arguments.ts';
import { sayStarted } from './say-started.ts';
import { listenFailure, Service } from './service.ts';
import { endOnUncaught, listenToSignals } from './signals.ts';
import { packageVersion } from './version.ts';
import { serveWithWorkers } from './workers.ts';

/** `sluice serve` and `sluice demo`. The number is the exit code of a start that failed; undefined while it serves. */
export async function serve(args: Arguments, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const prepared = await prepare(args, env);
  if (prepared === undefined) return 2;
  return args.workers > 1 ? serveWithWorkers(prepared, args) : serveAlone(prepared, env);
}

async function serveAlone(prepared: Prepared, env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const { config, key, read } = prepared;
  let service: Service | undefined;
  let changedMeanwhile = false;
  const reload = (): void => {
    if (service === undefined) changedMeanwhile = true;
    else service.reload();
  };
  // Before listening: a change or a signal that comes during the start must not be lost, nor end the process half-way.
  const watching = watchConfig({ files: prepared.files, onChange: reload });
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
    const options = { config, masterKey: key.key, version: packageVersion(), env, port, read, isShared: false };
    service = await Service.start(options);
  } catch (error) {
    watching.close();
    await prepared.abandon();
    const line = listenFailure(error, config.server.host, config.server.port);
    if (line === undefined) throw error;
    process.stderr.write(`${line}\n`);
    return 1;
  }
  const { log, gateway } = service;
  endOnUncaught((error) => log.app.fatal({ error }, 'An exception nobody caught; stopping'));
  if (changedMeanwhile) service.reload();
  sayStarted(prepared, env, gateway.port);
  return undefined;
}
