/** Two instances behind an Nginx that is set up as the guide says are restarted in turn, under streams and whole requests. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ask, CONFIG_ENV, simulatorFor, writeConfig } from '../cli/simulated-config.ts';
import { SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { startTestNginx } from '../support/nginx.ts';
import { freePort } from '../support/redis.ts';

/** `ROLLING_REQUESTS=5000` is the measurement. */
const REQUESTS = Number(process.env.ROLLING_REQUESTS ?? 1_000);
const CLIENTS = 20;
const GROUPS = { quick: 'gpt-4o', slow: 'gpt-4o+tokens-20+latency-50-20' };

class Instance {
  readonly port: number;
  readonly #context: TestContext;
  readonly #args: readonly string[];
  readonly #folder: string;
  #process: SluiceProcess | undefined;

  constructor(context: TestContext, config: string, port: number) {
    this.#context = context;
    this.port = port;
    this.#folder = temporaryFolder(context);
    const flags = ['--host', '127.0.0.1', '--port', String(port), '--drain_delay', '2', '--unshared-limits'];
    this.#args = ['--config', config, ...flags];
  }

  async start(): Promise<void> {
    this.#process = new SluiceProcess(this.#context, { cwd: this.#folder, args: this.#args, env: CONFIG_ENV });
    await this.#process.url();
  }

  async restart(): Promise<void> {
    assert.ok(this.#process);
    this.#process.kill('SIGTERM');
    assert.equal((await this.#process.ended).code, 0);
    await this.start();
  }
}

test(`two restarts in turn behind Nginx fail none of ${REQUESTS} requests`, { timeout: 540_000 }, async (t) => {
  const config = writeConfig(temporaryFolder(t), await simulatorFor(t), GROUPS);
  const instances = [new Instance(t, config, await freePort()), new Instance(t, config, await freePort())];
  await Promise.all(instances.map((instance) => instance.start()));
  const nginx = await startTestNginx(
    instances.map(({ port }) => port),
    { movesOn: true },
  );
  t.after(() => nginx.close());

  const failures: string[] = [];
  let asked = 0;
  let areRestarted = false;
  const client = async (): Promise<void> => {
    while (!areRestarted || asked < REQUESTS) {
      asked += 1;
      const isStream = asked % 2 === 0;
      try {
        const answer = await ask(nginx.url, isStream ? 'slow' : 'quick', isStream);
        const text = await answer.text();
        if (answer.status !== 200 || (isStream && !text.endsWith('data: [DONE]\n\n')))
          failures.push(`${answer.status} ${text.slice(-200)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  for (const instance of instances) {
    await wait(500);
    await instance.restart();
  }
  areRestarted = true;
  await clients;
  t.diagnostic(`${asked} requests, ${failures.length} failed`);
  assert.deepEqual(failures.slice(0, 5), []);
});
