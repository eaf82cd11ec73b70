import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ask, CONFIG_ENV, simulatorFor, writeConfig } from './simulated-config.ts';
import { SluiceProcess, temporaryFolder } from './sluice-process.ts';

const GROUPS = { quick: 'gpt-4o', slow: 'gpt-4o+tokens-40+latency-50-50', endless: 'gpt-4o+tokens-4000+latency-50-50' };

async function started(
  context: TestContext,
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<SluiceProcess> {
  const cwd = temporaryFolder(context);
  const config = writeConfig(cwd, await simulatorFor(context), GROUPS);
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0', ...flags];
  return new SluiceProcess(context, { cwd, args, env: { ...CONFIG_ENV, ...env } });
}

/** A stream whose first bytes have come, and the text of the rest. */
async function begun(url: string, model: string): Promise<() => Promise<string>> {
  const response = await ask(url, model, true);
  assert.equal(response.status, 200);
  const reader = response.body?.getReader();
  assert.ok(reader);
  const decoder = new TextDecoder();
  let text = decoder.decode((await reader.read()).value, { stream: true });
  return async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
  };
}

test('SIGTERM lets a running stream end whole, takes nothing new, and ends with 0', async (context) => {
  const sluice = await started(context);
  const url = await sluice.url();
  const rest = await begun(url, 'slow');
  sluice.kill('SIGTERM');
  await sluice.until('draining', ({ stdout }) => (stdout.includes('"Draining"') ? true : undefined));
  await assert.rejects(ask(url, 'quick'), 'a new connection is refused');
  assert.match(await rest(), /data: \[DONE\]\n\n$/);
  const { code, signal } = await sluice.ended;
  assert.deepEqual([code, signal], [0, null]);
});

test('before a drain with a delay readiness is 503 while requests are still taken, each on a last connection', async (context) => {
  const sluice = await started(context, {}, ['--drain_delay', '3']);
  const url = await sluice.url();
  assert.equal((await fetch(`${url}/health/readiness`)).status, 200);
  sluice.kill('SIGTERM');
  await sluice.until('draining', ({ stdout }) => (stdout.includes('"Draining"') ? true : undefined));
  const readiness = await fetch(`${url}/health/readiness`);
  assert.deepEqual([readiness.status, readiness.headers.get('connection')], [503, 'close']);
  assert.equal(((await readiness.json()) as { status: string }).status, 'draining');
  for (const isStream of [false, true]) {
    const answer = await ask(url, 'quick', isStream);
    assert.deepEqual([answer.status, answer.headers.get('connection')], [200, 'close'], await answer.text());
  }
  const { code, signal } = await sluice.ended;
  assert.deepEqual([code, signal], [0, null]);
});

test('an idle gateway stops at once on SIGINT, with 0', async (context) => {
  const sluice = await started(context, {}, ['--drain_delay', '60']);
  await sluice.url();
  const since = performance.now();
  sluice.kill('SIGINT');
  assert.equal((await sluice.ended).code, 0);
  assert.ok(performance.now() - since < 5000);
});

test('what outlasts GRACEFUL_SHUTDOWN_TIMEOUT is cut, and not closed as if it were whole', async (context) => {
  const sluice = await started(context, { GRACEFUL_SHUTDOWN_TIMEOUT: '1' });
  const rest = await begun(await sluice.url(), 'endless');
  sluice.kill('SIGTERM');
  const ending = rest().then(
    (text) => text,
    () => 'cut',
  );
  assert.equal((await sluice.ended).code, 0);
  assert.doesNotMatch(await ending, /\[DONE\]/);
});

test('a second signal ends the process at once', async (context) => {
  const sluice = await started(context);
  const rest = await begun(await sluice.url(), 'endless');
  const ending = assert.rejects(rest());
  sluice.kill('SIGTERM');
  await sluice.until('draining', ({ stdout }) => (stdout.includes('"Draining"') ? true : undefined));
  // Two deliveries of one press come close together; this is a second press.
  await new Promise((resolve) => setTimeout(resolve, 700));
  const since = performance.now();
  sluice.kill('SIGTERM');
  assert.equal((await sluice.ended).code, 1);
  assert.ok(performance.now() - since < 3000);
  await ending;
});

test('npm start hands SIGTERM on: the gateway drains, and npm ends with 0 after it', async (context) => {
  const cwd = join(import.meta.dirname, '..', '..');
  const data = temporaryFolder(context);
  const config = writeConfig(data, await simulatorFor(context), GROUPS);
  const args = ['start', '--', '--config', config, '--host', '127.0.0.1', '--port', '0'];
  const env = { ...CONFIG_ENV, SLUICE_DATA_DIR: data, HOME: data };
  const sluice = new SluiceProcess(context, { cwd, command: 'npm', args, env });
  const rest = await begun(await sluice.url(), 'slow');
  sluice.kill('SIGTERM');
  assert.match(await rest(), /data: \[DONE\]\n\n$/);
  assert.equal((await sluice.ended).code, 0);
});
