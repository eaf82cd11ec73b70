/** Two gateways behind Nginx that are restarted in turn under load, and whether a request fails or is booked wrongly. */
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { startSimulator } from '../simulator/start.ts';
import type { JsonObject } from '../src/core/json.ts';
import { formatUsd, type PicoUsd } from '../src/core/money.ts';
import { temporaryFolder } from '../test/cli/sluice-process.ts';
import { countedApart } from '../test/money/counted.ts';
import { billedFor, type Ending, Instance, until, writeSite } from '../test/money/instances.ts';
import { post } from '../test/money/race.ts';
import { priced } from '../test/money/tenants.ts';
import { startTestNginx } from '../test/support/nginx.ts';
import { startTestPostgres } from '../test/support/postgres.ts';
import { freePort, startTestRedis } from '../test/support/redis.ts';

const CLIENTS = 20;
const PROMPT = 'Tell me of a rolling river.';

/** How it went. */
interface Rolled {
  readonly served: number;
  readonly failed: readonly string[];
  readonly billed: PicoUsd;
  /** Where bill, ledger and counters are apart. */
  readonly apart: string | undefined;
}

/** Restarts both while streams and whole requests run; goes on until so many were asked. */
export async function rollingRestart(ending: Ending, requests: number): Promise<Rolled> {
  const simulator = await startSimulator();
  ending.after(() => simulator.close());
  const redis = await startTestRedis();
  ending.after(() => redis.close());
  const postgres = await startTestPostgres();
  ending.after(() => postgres.close());
  const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
  writeSite(site, {
    budget_settings: { mode: 'strict' },
    model_list: [priced('m', 20, { model: 'openai/sim-tokens-20+latency-50-20' })],
    router_settings: { redis_host: '127.0.0.1', redis_port: redis.port },
    general_settings: { database_url: await postgres.makeDatabase(), drain_delay: 2 },
  });
  const ports = [await freePort(), await freePort()];
  const start = (index: number): Promise<Instance> => new Instance(site, `rolling-${index}`, ports[index]).started();
  const instances = [await start(0), await start(1)];
  const nginx = await startTestNginx(ports, { movesOn: true });
  ending.after(() => nginx.close());
  const key = await (instances[0] as Instance).makeKey({ max_budget: 1_000 });

  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  ending.after(() => agent.destroy());
  const failed: string[] = [];
  let asked = 0;
  let areRestarted = false;
  const client = async (): Promise<void> => {
    while (!areRestarted || asked < requests) {
      const isStream = asked++ % 2 === 0;
      const body = { model: 'm', messages: [{ role: 'user', content: PROMPT }], max_tokens: 20, stream: isStream };
      const { status, text } = await post(agent, nginx.url, key, body);
      const isWhole = isStream ? text.includes('data: [DONE]') : text.startsWith('{');
      if (status !== 200 || !isWhole) failed.push(`${status} ${text.slice(0, 200)}`);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  for (const index of instances.keys()) {
    await wait(500);
    instances[index]?.process.kill('SIGTERM');
    await instances[index]?.process.ended;
    instances[index] = await start(index);
  }
  areRestarted = true;
  await clients;

  const billed = simulator.requests
    .filter(({ rawBody }) => rawBody.includes(PROMPT))
    .reduce((sum, seen) => sum + billedFor(seen), 0n);
  const instance = instances[0] as Instance;
  let booked = 0;
  const isBooked = async (): Promise<boolean> => {
    const { info } = await instance.manage(`/key/info?key=${key}`);
    booked = Number((info as JsonObject).spend);
    return Math.abs(booked - Number(formatUsd(billed))) < 1e-9;
  };
  const apart = await until(isBooked, 'all is booked', 30_000).then(
    () => countedApart(instance, key),
    () => `booked ${booked} of ${formatUsd(billed)} USD`,
  );
  return { served: asked - failed.length, failed, billed, apart };
}
