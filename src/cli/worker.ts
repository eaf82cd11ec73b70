import cluster from 'node:cluster';
import { GatherRequests } from './gathering.ts';
import type { Arguments } from './read-arguments.ts';
import { readServedConfig } from './served-config.ts';
import { listenFailure, Service } from './service.ts';
import { endOnUncaught } from './signals.ts';
import { packageVersion } from './version.ts';
import type { ToPrimary, ToWorker, Wanted } from './worker-messages.ts';

/** One of several processes that share a port: serves what the primary orders, and ends when the primary says so or is gone. */
export function runWorker(args: Arguments, env: NodeJS.ProcessEnv): void {
  const send = (message: ToPrimary): void => {
    // A primary that is gone is noticed by `disconnect`; a message to it is not news.
    if (process.connected) process.send?.(message);
  };
  const requests = new GatherRequests(send);
  let service: Service | undefined;
  let isStopping = false;

  const stop = (reason: string): void => {
    if (isStopping) return;
    isStopping = true;
    if (service === undefined) process.exit(0);
    send({ kind: 'draining' });
    service.drainAndExit(reason);
  };

  const start = async (orders: Extract<ToWorker, { kind: 'start' }>): Promise<void> => {
    const read = () => readServedConfig(orders.origin, args, env, orders.simulatorUrl);
    const { config } = read();
    if (config === undefined) return send({ kind: 'failed', message: 'The configuration has errors.' });
    try {
      service = await Service.start({
        config,
        masterKey: orders.masterKey,
        version: packageVersion(),
        env,
        port: orders.port,
        read,
        isShared: true,
        unsharedLimits: args.unsharedLimits,
        gatherMetrics: () => requests.all({ kind: 'metrics' }),
        gatherRoute: (callId) => requests.all({ kind: 'route', callId }),
      });
    } catch (error) {
      const line = listenFailure(error, config.server.host, orders.port);
      return send({
        kind: 'failed',
        message: line ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)),
      });
    }
    endOnUncaught((error) => service?.log.app.fatal({ error }, 'An uncaught exception; this worker stops'));
    send({ kind: 'ready', port: service.gateway.port });
  };

  const tell = async (id: number, wanted: Wanted): Promise<void> => {
    if (service === undefined) return;
    const { gateway } = service;
    const share = wanted.kind === 'metrics' ? await gateway.metricsSnapshot() : gateway.routeOf(wanted.callId);
    send({ kind: 'told', id, share });
  };

  process.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'start':
        return void start(message);
      case 'reload':
        return service?.reload();
      case 'drain':
        return stop(message.reason);
      case 'tell':
        return void tell(message.id, message.wanted);
      case 'gathered':
        return requests.answer(message.id, message.shares);
    }
  });
  cluster.worker?.on('disconnect', () => stop('the primary is gone'));
  // A terminal sends Ctrl-C to every process of the group: the primary decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => stop('SIGTERM'));
  send({ kind: 'hello' });
}
