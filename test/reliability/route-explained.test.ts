/** Why a request went where it went, and where one would go: through the front door and the real command. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import type { RouteForecast } from '../../src/pipeline/diagnosis/explain-route.ts';
import { ask, CONFIG_ENV, simulatorFor, writeConfig } from '../cli/simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { PROVIDER_KEY } from '../support/gateway.ts';
import { ALONE, inWorld, PLAIN } from './world.ts';

interface Told {
  readonly call_id: string;
  readonly group: string;
  readonly model: string;
  readonly status: number;
  readonly error: string | null;
  readonly verdicts: readonly { place: number | null; deployment: string; model: string | null; reason: string }[];
  readonly fallbacks: readonly { group: string; verdicts: Told['verdicts'] }[];
  readonly attempts: readonly {
    group: string;
    deployment: string;
    outcome: string;
    error: string | null;
    status: number | null;
    waited_ms: number;
    duration_ms: number;
  }[];
}

test('a request that fell back is explained under its call id, without keys, addresses or prompts', async () => {
  await inWorld({ ...PLAIN, router: { num_retries: 1 }, faults: { west: '500' } }, async ({ gateway, ask: send }) => {
    const { callId } = await send({ prompt: 'Say: a private canary prompt' });
    const response = await gateway.get(`/route/${callId}`);
    assert.equal(response.status, 200);
    const text = await response.text();
    const told = JSON.parse(text) as Told;
    assert.equal(told.call_id, callId);
    assert.equal(told.group, 'chat');
    assert.equal(told.status, 200);
    assert.equal(told.error, null);
    assert.deepEqual(
      told.verdicts.map(({ place, deployment }) => [place, deployment]),
      [[1, 'west']],
    );
    assert.deepEqual(
      told.fallbacks.map(({ group }) => group),
      ['backup'],
    );
    const last = told.attempts.at(-1);
    assert.deepEqual([last?.group, last?.deployment, last?.outcome, last?.status], ['backup', 'east', 'success', 200]);
    const [first, second] = told.attempts;
    assert.deepEqual([first?.group, first?.outcome, first?.error], ['chat', 'failure', 'InternalServerError']);
    assert.ok((second?.waited_ms ?? 0) > 0, 'the wait before the retry is shown');
    for (const secret of [PROVIDER_KEY, gateway.masterKey, 'canary', 'http', '127.0.0.1']) {
      assert.ok(!text.includes(secret), secret);
    }
  });
});

test('a deployment that rests is named with its cooldown, and only the administrator may ask', async () => {
  const router = { num_retries: 0, allowed_fails: 0, cooldown_time: 60 };
  await inWorld({ ...ALONE, router, faults: { west: '500' } }, async ({ gateway, ask: send }) => {
    await send();
    const refused = await send();
    assert.ok(refused.status >= 429);
    const told = (await (await gateway.get(`/route/${refused.callId}`)).json()) as Told;
    assert.deepEqual(told.attempts, []);
    assert.match(told.verdicts[0]?.reason ?? '', /^cooling down for \d+\.\d s$/);
    assert.equal(told.verdicts[0]?.place, null);
    assert.ok(told.error);
    assert.equal((await gateway.get(`/route/${refused.callId}`, {})).status, 401);
    assert.equal((await gateway.get('/route/00000000-0000-0000-0000-000000000000')).status, 404);
  });
});

test('sluice route says where a request would go and calls no provider', async (context) => {
  const cwd = temporaryFolder(context);
  const simulator = await startSimulator();
  context.after(() => simulator.close());
  const file = join(cwd, 'config.yaml');
  const entry = (group: string, id: string, params: object, info: object = {}) => ({
    model_name: group,
    litellm_params: { model: 'openai/gpt-4o', api_base: simulator.url, api_key: 'os.environ/SIMULATOR_KEY', ...params },
    model_info: { id, ...info },
  });
  writeFileSync(
    file,
    JSON.stringify({
      model_list: [
        entry('chat', 'first', { order: 1, timeout: 20 }, { max_input_tokens: 100_000 }),
        entry('chat', 'second', { order: 2 }, { max_input_tokens: 50 }),
        entry('other', 'third', {}, { max_input_tokens: 100_000 }),
      ],
      litellm_settings: { fallbacks: [{ chat: ['other'] }] },
      router_settings: {
        enable_pre_call_checks: true,
        num_retries: 3,
        retry_policy: { RateLimitErrorRetries: 1 },
        model_group_alias: { house: 'chat' },
      },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  );
  const prompt = join(cwd, 'prompt.txt');
  writeFileSync(prompt, 'word '.repeat(300));
  const run = (...args: string[]) => runSluice(context, { cwd, env: CONFIG_ENV, args: ['route', file, ...args] });

  const told = await run('--model', 'house', '--prompt-file', prompt);
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, /^house → chat: simple-shuffle, a prompt of \d+ tokens at most\n/);
  assert.match(told.stdout, /1\. {2}first .*openai\/gpt-4o .*\n {2}– {3}second .*context window 50 < \d+/);
  assert.match(told.stdout, /Then the fallback group other\n {2}1\. {2}third/);
  assert.match(told.stdout, /Further tries: 3 in the group \(1 on RateLimitError\), 1 in each fallback group/);
  assert.match(told.stdout, /Time limits at first: first content 20 s/);
  assert.ok(!told.stdout.includes(simulator.url));

  const body = join(cwd, 'body.json');
  writeFileSync(body, JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], num_retries: 0, fallbacks: [] }));
  const json = await run('--model', 'chat', '--prompt-file', body, '--stream', '--json');
  const forecast = JSON.parse(json.stdout) as RouteForecast;
  assert.equal(forecast.stream, true);
  assert.equal(forecast.retries.num_retries, 0);
  assert.deepEqual(
    forecast.verdicts.map(({ place, deployment }) => [place, deployment]),
    [
      [1, 'first'],
      [2, 'second'],
    ],
  );

  const unknown = await run('--model', 'chatt');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^No group serves chatt\. Did you mean chat\?$/m);
  assert.equal((await run('--model', 'chat', '--prompt-file', join(cwd, 'none'))).code, 2);
  assert.equal((await run()).code, 2);
  assert.equal(simulator.requests.length, 0);
});

test('sluice route --call-id asks the running gateway, whichever of its workers had the request', async (context) => {
  const cwd = temporaryFolder(context);
  const config = writeConfig(cwd, await simulatorFor(context), { 'gpt-4o': 'gpt-4o' });
  const args = ['--config', config, '--host', '127.0.0.1'];
  const sluice = new SluiceProcess(context, {
    cwd,
    args: [...args, '--port', '0', '--num_workers', '2', '--unshared-limits'],
    env: CONFIG_ENV,
  });
  const url = await sluice.url();
  const answered = await ask(url, 'gpt-4o');
  await answered.text();
  const callId = answered.headers.get('x-litellm-call-id') ?? '';
  const run = (id: string) =>
    runSluice(context, {
      cwd,
      env: CONFIG_ENV,
      args: ['route', ...args, '--port', new URL(url).port, '--call-id', id],
    });
  const headers = { authorization: `Bearer ${CONFIG_ENV.TEST_MASTER_KEY}`, connection: 'close' };
  for (let count = 0; count < 8; count++) {
    const response = await fetch(`${url}/route/${callId}`, { headers });
    assert.equal(response.status, 200, await response.text());
  }
  const told = await run(callId);
  assert.equal(told.code, 0, told.stderr);
  const { attempts, group } = JSON.parse(told.stdout) as Told;
  assert.equal(group, 'gpt-4o');
  assert.deepEqual(
    attempts.map(({ outcome }) => outcome),
    ['success'],
  );
  assert.equal((await run('nobody')).code, 1);
});
