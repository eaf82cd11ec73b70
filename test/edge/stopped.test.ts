/** A gateway whose process is stopped for a while, as a debugger, a full machine or a suspended container does. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { Instance, writeSite } from '../money/instances.ts';
import { MASTER_KEY } from '../support/gateway.ts';

const CONNECTIONS = 500;
/** Longer than clients may take for headers. */
const STOPPED_MS = 20_000;
const BODY = JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }] });

test(`a gateway that is stopped for 20 s answers the ${CONNECTIONS} requests that came meanwhile`, {
  timeout: 240_000,
}, async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, {});
  const instance = new Instance(site, 'one');
  await instance.process.until('a curl line', ({ stderr }) => /^ *(curl .*)\n/m.exec(stderr)?.[1], 90_000);
  await instance.started();

  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  t.after(() => agent.destroy());
  const headers = { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' };
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      const call = request(`${instance.url}/v1/chat/completions`, { agent, method: 'POST', headers }, (answer) =>
        answer.resume().on('end', () => resolve(String(answer.statusCode))),
      );
      call.on('error', (error) => resolve(error.message)).end(BODY);
    });
  const { child } = instance.process;
  child.kill('SIGSTOP');
  t.after(() => child.kill('SIGCONT'));
  const stoppedAtMs = performance.now();
  // They come all through the pause: the first have waited longest when it ends.
  const answers: Promise<string>[] = [];
  for (let sent = 0; sent < CONNECTIONS; sent += 1) {
    answers.push(ask());
    if (sent % 10 === 0) await wait((10 * STOPPED_MS) / CONNECTIONS);
  }
  await wait(Math.max(0, STOPPED_MS - (performance.now() - stoppedAtMs)));
  child.kill('SIGCONT');
  assert.deepEqual([...new Set(await Promise.all(answers))], ['200']);
  assert.equal(await ask(), '200', 'it goes on');
});
