/** What a tenant may try against the budgets and limits that hold it: none of it may get through. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { billedUsd } from '../money/race.ts';
import { ask, manage, moneyConfig, PRICES, priced, startMoneyGateway } from '../money/tenants.ts';
import type { TestGateway } from '../support/gateway.ts';

const TIMEOUT = { timeout: 60_000 };
/** USD. Pays for some 600 tokens of answer. */
const SMALL_BUDGET = 0.01;

/** Twice the standard price. */
const DEARER_TIER = { input_cost_per_token_priority: 0.000006, output_cost_per_token_priority: 0.00003 };

/** Shapes of requests whose cost is far more than it looks: the name of each, its path and what is sent besides the model. */
const DISGUISED: readonly (readonly [name: string, path: string, body: JsonObject])[] = [
  ['many choices', '/v1/chat/completions', { n: 128, max_tokens: 1_000 }],
  ['more choices than most providers make', '/v1/chat/completions', { n: 5_000, max_tokens: 2 }],
  ['a number of choices in quotes', '/v1/chat/completions', { n: '128', max_tokens: 1_000 }],
  ['a small limit beside a large one', '/v1/chat/completions', { max_completion_tokens: 1, max_tokens: 500_000 }],
  ['a large limit beside a small one', '/v1/chat/completions', { max_completion_tokens: 500_000, max_tokens: 1 }],
  ['a large limit in quotes', '/v1/chat/completions', { max_completion_tokens: '500000', max_tokens: 1 }],
  ['a limit below nothing', '/v1/chat/completions', { max_tokens: -1 }],
  ['a limit of nothing', '/v1/chat/completions', { max_tokens: 0 }],
  ['a limit beside one below nothing', '/v1/chat/completions', { max_completion_tokens: -1, max_tokens: 1 }],
  ['a limit beyond every number', '/v1/chat/completions', { max_tokens: 1e308 }],
  ['many prompts at once', '/v1/completions', { prompt: Array.from({ length: 500 }, () => 'hi'), max_tokens: 20 }],
  ['many prompts as tokens', '/v1/completions', { prompt: Array.from({ length: 500 }, () => [1, 2]), max_tokens: 20 }],
  ['the best of many', '/v1/completions', { prompt: 'hi', best_of: 100, max_tokens: 1_000 }],
  ['the path of Azure', '/openai/deployments/long/chat/completions', { n: 100, max_tokens: 1_000 }],
  ['a path without its version', '/chat/completions', { n: 100, max_tokens: 1_000 }],
  ['a dearer tier', '/v1/chat/completions', { service_tier: 'priority', max_tokens: 500 }],
  ['Anthropic’s messages', '/v1/messages', { max_tokens: 500_000 }],
];

const MESSAGES = '"messages":[{"role":"user","content":"Tell me of rivers."}]';

/** The same, where it takes more than values to look harmless: whole bodies. */
const SPELLED: readonly (readonly [name: string, body: string])[] = [
  ['a limit given twice', `{"model":"long",${MESSAGES},"max_tokens":1,"max_tokens":500000}`],
  ['a limit given twice the other way', `{"model":"long",${MESSAGES},"max_tokens":500000,"max_tokens":1}`],
  ['a limit whose name is escaped', `{"model":"long",${MESSAGES},"max_tokens":1,"m\\u0061x_tokens":500000}`],
  ['choices whose name is escaped', `{"model":"long",${MESSAGES},"max_tokens":100,"\\u006e":100}`],
  ['choices given twice', `{"model":"long",${MESSAGES},"max_tokens":100,"n":1,"n":100}`],
  ['choices with an exponent', `{"model":"long",${MESSAGES},"max_tokens":100,"n":1e2}`],
];

describe('a strict budget', TIMEOUT, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      model_list: [
        priced('long', 50_000, DEARER_TIER, { max_output_tokens: 1_000_000 }),
        priced('instruct', 50_000, {}, { max_output_tokens: 1_000_000, mode: 'completion' }),
      ],
      budget_settings: { mode: 'strict' },
    });
  });
  after(() => gateway.close());

  const cases = [
    ...DISGUISED.map(([name, path, body]) => {
      const messages = [{ role: 'user', content: 'Tell me of rivers.' }];
      const sent = 'prompt' in body ? { model: 'instruct', ...body } : { model: 'long', messages, ...body };
      return [name, path, JSON.stringify(sent)] as const;
    }),
    ...SPELLED.map(([name, body]) => [name, '/v1/chat/completions', body] as const),
  ];
  for (const [name, path, sent] of cases) {
    test(`is not exceeded by ${name}`, async () => {
      const { key } = await manage(gateway, '/key/generate', { max_budget: SMALL_BUDGET });
      const before = gateway.simulator.requests.length;
      const answer = await gateway.post(path, sent, { authorization: `Bearer ${String(key)}` });
      const text = await answer.text();
      assert.ok(answer.status < 500, `${answer.status} ${text.slice(0, 300)}`);
      for (const { billed, body: upstream } of gateway.simulator.requests.slice(before)) {
        const { promptTokens = 0, completionTokens = 0 } = billed ?? {};
        const cost = promptTokens * PRICES.input_cost_per_token + completionTokens * PRICES.output_cost_per_token;
        assert.ok(cost <= SMALL_BUDGET, `${cost} USD were billed for ${JSON.stringify(upstream).slice(0, 200)}`);
        assert.ok(dearest(upstream as JsonObject) <= SMALL_BUDGET, JSON.stringify(upstream).slice(0, 300));
      }
    });
  }
});

describe('an admin of a team', TIMEOUT, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({});
    await manage(gateway, '/organization/new', { organization_id: 'other', organization_alias: 'Other' });
    await manage(gateway, '/team/new', { team_id: 'own' });
    await manage(gateway, '/team/new', { team_id: 'foreign', organization_id: 'other' });
    await manage(gateway, '/user/new', { user_id: 'root', user_role: 'proxy_admin' });
    await manage(gateway, '/user/new', { user_id: 'olga', user_role: 'internal_user' });
    const admin = { user_id: 'olga', role: 'org_admin' };
    await manage(gateway, '/organization/member_add', { organization_id: 'other', member: admin });
  });
  after(() => gateway.close());

  const REACH: readonly (readonly [path: string, body?: JsonObject])[] = [
    ['/user/list'],
    ['/audit'],
    ['/team/info?team_id=foreign'],
    ['/organization/info?organization_id=other'],
    ['/user/info?user_id=root'],
    ['/user/info?user_id=olga'],
    ['/key/generate', { team_id: 'foreign' }],
    ['/key/generate', {}],
    ['/team/update', { team_id: 'foreign', max_budget: 1 }],
    ['/user/new', { user_role: 'proxy_admin' }],
  ];

  for (const victim of ['root', 'olga']) {
    test(`gets no rights of ${victim} by keys that it makes or rotates for this member`, async () => {
      const admin = `admin-beside-${victim}`;
      const { key: adminKey } = await manage(gateway, '/user/new', { user_id: admin, user_role: 'internal_user' });
      await manage(gateway, '/team/member_add', { team_id: 'own', member: { user_id: admin, role: 'admin' } });
      const as = (key: unknown) => ({ authorization: `Bearer ${String(key)}` });
      const post = async (path: string, body: JsonObject, key: unknown): Promise<JsonObject> =>
        (await (await gateway.post(path, body, as(key))).json()) as JsonObject;
      await post('/team/member_add', { team_id: 'own', member: { user_id: victim, role: 'user' } }, adminKey);
      const made = await post('/key/generate', { team_id: 'own', user_id: victim }, adminKey);
      const theirs = await manage(gateway, '/key/generate', { team_id: 'own', user_id: victim });
      const rotated = await post('/key/regenerate', { key: theirs.token ?? null }, adminKey);
      for (const key of [made.key, rotated.key]) {
        assert.equal(typeof key, 'string', JSON.stringify([made, rotated]));
        for (const [path, body] of REACH) {
          const response = await (body === undefined ? gateway.get(path, as(key)) : gateway.post(path, body, as(key)));
          assert.ok([401, 403, 404].includes(response.status), `${path}: ${response.status} ${await response.text()}`);
        }
        const messages = [{ role: 'user', content: 'hi' }];
        const answer = await gateway.post('/v1/chat/completions', { model: 'm', messages }, as(key));
        assert.equal(answer.status, 200, await answer.text());
      }
      // With a new text that only its user was given, it is the user's own again.
      const own = await manage(gateway, '/key/regenerate', { key: rotated.token ?? null });
      const seen = await gateway.get('/team/info?team_id=foreign', as(own.key));
      assert.equal(seen.status, 200, await seen.text());
    });
  }
});

describe('a management request', TIMEOUT, () => {
  test('that takes its time is no longer answered once its key is gone', async (t) => {
    const gateway = await startMoneyGateway({});
    t.after(() => gateway.close());
    await manage(gateway, '/user/new', { user_id: 'dismissed', user_role: 'proxy_admin', auto_create_key: false });
    const { key } = await manage(gateway, '/key/generate', { user_id: 'dismissed' });
    const body = JSON.stringify({ user_id: 'made-too-late' });
    const socket = connect(gateway.port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    const head = `POST /user/new HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${String(key)}\r\n`;
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`);
    await wait(200);
    await manage(gateway, '/key/delete', { keys: [String(key)] });
    socket.write(body.slice(5));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(String(answer), /^HTTP\/1\.1 401 /);
    assert.equal((await gateway.get('/user/info?user_id=made-too-late')).status, 404);
  });
});

describe('another configuration', TIMEOUT, () => {
  test('leaves what was counted and what is under way as it was', async (t) => {
    const config = (perMinute: number): JsonObject => ({
      user_api_key_list: [
        { api_key: 'of-the-file', rpm_limit: perMinute },
        { api_key: 'one-at-a-time', max_parallel_requests: 1 },
        { api_key: 'three-answers', max_budget: 0.005 },
      ],
      model_list: [priced('m', 100), priced('slow', 20, { model: 'openai/sim-tokens-20+latency-1000-5' })],
      budget_settings: { mode: 'strict' },
    });
    const gateway = await startMoneyGateway(config(4));
    t.after(() => gateway.close());
    const made = String((await manage(gateway, '/key/generate', { rpm_limit: 4 })).key);
    const statuses = async (key: string, count: number, more: JsonObject = {}): Promise<number[]> => {
      const found: number[] = [];
      for (let number = 0; number < count; number++) found.push((await ask(gateway, key, more)).status);
      return found;
    };
    for (const key of ['of-the-file', made]) assert.deepEqual(await statuses(key, 3), [200, 200, 200]);
    assert.deepEqual(await statuses('three-answers', 2, { max_tokens: 100 }), [200, 200]);
    const slow = ask(gateway, 'one-at-a-time', { model: 'slow' });
    await wait(200);
    gateway.reload(moneyConfig({ ...config(4), litellm_settings: { drop_params: true, request_timeout: 77 } }));
    assert.deepEqual(await statuses('one-at-a-time', 1), [429]);
    for (const key of ['of-the-file', made]) assert.deepEqual(await statuses(key, 2), [200, 429]);
    assert.deepEqual(await statuses('three-answers', 2, { max_tokens: 100 }), [200, 422]);
    assert.equal((await slow).status, 200);
    gateway.reload(moneyConfig(config(5)));
    assert.deepEqual(await statuses('of-the-file', 2), [200, 429]);
    gateway.reload(moneyConfig(config(2)));
    assert.deepEqual(await statuses('of-the-file', 1), [429]);
  });
});

test('a strict budget holds against a tenant whose answers were short until now', TIMEOUT, async (t) => {
  const long = priced('long', 1);
  const config = {
    model_list: [{ ...long, model_name: 'w/*', litellm_params: { ...Object(long.litellm_params), model: 'openai/*' } }],
    budget_settings: { mode: 'strict' },
  };
  const gateway = await startMoneyGateway(config);
  t.after(() => gateway.close());
  const { key } = await manage(gateway, '/key/generate', { max_budget: 0.5 });
  const ask20 = (model: string, stream: boolean) =>
    Promise.all(Array.from({ length: 20 }, () => ask(gateway, String(key), { model, stream })));
  for (let round = 0; round < 55; round++) await ask20('w/sim-tokens-5', false);
  for (const isStream of [false, true, false]) await ask20('w/sim-tokens-16000', isStream);
  const billed = billedUsd(gateway.simulator.stats());
  assert.ok(billed <= 0.5 && billed > 0.1, `${billed} USD were billed`);
});

describe('media in a prompt', TIMEOUT, () => {
  const address = 'https://files.example/all-of-it.pdf';
  // Images have a documented maximum, which does not fit the budget (422); what has none is refused for itself (400).
  const PARTS: readonly (readonly [name: string, path: string, part: JsonObject, status: number])[] = [
    ['an image by its address', '/v1/chat/completions', { type: 'image_url', image_url: { url: address } }, 422],
    ['a file that the provider has', '/v1/chat/completions', { type: 'file', file: { file_id: 'file-1' } }, 400],
    ['a document by its address', '/v1/messages', { type: 'document', source: { type: 'url', url: address } }, 400],
    [
      'an image of Anthropic by its address',
      '/v1/messages',
      { type: 'image', source: { type: 'url', url: address } },
      422,
    ],
    ['a file of Anthropic', '/v1/messages', { type: 'document', source: { type: 'file', file_id: 'file_1' } }, 400],
  ];
  for (const [name, path, part, status] of PARTS) {
    test(`are held for at what they may cost, or refused if nothing bounds that: ${name}`, async (t) => {
      const gateway = await startMoneyGateway({ budget_settings: { mode: 'strict' } });
      t.after(() => gateway.close());
      const { key } = await manage(gateway, '/key/generate', { max_budget: 0.1 });
      const content = [{ type: 'text', text: 'What is in it?' }, part];
      const sent = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content }] };
      const answer = await gateway.post(path, sent, { authorization: `Bearer ${String(key)}` });
      assert.equal(answer.status, status, await answer.text());
      assert.equal(gateway.simulator.requests.length, 0);
    });
  }
});

/** The most a request may cost at a provider that takes every number in it at its word, in USD. */
function dearest(body: JsonObject): number {
  const limits = [body.max_tokens, body.max_completion_tokens].filter((limit) => limit !== undefined);
  const longest = Math.max(...limits.map((limit) => (Number(limit) > 0 ? Number(limit) : 1_000_000)));
  const prompts = Array.isArray(body.prompt) ? body.prompt.length : 1;
  const choices = Math.max(Number(body.n ?? 1), Number(body.best_of ?? 1)) * prompts;
  const factor = body.service_tier === 'priority' ? 2 : 1;
  return longest * choices * factor * PRICES.output_cost_per_token;
}
