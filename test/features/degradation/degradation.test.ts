/** Traffic whose budget would not last: through the front door, with the clock in the test's hand. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import type { JsonObject } from '../../../src/core/json.ts';
import { startReceiver } from '../../money/receiver.ts';
import { ask, eventually, manage, messageOf, moneyConfig, priced, type Seen } from '../../money/tenants.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestRedis } from '../../support/redis.ts';

const HOUR_MS = 3_600_000;
const KEYS = [
  { api_key: 'sk-critical', team_id: 'shop', traffic_class: 'critical' },
  { api_key: 'sk-standard', team_id: 'shop' },
  { api_key: 'sk-batch', team_id: 'shop', traffic_class: 'batch' },
  { api_key: 'sk-elsewhere', traffic_class: 'batch' },
  { api_key: 'sk-narrow', team_id: 'shop', models: ['m'] },
];
/** 0.0075 USD each: with a team's budget of 0.75 an hour a hundred of them last. */
const DEAR = { input_cost_per_token: 0, output_cost_per_token: 0.000075 };
const CHEAP = { input_cost_per_token: 0, output_cost_per_token: 0.0000075 };

function config(settings: JsonObject, more: JsonObject = {}): string {
  return moneyConfig({
    model_list: [priced('m', 100, DEAR), priced('small', 100, CHEAP)],
    teams: [{ team_id: 'shop', max_budget: 0.75, budget_duration: '1h' }],
    user_api_key_list: KEYS,
    degradation_settings: { enabled: true, ...settings },
    ...more,
  });
}

interface World {
  readonly gateway: TestGateway;
  readonly clock: DrivenClock;
  readonly ask: (key: string, more?: JsonObject, headers?: Record<string, string>) => Promise<Seen>;
}

async function start(t: TestContext, text: string): Promise<World> {
  const clock = new DrivenClock();
  // Periods of an hour begin on the hour.
  clock.forward(HOUR_MS - (clock.nowMs() % HOUR_MS) + 1_000);
  const gateway = await startTestGateway({ config: text, clock });
  t.after(() => gateway.close());
  return { gateway, clock, ask: (key, more, headers) => ask(gateway, key, more, headers) };
}

/** Twenty dear requests in five minutes: more than twice as fast as the budget lasts. */
async function hurry({ ask: send, clock }: World, key: string, count = 20): Promise<void> {
  for (let index = 0; index < count; index++) {
    assert.equal((await send(key)).status, 200);
    clock.forward(15_000);
  }
}

const stepOf = ({ headers }: Seen): string | null => headers.get('x-sluice-degraded');

test('nothing is done while the budget lasts, and nothing to budgets that do', async (t) => {
  const world = await start(t, config({}));
  for (let index = 0; index < 10; index++) {
    const answer = await world.ask('sk-standard');
    assert.deepEqual([answer.status, stepOf(answer)], [200, null]);
    world.clock.forward(60_000);
  }
  assert.equal(stepOf(await world.ask('sk-elsewhere')), null);
});

test('batch goes before standard, critical is only warned, and each step is named in header, log, metric and alert', async (t) => {
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  const settings = { batch_factor: 10, warn_at: 1, refuse_at: 15, cache_only_at: 14, shorter_at: 13 };
  const world = await start(t, config(settings, { budget_settings: { alert_webhooks: [`${receiver.url}/hook`] } }));
  await hurry(world, 'sk-standard');
  const [critical, standard, batch] = [
    await world.ask('sk-critical'),
    await world.ask('sk-standard'),
    await world.ask('sk-batch'),
  ];
  assert.deepEqual([critical.status, stepOf(critical)], [200, 'warn']);
  assert.equal(critical.headers.get('x-sluice-traffic-class'), 'critical');
  assert.deepEqual([standard.status, stepOf(standard)], [200, 'cheaper']);
  assert.equal(batch.status, 429);
  assert.match(messageOf(batch), /class “batch” are not served now.* Try again at 20/);
  const seconds = Number(batch.headers.get('retry-after'));
  assert.ok(seconds > 60 && seconds < 3_600, `${seconds} s`);
  const metrics = await (await world.gateway.get('/metrics')).text();
  assert.match(metrics, /^sluice_degradation_refuse_total 1$/m);
  assert.match(metrics, /^sluice_degradation_cheaper_total [1-9]/m);
  await eventually(() => receiver.events('degradation_step').length >= 3, 'alerts of three classes');
  const line = await world.gateway.requestLine(critical.headers.get('x-litellm-call-id') ?? '');
  assert.deepEqual([line.degraded, line.traffic_class], ['warn', 'critical']);
  const told = (await world.gateway.logLines()).filter((each) => each.includes('A budget would not last'));
  assert.ok(told.some((each) => each.includes('"traffic_class":"batch"') && each.includes('"step":"refuse"')));
});

test('a cheaper model answers under the name that was asked for, and what that saves is booked as saved by it', async (t) => {
  const world = await start(
    t,
    config({ cheaper_at: 1.2, shorter_at: 50, cache_only_at: 60, refuse_at: 70, cheaper_models: { m: 'small' } }),
  );
  await hurry(world, 'sk-narrow');
  const answer = await world.ask('sk-standard');
  assert.deepEqual([answer.status, stepOf(answer), answer.json.model], [200, 'cheaper', 'm']);
  assert.equal(answer.headers.get('x-litellm-model-group'), 'small');
  const callId = answer.headers.get('x-litellm-call-id') ?? '';
  let rows: JsonObject[] = [];
  await eventually(async () => {
    rows = (await (await world.gateway.get(`/spend/logs?request_id=${callId}`)).json()) as JsonObject[];
    return rows.length === 1;
  }, 'a row');
  const { cost, requested_cost, savings, requested_model } = (rows[0]?.sluice ?? {}) as JsonObject;
  assert.deepEqual(
    [cost, requested_cost, savings, requested_model],
    ['0.00075', '0.0075', { degradation: '0.00675' }, 'm'],
  );
  assert.equal((await world.ask('sk-narrow')).headers.get('x-litellm-model-group'), 'm', 'a key that may not use it');
});

test('answers become shorter, for SDKs too, and a client that asks for less gets less', async (t) => {
  const world = await start(t, config({ shorter_at: 0.2, cache_only_at: 60, refuse_at: 70, max_tokens: 30 }));
  await hurry(world, 'sk-standard');
  const client = new OpenAI({ apiKey: 'sk-standard', baseURL: `${world.gateway.url}/v1`, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Tell me of rivers.' }];
  const { usage } = await client.chat.completions.create({ model: 'm', messages });
  assert.equal(usage?.completion_tokens, 30);
  const less = await client.chat.completions.create({ model: 'm', messages, max_tokens: 7 });
  assert.equal(less.usage?.completion_tokens, 7);
});

test('from `cache-only` on cached answers are still given, and batch traffic waits until there is room', async (t) => {
  const cache = {
    litellm_settings: { drop_params: true, cache: true, cache_params: { type: 'local', scope: 'team', ttl: 7200 } },
  };
  const settings = { cache_only_at: 1.2, refuse_at: 100, batch_factor: 1, queue_seconds: 400 };
  const world = await start(t, config({ ...settings, cache_only_at: 50 }, cache));
  const question = (content: string): JsonObject => ({ messages: [{ role: 'user', content }] });
  for (let index = 0; index < 20; index++) {
    assert.equal((await world.ask('sk-standard', question(`Question ${index}`))).status, 200);
    world.clock.forward(15_000);
  }
  world.gateway.reload(config(settings, cache));
  const known = await world.ask('sk-standard', question('Question 0'));
  assert.deepEqual(
    [known.status, stepOf(known), known.headers.get('x-litellm-cache-hit')],
    [200, 'cache-only', 'True'],
  );
  assert.equal((await world.ask('sk-standard', question('Another?'))).status, 429);
  let isOver = false;
  const waiting = world.ask('sk-batch', question('A third?')).finally(() => {
    isOver = true;
  });
  await wait(600);
  assert.equal(isOver, false);
  // No request comes for five minutes: the budget recovers.
  world.clock.forward(5 * 60_000);
  assert.equal((await waiting).status, 200);
  assert.match(await (await world.gateway.get('/metrics')).text(), /^sluice_degradation_waited_total 1$/m);
});

test('a request may lower its class and never raise it; only an administrator sets it', async (t) => {
  const world = await start(t, config({ shorter_at: 4.8, cache_only_at: 4.9, refuse_at: 5, batch_factor: 10 }));
  await hurry(world, 'sk-standard');
  const claims = { 'x-sluice-traffic-class': 'critical' };
  assert.equal((await world.ask('sk-batch', {}, claims)).status, 429);
  assert.equal((await world.ask('sk-standard', {}, claims)).headers.get('x-sluice-traffic-class'), 'standard');
  assert.equal((await world.ask('sk-critical', {}, { 'x-sluice-traffic-class': 'batch' })).status, 429);
  assert.equal((await world.ask('sk-critical', {}, { 'x-sluice-traffic-class': 'nonsense' })).status, 200);
  await manage(world.gateway, '/user/new', { user_id: 'ada', auto_create_key: false, user_role: 'internal_user' });
  const made = await manage(world.gateway, '/key/generate', { user_id: 'ada' });
  const own = { authorization: `Bearer ${String(made.key)}` };
  const denied = await world.gateway.post('/key/generate', { traffic_class: 'critical' }, own);
  assert.equal(denied.status, 403);
  const kept = await manage(world.gateway, '/key/generate', { traffic_class: 'critical' });
  assert.equal(kept.traffic_class ?? (kept.metadata as JsonObject | undefined)?.traffic_class, 'critical');
});

test('instances that share a Redis see the same budget: one is degraded by what the other spent', async (t) => {
  const redis = await startTestRedis();
  t.after(() => redis.close());
  const text = config({ refuse_at: 1.5 }, { redis_settings: undefined, router_settings: { redis_url: redis.url } });
  const first = await start(t, text);
  const second = await startTestGateway({ config: text, clock: first.clock, sharedSimulator: first.gateway.simulator });
  t.after(() => second.close());
  await hurry(first, 'sk-critical', 30);
  // It learns of the budget by its first claim.
  await ask(second, 'sk-critical');
  assert.equal((await ask(second, 'sk-standard')).status, 429);
});

test('LiteLLM’s budget_fallbacks: another model answers when the key’s budget for one is spent, until none is left', async (t) => {
  const text = config(
    { enabled: false },
    {
      user_api_key_list: [
        {
          api_key: 'sk-tiered',
          model_max_budget: {
            m: { budget_limit: 0.01, time_period: '30d' },
            small: { budget_limit: 0.001, time_period: '30d' },
          },
          budget_fallbacks: { m: ['missing', 'small'] },
        },
        { api_key: 'sk-plain', model_max_budget: { m: { budget_limit: 0.01, time_period: '30d' } } },
      ],
    },
  );
  const world = await start(t, text);
  const seen: (string | number | null)[][] = [];
  for (let index = 0; index < 5; index++) {
    const answer = await world.ask('sk-tiered');
    seen.push([answer.status, answer.headers.get('x-litellm-model-group'), stepOf(answer)]);
  }
  assert.deepEqual(seen[0], [200, 'm', null]);
  assert.ok(
    seen.some((each) => each.join() === '200,small,budget-fallback'),
    JSON.stringify(seen),
  );
  assert.equal(seen.at(-1)?.[0], 422, 'the error of the model that was asked for');
  const last = await world.ask('sk-tiered');
  assert.match(messageOf(last), /model m/);
  for (let index = 0; index < 3; index++) await world.ask('sk-plain');
  assert.equal((await world.ask('sk-plain')).status, 422);
});

test('LiteLLM’s throttle_on_budget_exceeded: a key over its budget is slowed down, others are refused', async (t) => {
  const keys = (rates: JsonObject) => ({
    max_budget: 0.01,
    budget_duration: '30d',
    throttle_on_budget_exceeded: true,
    ...rates,
  });
  const text = config(
    { enabled: false },
    {
      litellm_settings: { drop_params: true, budget_exceeded_throttle_percentage: 0.2 },
      user_api_key_list: [
        { api_key: 'sk-slow', ...keys({ rpm_limit: 10 }) },
        { api_key: 'sk-rateless', ...keys({}) },
      ],
    },
  );
  const world = await start(t, text);
  const statuses: number[] = [];
  const steps: (string | null)[] = [];
  for (let index = 0; index < 6; index++) {
    const answer = await world.ask('sk-slow');
    statuses.push(answer.status);
    steps.push(stepOf(answer));
  }
  // Two with the budget, and with 2 of 10 requests a minute none more in this one.
  assert.equal(statuses.filter((status) => status === 200).length, 2, statuses.join());
  assert.equal(statuses.at(-1), 429);
  world.clock.forward(61_000);
  const slow = [await world.ask('sk-slow'), await world.ask('sk-slow'), await world.ask('sk-slow')];
  assert.deepEqual(
    slow.map(({ status }) => status),
    [200, 200, 429],
  );
  assert.equal(stepOf(slow[0] as Seen), 'throttled');
  for (let index = 0; index < 3; index++) await world.ask('sk-rateless');
  assert.equal((await world.ask('sk-rateless')).status, 422, 'without a rate there is nothing to slow down');
});
