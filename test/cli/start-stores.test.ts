/** Starts whose Redis or Postgres does not answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/redis.ts';
import { ask, CONFIG_ENV, simulatorFor } from './simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

async function site(
  context: TestContext,
  settings: { readonly general_settings?: object; readonly router_settings?: object },
): Promise<{ cwd: string; args: string[] }> {
  const cwd = temporaryFolder(context);
  const model = { model: 'openai/gpt-4o', api_base: await simulatorFor(context), api_key: 'k' };
  const config = join(cwd, 'config.yaml');
  writeFileSync(
    config,
    JSON.stringify(
      {
        model_list: [{ model_name: 'quick', litellm_params: model }],
        ...settings,
        general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...settings.general_settings },
      },
      undefined,
      1,
    ),
  );
  return { cwd, args: ['--host', '127.0.0.1', '--port', '0', '--config', config] };
}

test('a Redis that accepts and says nothing delays a start by its limit, which says so and serves', async (context) => {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const settings = { redis_host: '127.0.0.1', redis_port: port, redis_connect_timeout: 0.5 };
  const sluice = new SluiceProcess(context, {
    ...(await site(context, { router_settings: settings })),
    env: CONFIG_ENV,
  });
  const url = await sluice.url();
  const said = /"waited_ms":500.*Redis did not answer before the start/;
  await sluice.until('the log line', ({ stdout }) => (said.test(stdout) ? true : undefined));
  assert.equal((await ask(url, 'quick')).status, 200);
});

test('a Postgres that was never reached makes an instance unready, which serves what it can', async (context) => {
  const general = { database_url: `postgresql://u:p@127.0.0.1:${await freePort()}/d` };
  const sluice = new SluiceProcess(context, {
    ...(await site(context, { general_settings: general })),
    env: CONFIG_ENV,
  });
  const url = await sluice.url();
  const readiness = await fetch(`${url}/health/readiness`);
  assert.equal(readiness.status, 503);
  assert.deepEqual(await readiness.json(), {
    status: 'waiting for the database',
    db: 'Not connected',
    cache: null,
    success_callbacks: [],
  });
  assert.equal((await fetch(`${url}/health/liveliness`)).status, 200);
});

test('a database or a Redis that names an unset variable ends the start at its line', async (context) => {
  for (const [section, name] of [
    ['general_settings', 'database_url'],
    ['router_settings', 'redis_host'],
    ['router_settings', 'redis_url'],
  ] as const) {
    const start = await site(context, { [section]: { [name]: 'os.environ/NOT_SET' } });
    const { code, stderr } = await runSluice(context, { ...start, env: CONFIG_ENV });
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      new RegExp(`config\\.yaml:\\d+:\\d+.*"NOT_SET" is not set, but ${section}\\.${name} needs it`),
    );
  }
});
