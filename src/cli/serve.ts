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
  let service: Service;
  try {
    const { port } = config.server;
    service = await Service.start({
      config,
      masterKey: key.key,
      version: packageVersion(),
      env,
      port,
      read,
      isShared: false,
    });
  } catch (error) {
    const line = listenFailure(error, config.server.host, config.server.port);
    await prepared.abandon();
    if (line === undefined) throw error;
    process.stderr.write(`${line}\n`);
    return 1;
  }

  const { log, gateway } = service;
  endOnUncaught((error) => log.app.fatal({ error }, 'An exception nobody caught; stopping'));
  sayStarted(prepared, env, gateway.port);

  const watching = watchConfig({ files: prepared.files, onChange: () => service.reload() });
  listenToSignals({
    stop: (signal) => {
      watching.close();
      service.drain(signal).then(
        () => process.exit(0),
        (error) => {
          log.app.fatal({ error }, 'Draining failed');
          process.exit(1);
        },
      );
    },
    stopNow: (signal) => {
      log.app.warn({ signal }, 'Stopping at once: requests in flight are cut');
      process.exit(1);
    },
    reload: () => service.reload(),
  });
  return undefined;
}
