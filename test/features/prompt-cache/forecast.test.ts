/** What is foretold of a provider's prompt cache is what it then bills; and it tells no caller what another sent. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type Anthropic from '@anthropic-ai/sdk';
import type { JsonObject } from '../../../src/core/json.ts';
import { COMMAND, temporaryFolder } from '../../cli/sluice-process.ts';
import { deployment, startCacheTest, words } from './fixtures.ts';

const CLAUDE = 'anthropic/claude-sonnet-5';
const HEADER = 'x-sluice-cache-forecast';
const LITELLM_REQUEST = ['current_deployment_id', 'candidate_deployment_id', 'request'];
const KEYS = {
  user_api_key_list: ['a', 'b'].map((name) => ({ api_key: `sk-key-of-${name}-0123456789`, user_id: name })),
};
const [A, B] = ['sk-key-of-a-0123456789', 'sk-key-of-b-0123456789'];

const named = (id: string, more: JsonObject = {}): JsonObject => ({
  ...deployment(`group-${id}`, CLAUDE, { prompt_cache: 'auto', api_key: `key-of-${id}`, ...more }),
  model_info: { id },
});

interface Arm {
  readonly cache_state: string;
  readonly reason: string | null;
  readonly estimate: { readonly input_cost: number; readonly tokens: Record<string, number> };
  readonly cold: Arm['estimate'];
  readonly warm: Arm['estimate'];
  readonly evidence: { readonly observed_at: number; readonly expires_at: number } | null;
}
interface Prediction {
  readonly stay: Arm;
  readonly switch: Arm;
  readonly switch_delta: number;
  readonly cache_rebuild_penalty: number;
}

async function start(context: TestContext, models: readonly JsonObject[] = [named('one'), named('two')]) {
  const started = await startCacheTest(context, models, KEYS);
  const { gateway } = started;
  const post = (path: string, body: unknown, key: string, headers: Readonly<Record<string, string>> = {}) =>
    gateway.post(path, body, { authorization: `Bearer ${key}`, ...headers });
  const predict = async (request: JsonObject, key = A): Promise<Prediction> => {
    const [current, candidate, asked] = LITELLM_REQUEST;
    const body = { [current ?? '']: 'one', [candidate ?? '']: 'two', [asked ?? '']: request };
    const answer = await post('/cost/predict-cache', body, key);
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Prediction;
  };
  return { ...started, post, predict };
}

const turns = (count: number): JsonObject[] =>
  Array.from({ length: 2 * count - 1 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: words(300, `turn${index}`),
  }));
const body = (count: number): JsonObject => ({
  model: 'group-one',
  max_tokens: 20,
  system: words(2_000),
  messages: turns(count),
});

test('a deployment that has the prompt differs from one that has not, and the estimate is what is billed', async (context) => {
  const { post, predict, seen, clock } = await start(context);
  const before = await predict(body(1));
  assert.deepEqual([before.stay.cache_state, before.switch.cache_state], ['unknown', 'unknown']);
  assert.equal(before.switch_delta, 0);
  await post('/v1/messages', body(1), A);
  const calls = seen().length;
  const after = await predict(body(2));
  assert.equal(seen().length, calls, 'no provider is called');
  assert.deepEqual([after.stay.cache_state, after.switch.cache_state], ['partial', 'unknown']);
  assert.ok(after.switch_delta > 0 && after.cache_rebuild_penalty > 0);
  assert.ok(after.stay.estimate.input_cost < after.stay.cold.input_cost);
  const { evidence } = after.stay;
  assert.ok(evidence !== null && Math.abs(evidence.expires_at - evidence.observed_at - 300) < 1);
  const { usage } = (await (await post('/v1/messages', body(2), A)).json()) as Anthropic.Message;
  const billed = [usage.cache_read_input_tokens, usage.cache_creation_input_tokens].map(Number);
  const { cache_read_input_tokens: read = 0, cache_creation_5m_input_tokens: written = 0 } = after.stay.estimate.tokens;
  // Tokens are estimated from bytes, at the ratio that the provider's own counts show.
  for (const [index, count] of [read, written].entries())
    assert.ok(Math.abs(count - (billed[index] ?? 0)) < 0.05 * (billed[0] ?? 1), `${count} and ${billed[index]}`);
  assert.equal((await predict(body(2))).stay.cache_state, 'warm');
  clock.forward(301_000);
  assert.equal((await predict(body(2))).stay.cache_state, 'stale');
});

test('asking hundreds of times changes nothing of what is done', async (context) => {
  const marks = async (asks: number): Promise<unknown> => {
    const { post, predict, sent } = await start(context);
    for (let turn = 1; turn <= 3; turn += 1) {
      for (let round = 0; round < asks; round += 1) await predict(body(turn));
      await post('/v1/messages', body(turn), A);
    }
    return sent();
  };
  assert.deepEqual(await marks(100), await marks(0));
});

test('a caller who guesses the prompt of another learns no more than about one that was never sent', async (context) => {
  const { gateway, post, predict } = await start(context);
  const others = { user: B, admin: gateway.masterKey };
  for (let round = 0; round < 12; round += 1)
    await post('/v1/messages', { ...body(2), system: words(2_000, `head${round % 6}a`) }, A);
  for (let round = 0; round < 6; round += 1) await post('/v1/messages', body(2), A);
  assert.equal((await predict(body(2), A)).stay.cache_state, 'warm');
  // Of the same length, so that all figures are the same if nothing is known of either.
  const unsent = { ...body(2), system: words(2_000, 'creek') };
  for (const [guess, like] of [
    [body(2), unsent],
    [
      { ...body(2), system: words(2_000, 'head0a') },
      { ...body(2), system: words(2_000, 'head9z') },
    ],
    [body(1), { ...body(1), system: words(2_000, 'creek') }],
    [body(3), { ...body(3), system: words(2_000, 'creek') }],
  ])
    assert.deepEqual(await predict(guess ?? {}, others.user), await predict(like ?? {}, others.user));
  assert.equal((await predict(body(2), others.admin)).stay.cache_state, 'warm', 'an admin sees all');
});

test('the header tells it of each deployment of the plan, to those who ask for it', async (context) => {
  const both = [named('one'), named('two')].map((each) => ({ ...each, model_name: 'both' }));
  const { post } = await start(context, both);
  const ask = async (headers: Readonly<Record<string, string>>, more: JsonObject = {}) => {
    const answer = await post('/v1/messages', { ...body(1), model: 'both', ...more }, A, headers);
    assert.equal(answer.status, 200);
    await answer.text();
    return { header: answer.headers.get(HEADER), served: answer.headers.get('x-litellm-model-id') ?? '' };
  };
  assert.equal((await ask({})).header, null);
  const { header, served } = await ask({ [HEADER]: 'true' }, { stream: true });
  const rows = new Map((header ?? '').split(', ').map((row) => [row.split('; ')[0] ?? '', row]));
  assert.deepEqual([...rows.keys()].toSorted(), ['one', 'two']);
  assert.match(
    rows.get(served) ?? '',
    /; state=warm; input=\d+; read=\d{4}; write=0; usd=0\.000\d+; uncached-usd=0\.0\d+$/,
  );
  assert.match(rows.get(served === 'one' ? 'two' : 'one') ?? '', /; state=cold; input=\d+; read=0; write=\d{4}; usd=/);
});

test('deployments that a key may not use are as unknown as those that are not there; wrong fields are named', async (context) => {
  const started = await startCacheTest(context, [named('one'), named('two')], {
    user_api_key_list: [{ api_key: A, user_id: 'a', models: ['group-one'] }],
  });
  const status = async (more: JsonObject): Promise<[number, string]> => {
    const asked = { current_deployment_id: 'one', candidate_deployment_id: 'one', request: body(1), ...more };
    const answer = await started.gateway.post('/cost/predict-cache', asked, { authorization: `Bearer ${A}` });
    return [answer.status, (await answer.text()).replace(/[0-9a-f-]{36}/g, '')];
  };
  assert.equal((await status({}))[0], 200);
  const denied = await status({ candidate_deployment_id: 'two' });
  assert.equal(denied[0], 422);
  assert.deepEqual(denied, await status({ candidate_deployment_id: 'three' }));
  for (const wrong of [
    { request: 7 },
    { request: {} },
    { more: 1 },
    { current_deployment_id: '' },
    { current_deployment_id: '__proto__' },
  ])
    assert.equal((await status(wrong))[0], 422, JSON.stringify(wrong));
});

test('`sluice predict cache` prints what the running gateway predicts', async (context) => {
  const { gateway, post, predict } = await start(context);
  await post('/v1/messages', body(1), gateway.masterKey);
  const run = async (input: string, ...args: string[]) => {
    const child = spawn(process.execPath, [COMMAND, 'predict', 'cache', '--port', String(gateway.port), ...args], {
      cwd: temporaryFolder(context),
      env: { PATH: process.env.PATH, LITELLM_MASTER_KEY: gateway.masterKey },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined).end(input);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { stdout, stderr, code };
  };
  const { stdout, code } = await run(JSON.stringify(body(2)), '--current', 'one', '--candidate', 'two');
  assert.equal(code, 0);
  const printed = JSON.parse(stdout) as Prediction;
  const { stay, switch: change } = await predict(body(2), gateway.masterKey);
  assert.deepEqual([printed.stay.estimate, printed.switch.estimate], [stay.estimate, change.estimate]);
  assert.equal(printed.stay.cache_state, 'partial');
  const unknown = await run(JSON.stringify(body(2)), '--current', 'one', '--candidate', 'three');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stdout, /names no deployment/);
  const [wrong, without] = [await run('{', '--current', 'one', '--candidate', 'two'), await run('{}')];
  assert.deepEqual([wrong.code, without.code, wrong.stdout, without.stdout], [2, 2, '', '']);
});
