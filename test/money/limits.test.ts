import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI, { RateLimitError } from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, eventually, messageOf, PRICES, priced, rowsOf, startMoneyGateway } from './tenants.ts';

/** Input tokens that the simulator counts for the tests' prompt, read from an answer; 100 tokens of answer. */
const OUTPUT = 100;

describe('rate limits', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      user_api_key_list: [
        { api_key: 'two-a-minute', rpm_limit: 2, user_id: 'u1' },
        { api_key: 'small-tokens', tpm_limit: 300 },
        { api_key: 'one-at-a-time', max_parallel_requests: 1 },
        { api_key: 'by-model', model_rpm_limit: { m: 1 } },
        { api_key: 'free-tenant' },
      ],
      model_list: [
        priced('m', OUTPUT),
        priced('other', OUTPUT),
        priced('slow', 20, { model: 'openai/sim-tokens-20+latency-300-5' }),
      ],
    });
  });
  after(() => gateway.close());

  test('the third request of a key with two a minute is refused, named, and told when to come back', async () => {
    for (const left of ['1', '0']) {
      const { status, headers } = await ask(gateway, 'two-a-minute');
      assert.equal(status, 200);
      assert.equal(headers.get('x-ratelimit-limit-requests'), '2');
      assert.equal(headers.get('x-ratelimit-remaining-requests'), left);
      assert.equal(headers.get('x-ratelimit-api_key-remaining-requests'), left);
      assert.equal(headers.get('x-litellm-key-rpm-limit'), '2');
    }
    const refused = await ask(gateway, 'two-a-minute');
    assert.equal(refused.status, 429);
    assert.match(
      messageOf(refused),
      /Rate limit exceeded for api_key: .*Limit type: requests\. Current limit: 2, Remaining: 0\. Limit resets at: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
    );
    const wait = Number(refused.headers.get('retry-after'));
    assert.ok(wait >= 50 && wait <= 61, `retry-after ${wait}`);
    assert.equal(refused.headers.get('rate_limit_type'), 'requests');
    assert.doesNotMatch(refused.text, /two-a-minute/);
    assert.equal((await ask(gateway, 'free-tenant')).status, 200, 'another key is not concerned');
  });

  test('a refused request reaches no provider and counts for nothing', async () => {
    const before = gateway.simulator.requests.length;
    assert.equal((await ask(gateway, 'two-a-minute')).status, 429);
    assert.equal(gateway.simulator.requests.length, before);
  });

  test('tokens are claimed before and corrected after: what is left follows what was really used', async () => {
    const first = await ask(gateway, 'small-tokens', { max_tokens: OUTPUT });
    assert.equal(first.status, 200);
    const second = await ask(gateway, 'small-tokens', { max_tokens: OUTPUT });
    assert.equal(second.status, 200);
    const third = await ask(gateway, 'small-tokens', { max_tokens: OUTPUT });
    assert.equal(third.status, 429);
    assert.match(messageOf(third), /Limit type: tokens\. Current limit: 300/);
  });

  test('a request that alone is larger than a token limit learns that no wait helps', async () => {
    const refused = await ask(gateway, 'small-tokens', {
      max_tokens: 1,
      messages: [{ role: 'user', content: 'river '.repeat(2_000) }],
    });
    assert.equal(refused.status, 429);
    assert.match(messageOf(refused), /larger than the limit/);
    assert.equal(refused.headers.get('retry-after'), null);
    assert.equal(refused.headers.get('x-should-retry'), 'false');
  });

  test('a slot is free again when its request is over, however it ends', async () => {
    const slow = ask(gateway, 'one-at-a-time', { model: 'slow' });
    await new Promise((resolve) => setTimeout(resolve, 120));
    const beside = await ask(gateway, 'one-at-a-time');
    assert.equal(beside.status, 429);
    assert.match(messageOf(beside), /max_parallel_requests/);
    assert.equal((await slow).status, 200);
    assert.equal((await ask(gateway, 'one-at-a-time')).status, 200);

    const leaving = new AbortController();
    const left = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', authorization: 'Bearer one-at-a-time' },
      body: JSON.stringify({ model: 'slow', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    await new Promise((resolve) => setTimeout(resolve, 120));
    leaving.abort();
    await assert.rejects(left);
    // What the provider did not tell is counted first, by a tokenizer that is loaded the first time.
    await eventually(
      async () => (await ask(gateway, 'one-at-a-time')).status === 200,
      'a client that left holds no slot',
    );
    assert.equal((await ask(gateway, 'one-at-a-time', { model: 'unknown-model' })).status, 400);
    assert.equal((await ask(gateway, 'one-at-a-time')).status, 200, 'a refused request holds none');
  });

  test('a limit on one model leaves the others free', async () => {
    assert.equal((await ask(gateway, 'by-model')).status, 200);
    const refused = await ask(gateway, 'by-model');
    assert.equal(refused.status, 429);
    assert.match(messageOf(refused), /model m/);
    assert.equal((await ask(gateway, 'by-model', { model: 'other' })).status, 200);
  });

  test('the openai client sees its own kind of error, with the headers it reads', async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'two-a-minute', maxRetries: 0 });
    await assert.rejects(
      client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
      (error: unknown) =>
        error instanceof RateLimitError && error.status === 429 && error.headers?.get('retry-after') !== null,
    );
  });
});

describe('budgets', () => {
  /** One request of the tests' prompt with 100 tokens of answer. */
  let cost: number;
  let gateway: TestGateway;
  before(async () => {
    const probe = await startMoneyGateway({});
    const answer = await ask(probe, probe.masterKey);
    const usage = answer.json.usage as { prompt_tokens: number; completion_tokens: number };
    cost = usage.prompt_tokens * PRICES.input_cost_per_token + usage.completion_tokens * PRICES.output_cost_per_token;
    assert.equal(usage.completion_tokens, OUTPUT);
    assert.equal(Number(answer.headers.get('x-litellm-response-cost')), Number(cost.toFixed(12)));
    await probe.close();
    gateway = await startMoneyGateway({
      user_api_key_list: [
        { api_key: 'three-answers', max_budget: Number((cost * 3.2).toFixed(9)), key_alias: 'three' },
        { api_key: 'nothing-left', max_budget: 0 },
        { api_key: 'of-team', team_id: 'rivers' },
        {
          api_key: 'per-model',
          model_max_budget: { m: { budget_limit: Number((cost * 1.1).toFixed(9)), time_period: '1d' } },
        },
        { api_key: 'with-customers' },
      ],
      teams: [{ team_id: 'rivers', max_budget: Number((cost * 2.2).toFixed(9)), budget_duration: '1d' }],
      customers: [
        { user_id: 'customer-1', max_budget: Number((cost * 1.2).toFixed(9)) },
        { user_id: 'customer-2', blocked: true },
      ],
      tags: [{ name: 'costly', max_budget: Number((cost * 1.2).toFixed(9)) }],
      model_list: [
        priced('m', OUTPUT),
        priced('other', OUTPUT),
        priced('gratis', OUTPUT, { input_cost_per_token: 0, output_cost_per_token: 0 }),
      ],
      budget_settings: { mode: 'strict' },
    });
  });
  after(() => gateway.close());

  test('a key spends what it has and not a fraction more, and learns which budget is used up', async () => {
    let spent = 0;
    for (let round = 0; round < 3; round++) {
      const answer = await ask(gateway, 'three-answers', { max_tokens: OUTPUT });
      assert.equal(answer.status, 200, answer.text);
      spent += Number(answer.headers.get('x-litellm-response-cost'));
    }
    assert.ok(Math.abs(spent - 3 * cost) < 1e-12);
    const refused = await ask(gateway, 'three-answers', { max_tokens: OUTPUT });
    // A fifth of an answer is left: too little for the tokens that an answer has at the least.
    assert.equal(refused.status, 422, refused.text);
    assert.match(
      messageOf(refused),
      /Budget is too small for this request! Key=three Current cost: 0\.0\d+, Max budget: 0\.0\d+\. What is left is less/,
    );
    assert.equal(refused.headers.get('x-should-retry'), 'false');
    assert.equal((refused.json.error as { type: string }).type, 'budget_exceeded');
    assert.doesNotMatch(refused.text, /three-answers/);
  });

  test('what is left is sent as the limit of the answer, and the answer ends there', async () => {
    const key = 'capped';
    const small = await startMoneyGateway({
      user_api_key_list: [{ api_key: key, max_budget: Number((cost * 3.2).toFixed(9)) }],
      model_list: [priced('m', 1_000)],
      budget_settings: { mode: 'strict' },
    });
    const answer = await ask(small, key);
    assert.equal(answer.status, 200, answer.text);
    const sent = small.simulator.requests.at(-1)?.body as { max_tokens?: number };
    assert.ok(sent.max_tokens !== undefined && sent.max_tokens < 1_000, JSON.stringify(sent));
    const [choice] = answer.json.choices as { finish_reason: string }[];
    assert.equal(choice?.finish_reason, 'length');
    assert.ok(Number(answer.headers.get('x-litellm-response-cost')) <= cost * 3.2);
    // The client and the operator learn of it.
    assert.equal(answer.headers.get('x-sluice-lowered-max-tokens'), String(sent.max_tokens));
    assert.equal((await small.requestLine(callIdOf(answer))).lowered_max_tokens, sent.max_tokens);
    const whole = await ask(gateway, 'with-customers');
    assert.equal(whole.headers.get('x-sluice-lowered-max-tokens'), null);
    assert.equal('lowered_max_tokens' in (await gateway.requestLine(callIdOf(whole))), false);
    await small.close();
  });

  test('a budget of nothing refuses the first request', async () => {
    assert.equal((await ask(gateway, 'nothing-left')).status, 422);
  });

  test('models that cost nothing are served from an empty budget', async () => {
    assert.equal((await ask(gateway, 'nothing-left', { model: 'gratis' })).status, 200);
  });

  test('a team’s budget holds for all its keys, and the refusal says when it resets', async () => {
    assert.equal((await ask(gateway, 'of-team', { max_tokens: OUTPUT })).status, 200);
    assert.equal((await ask(gateway, 'of-team', { max_tokens: OUTPUT })).status, 200);
    const refused = await ask(gateway, 'of-team', { max_tokens: OUTPUT });
    assert.equal(refused.status, 422);
    assert.match(messageOf(refused), /Team=rivers .*It resets at \d{4}-\d\d-\d\d 00:00:00 UTC/);
  });

  test('a budget for one model leaves the others free', async () => {
    assert.equal((await ask(gateway, 'per-model', { max_tokens: OUTPUT })).status, 200);
    const refused = await ask(gateway, 'per-model', { max_tokens: OUTPUT });
    assert.equal(refused.status, 422);
    assert.match(messageOf(refused), /model m/);
    assert.equal((await ask(gateway, 'per-model', { model: 'other', max_tokens: OUTPUT })).status, 200);
  });

  test('customers and tags have budgets of their own, with any key', async () => {
    const of = (more: object) => ask(gateway, 'with-customers', { max_tokens: OUTPUT, ...more });
    assert.equal((await of({ user: 'customer-1' })).status, 200);
    const refused = await of({ user: 'customer-1' });
    assert.equal(refused.status, 422);
    assert.match(messageOf(refused), /EndUser=customer-1/);
    assert.equal((await of({ user: 'customer-3' })).status, 200);
    const blocked = await of({ user: 'customer-2' });
    assert.equal(blocked.status, 400);
    assert.match(messageOf(blocked), /blocked/);

    assert.equal((await of({ tags: ['costly'] })).status, 200);
    assert.match(messageOf(await of({ tags: ['costly'] })), /Tag=costly/);
    assert.equal((await of({})).status, 200);
  });

  test('every attempt stands in the ledger with its price row, its hold and what was asked for', async () => {
    const answer = await ask(gateway, 'with-customers', { user: 'customer-9', tags: ['a', 'b'], stream: true });
    assert.equal(answer.status, 200);
    const [row] = await rowsOf(gateway, callIdOf(answer));
    assert.ok(row !== undefined);
    assert.equal(row.end_user, 'customer-9');
    assert.deepEqual(row.request_tags, ['a', 'b']);
    const own = row.sluice as {
      price: { source: string; rates: { input: string } };
      cost: string;
      requested_cost: string;
    };
    assert.equal(own.price.rates.input, '0.000003');
    assert.equal(own.price.source, 'config');
    assert.equal(Number(own.cost), Number(cost.toFixed(12)));
    assert.equal(own.requested_cost, own.cost);
  });

  test('members of teams and of organisations have budgets of their own there, whatever the rest has left', async (context) => {
    const small = Number((cost * 1.2).toFixed(9));
    const many = await startMoneyGateway({
      user_api_key_list: [
        { api_key: 'anna-in-team', user_id: 'anna', team_id: 'boats' },
        { api_key: 'ben-in-team', user_id: 'ben', team_id: 'boats' },
        { api_key: 'anna-in-organization', user_id: 'anna', organization_id: 'harbour' },
      ],
      users: [{ user_id: 'anna' }, { user_id: 'ben' }],
      teams: [{ team_id: 'boats', team_member_budget: small, members_with_roles: [{ user_id: 'anna', role: 'user' }] }],
      organizations: [
        {
          organization_id: 'harbour',
          organization_alias: 'Harbour',
          members: [{ user_id: 'anna', role: 'internal_user', max_budget: small }],
        },
      ],
      budget_settings: { mode: 'strict' },
    });
    context.after(() => many.close());
    const of = (key: string) => ask(many, key, { max_tokens: OUTPUT });
    assert.equal((await of('anna-in-team')).status, 200);
    assert.match(messageOf(await of('anna-in-team')), /TeamMember=anna/);
    assert.equal((await of('ben-in-team')).status, 200, 'what Anna spent is not what Ben spent');
    assert.equal((await of('anna-in-organization')).status, 200);
    assert.match(messageOf(await of('anna-in-organization')), /OrganizationMember=anna/);
  });

  test('a budget smaller than a usual answer still gets a short one, once', async (context) => {
    const tiny = Number((20 * PRICES.input_cost_per_token + 40 * PRICES.output_cost_per_token).toFixed(9));
    for (const mode of ['learned', 'strict']) {
      const small = await startMoneyGateway({
        user_api_key_list: [{ api_key: 'tiny', max_budget: tiny }],
        budget_settings: { mode },
      });
      context.after(() => small.close());
      const answer = await ask(small, 'tiny', { messages: [{ role: 'user', content: 'Hi' }] });
      assert.equal(answer.status, 200, `${mode}: ${answer.text}`);
      assert.ok(Number(answer.headers.get('x-litellm-response-cost')) <= tiny);
      assert.equal((await ask(small, 'tiny')).status, 422, mode);
    }
  });

  test('where clients may bring no tags those of the key still count, and others are refused', async (context) => {
    const closed = await startMoneyGateway({
      general_settings: { reject_clientside_metadata_tags: true },
      user_api_key_list: [{ api_key: 'tagged', tags: ['own'] }],
    });
    context.after(() => closed.close());
    const answer = await ask(closed, 'tagged');
    assert.equal(answer.status, 200);
    const [row] = await rowsOf(closed, callIdOf(answer));
    assert.deepEqual(row?.request_tags, ['own']);
    for (const [body, headers] of [
      [{ tags: ['mine'] }, {}],
      [{ metadata: { tags: ['mine'] } }, {}],
      [{}, { 'x-litellm-tags': 'mine' }],
    ] as const) {
      const refused = await ask(closed, 'tagged', body as JsonObject, headers);
      assert.equal(refused.status, 400, JSON.stringify([body, headers]));
      assert.match(messageOf(refused), /reject_clientside_metadata_tags/);
    }
  });
});
