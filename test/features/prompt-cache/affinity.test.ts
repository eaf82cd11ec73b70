/** Where conversations go: to the deployment that holds their prefix, through the front door, with true prompt caches behind. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import type { SeenRequest } from '../../../simulator/contract.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { manage, moneyConfig } from '../../money/tenants.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestRedis } from '../../support/redis.ts';
import { words } from './fixtures.ts';

const WESTS = ['one', 'two', 'three', 'four'] as const;
const CHECK = { optional_pre_call_checks: ['prompt_caching'] };

/** A deployment with an address and a key of its own: its provider's cache is its own too. */
function west(id: string, more: JsonObject = {}): JsonObject {
  const address = { api_base: `\${SIMULATOR_URL}/${id}/v1`, api_key: `key-of-${id}` };
  return {
    model_name: 'chat',
    litellm_params: { model: 'openai/gpt-4o', ...address, ...more },
    model_info: { id },
  };
}

interface World {
  readonly gateway: TestGateway;
  readonly seen: () => readonly SeenRequest[];
  readonly ask: (messages: Messages, key?: string, of?: TestGateway) => Promise<Answer>;
}

type Messages = OpenAI.ChatCompletionMessageParam[];

interface Answer {
  readonly cached: number;
  readonly callId: string;
}

async function inWorld(
  t: TestContext,
  router: JsonObject,
  more: JsonObject = {},
  params: JsonObject = {},
): Promise<World> {
  const config = moneyConfig({
    model_list: WESTS.map((id) => west(id, params)),
    router_settings: router,
    ...more,
  });
  const gateway = await startTestGateway({ config });
  t.after(() => gateway.close());
  return { gateway, seen: () => gateway.simulator.requests, ask: asker(gateway) };
}

function asker(gateway: TestGateway) {
  return async (messages: Messages, apiKey = gateway.masterKey, of = gateway): Promise<Answer> => {
    const client = new OpenAI({ apiKey, baseURL: `${of.url}/v1`, maxRetries: 0 });
    const { data, response } = await client.chat.completions
      .create({ model: 'chat', max_tokens: 10, messages })
      .withResponse();
    const callId = response.headers.get('x-litellm-call-id') ?? '';
    return { cached: data.usage?.prompt_tokens_details?.cached_tokens ?? 0, callId };
  };
}

const user = (content: string): Messages[number] => ({ role: 'user', content });
const assistant = (content: string): Messages[number] => ({ role: 'assistant', content });

async function firstReason(gateway: TestGateway, callId: string): Promise<string> {
  const { verdicts } = (await (await gateway.get(`/route/${callId}`)).json()) as {
    readonly verdicts: readonly { readonly reason: string }[];
  };
  return verdicts[0]?.reason ?? '';
}

const countsOf = (requests: readonly SeenRequest[]): readonly number[] =>
  WESTS.map((id) => requests.filter(({ deployment }) => deployment === id).length);

test('each conversation stays at one of four deployments, reads its prompt from the cache, and all share the load', async (t) => {
  const { gateway, ask, seen } = await inWorld(t, CHECK);
  const conversations = Array.from({ length: 20 }, (_, index): Messages => [user(words(1_500, `topic${index}`))]);
  let last: Answer | undefined;
  for (let turn = 0; turn < 4; turn += 1) {
    for (const [index, messages] of conversations.entries()) {
      const before = seen().length;
      last = await ask(messages);
      const home = seen()[before]?.deployment;
      const first = seen()[index]?.deployment;
      assert.equal(home, first, `turn ${turn} of conversation ${index}`);
      if (turn > 0) assert.ok(last.cached >= 1_000, `${last.cached}`);
      messages.push(assistant('Yes.'), user(words(100, `more${turn}`)));
    }
  }
  assert.ok(Math.max(...countsOf(seen())) <= 1.1 * 20, `${countsOf(seen())}`);
  assert.match(await firstReason(gateway, last?.callId ?? ''), /^holds the prefix, about \d+ tokens$/);
});

test('off, no prompt is looked at; on by itself where marks are; and `prefix_affinity` has the last word', async (t) => {
  const reasonUnder = async (router: JsonObject, params: JsonObject = {}): Promise<string> => {
    const { gateway, ask } = await inWorld(t, router, {}, params);
    await ask([user(words(1_500))]);
    return firstReason(gateway, (await ask([user(words(1_600))])).callId);
  };
  const held = /^holds the prefix/;
  assert.match(await reasonUnder({}), /^random/);
  assert.match(await reasonUnder({}, { prompt_cache: 'auto' }), held);
  assert.match(await reasonUnder({ prefix_affinity: true }), held);
  assert.match(await reasonUnder({ ...CHECK, prefix_affinity: false }), /^random/);
  assert.match(await reasonUnder({ prefix_affinity: false }, { prompt_cache: 'auto' }), /^random/);
});

test('a conversation leaves a deployment that fails, and stays where it was answered then', async (t) => {
  const { gateway, ask, seen } = await inWorld(t, { ...CHECK, num_retries: 2, retry_after: 0, cooldown_time: 60 });
  const messages: Messages = [user(words(1_500))];
  await ask(messages);
  const home = seen()[0]?.deployment ?? '';
  const broken = gateway.simulator.script({ match: { deployment: home }, fault: '500' });
  const answers: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    messages.push(assistant('Yes.'), user(words(50)));
    await ask(messages);
    answers.push(seen().at(-1)?.deployment ?? '');
  }
  assert.ok(!answers.includes(home), `${answers} without ${home}`);
  assert.equal(new Set(answers).size, 1, `${answers}`);
  broken.remove();
});

test('requests that share their instructions spread over all deployments when many come at once', async (t) => {
  const { gateway, ask, seen } = await inWorld(t, CHECK);
  gateway.simulator.script({ match: {}, fault: 'first-token-after-0.3' });
  const system: Messages[number] = { role: 'system', content: words(2_000) };
  await Promise.all(Array.from({ length: 80 }, (_, index) => ask([system, user(`Question ${index}?`)])));
  const counts = countsOf(seen());
  assert.ok(Math.max(...counts) <= 1.1 * 20 + 1, `${counts}`);
});

test('with `partition` the prompts of one team draw none of another, and keys of one team share', async (t) => {
  const { gateway, ask } = await inWorld(t, CHECK, { litellm_settings: { prompt_cache_isolation: 'partition' } });
  for (const team_id of ['a', 'b']) await manage(gateway, '/team/new', { team_id });
  const keyOf = async (team_id: string) => String((await manage(gateway, '/key/generate', { team_id })).key);
  const [first, colleague, stranger] = [await keyOf('a'), await keyOf('a'), await keyOf('b')];
  const prompt: Messages = [user(words(1_500))];
  await ask(prompt, first);
  const reasons: string[] = [];
  for (const key of [stranger, colleague]) reasons.push(await firstReason(gateway, (await ask(prompt, key)).callId));
  assert.match(reasons[0] ?? '', /^no deployment holds the prefix/);
  assert.match(reasons[1] ?? '', /^holds the prefix/);
});

test('two instances share over Redis where prefixes are held, and each goes on alone, no slower, when Redis freezes or dies', async (t) => {
  const redis = await startTestRedis();
  const config = moneyConfig({
    model_list: WESTS.map((id) => west(id)),
    router_settings: { ...CHECK, redis_url: redis.url },
  });
  const one = await startTestGateway({ config });
  const two = await startTestGateway({ config, env: { SIMULATOR_URL: one.simulator.url } });
  let isOpen = true;
  const closeRedis = async () => {
    if (isOpen) await redis.close();
    isOpen = false;
  };
  t.after(async () => {
    await Promise.all([one.close(), two.close()]);
    await closeRedis();
  });
  const up = async (gateway: TestGateway) => {
    const deadline = performance.now() + 8_000;
    while (!/^sluice_redis_up 1$/m.test(await (await gateway.get('/metrics')).text())) {
      assert.ok(performance.now() < deadline, 'Redis is up');
      await wait(20);
    }
  };
  await Promise.all([up(one), up(two)]);
  const ask = asker(one);
  const converse = async (index: number) => {
    const messages: Messages = [user(words(1_500, `topic${index}`))];
    const homes: (string | undefined)[] = [];
    for (const gateway of [one, two, two, one]) {
      await ask(messages, one.masterKey, gateway);
      homes.push(one.simulator.requests.at(-1)?.deployment);
      messages.push(assistant('Yes.'), user(words(60)));
      await wait(150);
    }
    return homes;
  };
  for (let index = 0; index < 6; index += 1) {
    const homes = await converse(index);
    assert.equal(new Set(homes).size, 1, `${homes}`);
  }
  const timeOf = async (turns: Messages): Promise<number> => {
    const startedMs = performance.now();
    await ask(turns);
    return performance.now() - startedMs;
  };
  const frozen: Messages = [user(words(1_500, 'frozen'))];
  redis.freeze();
  // Budgets are counted in the same Redis: the first request that finds it silent may wait for it, as limits want it.
  await timeOf(frozen);
  const times: number[] = [];
  const places: (string | undefined)[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    times.push(await timeOf(frozen));
    places.push(one.simulator.requests.at(-1)?.deployment);
    frozen.push(assistant('Yes.'), user(words(60)));
  }
  redis.thaw();
  assert.ok(Math.max(...times) < 1_000, `${times}`);
  assert.equal(new Set(places).size, 1, `${places}`);
  await closeRedis();
  const messages: Messages = [user(words(1_500, 'after'))];
  const homes: (string | undefined)[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await ask(messages);
    homes.push(one.simulator.requests.at(-1)?.deployment);
    messages.push(assistant('Yes.'), user(words(60)));
  }
  assert.equal(new Set(homes).size, 1, `${homes}`);
});
