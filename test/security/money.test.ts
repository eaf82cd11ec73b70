/** What a tenant may try against the budgets and limits that hold it: none of it may get through. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { manage, PRICES, priced, startMoneyGateway } from '../money/tenants.ts';
import type { TestGateway } from '../support/gateway.ts';

const TIMEOUT = { timeout: 60_000 };
/** USD. Pays for some 600 tokens of answer. */
const SMALL_BUDGET = 0.01;

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
        priced('long', 50_000, {}, { max_output_tokens: 1_000_000 }),
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

/** The most a request may cost at a provider that takes every number in it at its word, in USD. */
function dearest(body: JsonObject): number {
  const limits = [body.max_tokens, body.max_completion_tokens].filter((limit) => limit !== undefined);
  const longest = Math.max(...limits.map((limit) => (Number(limit) > 0 ? Number(limit) : 1_000_000)));
  const prompts = Array.isArray(body.prompt) ? body.prompt.length : 1;
  const choices = Math.max(Number(body.n ?? 1), Number(body.best_of ?? 1)) * prompts;
  return longest * choices * PRICES.output_cost_per_token;
}
