/** The configuration is swapped, the process is drained, killed, ends: nothing under way is lost or left behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ask as askProcess, CONFIG_ENV, simulatorFor, writeConfig } from '../cli/simulated-config.ts';
import { SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { request } from '../security/raw.ts';
import { ask, assertClearFailure, assertWhole, faultConfig, startFaultGateway } from './support.ts';

const SLOW = 'oai/gpt-4o+tokens-30+latency-50-20';

test('forty reloads during two hundred requests: none fails, streams keep the configuration they began with', {
  timeout: 60_000,
}, async (context) => {
  const gateway = await startFaultGateway();
  context.after(() => gateway.close());
  const configs = [faultConfig(), faultConfig([], { router_settings: { timeout: 9 } })];
  let isOver = false;
  const reloading = (async () => {
    for (let round = 0; !isOver; round += 1) {
      gateway.reload(configs[round % 2] ?? '');
      await wait(15);
    }
  })();
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      await wait(at * 3);
      return await ask(
        gateway,
        at % 2 === 0 ? 'openai' : 'anthropic',
        at % 3 === 0 ? SLOW : 'ant/claude-sonnet-4-5',
        at % 4 !== 0,
      );
    }),
  );
  isOver = true;
  await reloading;
  for (const seen of answers) assertWhole(seen);
});

test('a model that is removed answers 400 from then on, and the stream that runs ends whole', {
  timeout: 20_000,
}, async (context) => {
  const gateway = await startFaultGateway();
  context.after(() => gateway.close());
  const running = ask(gateway, 'openai', SLOW, true);
  await wait(150);
  const without = JSON.parse(faultConfig()) as { model_list: { model_name: string }[] };
  without.model_list = without.model_list.filter(({ model_name }) => model_name !== 'oai/*');
  gateway.reload(JSON.stringify(without));
  assert.equal((await ask(gateway, 'openai', SLOW, true)).status, 400);
  assertWhole(await running);
  assert.throws(() => gateway.reload('model_list: [{ nonsense'), /does not load/);
  assertWhole(await ask(gateway, 'openai', 'ant/claude-sonnet-4-5', false));
});

test('the last request before the end has its line: settled by estimate, then closed at once', {
  timeout: 20_000,
}, async () => {
  for (let round = 0; round < 3; round += 1) {
    const gateway = await startFaultGateway();
    const seen = await ask(gateway, 'openai', 'oai/gpt-4o+fault-reset-after-10-of-40', true);
    assertClearFailure(seen);
    const lines = await gateway.close();
    const own = lines.filter((line) => line.includes(seen.callId));
    assert.equal(own.length, 1, 'one line');
    assert.match(own[0] ?? '', /"usage_estimated":true/);
  }
});

test('a large answer that is still on its way to a slow reader is not cut by a drain', {
  timeout: 30_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const simulator = await simulatorFor(context);
  const config = writeConfig(cwd, simulator, { large: 'gpt-4o+fault-huge-event-20' });
  const sluice = new SluiceProcess(context, {
    cwd,
    args: ['--config', config, '--host', '127.0.0.1', '--port', '0'],
    env: CONFIG_ENV,
  });
  const { port } = new URL(await sluice.url());
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  socket.on('error', () => {});
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  const body = JSON.stringify({ model: 'large', messages: [{ role: 'user', content: 'hi' }] });
  socket.pause();
  socket.write(request('POST /v1/chat/completions', { authorization: `Bearer ${CONFIG_ENV.TEST_MASTER_KEY}` }, body));
  await sluice.until('the books', ({ stdout }) => (stdout.includes('"outcome":"success"') ? true : undefined));
  sluice.kill('SIGTERM');
  await wait(500);
  let received = 0;
  let head = '';
  socket.on('data', (chunk) => {
    received += chunk.length;
    if (head.length < 2_000) head += chunk.toString('latin1');
  });
  socket.resume();
  await once(socket, 'close');
  const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
  assert.ok(length > 20_000_000);
  assert.ok(received > length, `${received} of ${length} bytes came`);
  assert.equal((await sluice.ended).code, 0);
});

test('killed in the middle of streams, it starts again over the same data folder with the same key', {
  timeout: 60_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const simulator = await simulatorFor(context);
  const config = writeConfig(cwd, simulator, { slow: 'gpt-4o+tokens-400+latency-20-20', quick: 'gpt-4o' });
  const start = () =>
    new SluiceProcess(context, {
      cwd,
      args: ['--config', config, '--host', '127.0.0.1', '--port', '0'],
      env: CONFIG_ENV,
    });
  for (let round = 0; round < 3; round += 1) {
    const sluice = start();
    const url = await sluice.url();
    assert.equal((await askProcess(url, 'quick')).status, 200);
    const responses = await Promise.all(Array.from({ length: 5 }, () => askProcess(url, 'slow', true)));
    sluice.kill('SIGKILL');
    assert.equal((await sluice.ended).signal, 'SIGKILL');
    for (const response of responses) {
      const text = await response.text().catch(() => 'broken');
      assert.doesNotMatch(text, /\[DONE\]/);
    }
  }
});

test('after faults of every kind a process that closes its gateway ends by itself', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ends-by-itself.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  assert.deepEqual([code, signal], [0, null], text);
  assert.match(text, /closed\n$/);
});
