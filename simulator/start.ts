import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../src/core/clock.ts';
import { Book } from './billing/book.ts';
import { NO_LATENCY, type ScriptRule, type Simulator, type SimulatorOptions } from './contract.ts';
import { Engine } from './engine.ts';
import { Faults } from './faults/apply.ts';
import { RequestLog } from './request-log.ts';
import { Script } from './script.ts';
import { Server } from './server.ts';

const KEEP_ALIVE_MS = 75_000;

/** Starts a simulator: a server that plays model providers over real sockets. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const {
    host = '127.0.0.1',
    port = 0,
    seed = 1,
    latency = NO_LATENCY,
    keys,
    clock = systemClock,
    billing = {},
    log: say = () => {},
  } = options;
  const engine = new Engine({ seed: String(seed), latency, keys, clock });
  const log = new RequestLog();
  const book = new Book(billing);
  const script = new Script();
  const faults = new Faults(clock, String(seed));
  const control = {
    requests: log.requests,
    script: (rule: ScriptRule) => script.add(rule),
    stats: () => log.statistics(),
    reset(): void {
      log.clear();
      book.clear();
      engine.reset();
      script.clear();
      faults.reset();
    },
  };
  const server = new Server({ engine, log, book, billing, script, faults, clock, say, control });
  const http = createServer({ noDelay: true, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, server.serve);
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.removeListener('error', reject);
      resolve();
    });
  });
  const address = http.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    ...control,
    book,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await closed;
    },
  };
}
