/** Health checks in the background, seen through the front door. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { MASTER_KEY, PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { deployment } from './world.ts';

interface Row {
  readonly model: string;
  readonly model_id: string;
  readonly breaker: string;
  readonly last_error: string | null;
  readonly error?: string;
  readonly checked_at?: string;
}

interface Health {
  readonly healthy_endpoints: readonly Row[];
  readonly unhealthy_endpoints: readonly Row[];
  readonly unchecked_endpoints?: readonly Row[];
  readonly healthy_count: number;
  readonly unhealthy_count: number;
}

const CHECKS = { background_health_checks: true, health_check_interval: 0.15, health_check_concurrency: 2 };

function configOf(deployments: readonly JsonObject[], general: JsonObject = CHECKS, router: JsonObject = {}): string {
  return JSON.stringify({
    model_list: deployments,
    router_settings: { num_retries: 0, ...router },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...general },
  });
}

async function gatewayFor(context: TestContext, config: string): Promise<TestGateway> {
  const gateway = await startTestGateway({ config });
  context.after(() => gateway.close());
  return gateway;
}

async function healthOf(gateway: TestGateway): Promise<Health> {
  return (await (await gateway.get('/health')).json()) as Health;
}

async function until<T>(find: () => Promise<T | undefined>, what: string): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never saw ${what}`);
    await wait(25);
  }
}

const idsOf = (rows: readonly Row[]): string[] => rows.map((row) => row.model_id).toSorted();
const chat = (gateway: TestGateway, model = 'chat') =>
  gateway.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Say: hello' }] });

function withInfo(entry: JsonObject, info: JsonObject): JsonObject {
  return { ...entry, model_info: { ...(isJsonObject(entry.model_info) ? entry.model_info : {}), ...info } };
}

test('a deployment that fails its checks opens without a client, shows in /health and the metrics, and comes back', async (context) => {
  const gateway = await gatewayFor(
    context,
    configOf([deployment('chat', 'west'), deployment('chat', 'east')], CHECKS, {
      allowed_fails: 1,
      cooldown_time: 0.2,
    }),
  );
  const fault = gateway.simulator.script({ match: { deployment: 'west' }, fault: '500' });
  const sick = await until(async () => {
    const health = await healthOf(gateway);
    return health.unhealthy_endpoints.find(({ breaker }) => breaker !== 'closed') && health;
  }, 'an open breaker');
  assert.deepEqual(idsOf(sick.unhealthy_endpoints), ['west']);
  assert.deepEqual(idsOf(sick.healthy_endpoints), ['east']);
  assert.equal(sick.unhealthy_endpoints[0]?.error, 'InternalServerError');
  assert.equal(sick.unhealthy_endpoints[0]?.last_error, 'InternalServerError');
  assert.ok(sick.healthy_endpoints[0]?.checked_at);
  assert.ok(!JSON.stringify(sick).includes(PROVIDER_KEY) && !JSON.stringify(sick).includes('http'));
  const metrics = await (await gateway.get('/metrics')).text();
  assert.match(metrics, /litellm_deployment_state\{[^}]*model_id="west"[^}]*\} 2/);
  assert.match(
    metrics,
    /litellm_deployment_cooled_down_total\{[^}]*model_id="west"[^}]*exception_status="500"\} [1-9]/,
  );

  fault.remove();
  const well = await until(async () => {
    const health = await healthOf(gateway);
    return health.unhealthy_count === 0 && health.healthy_endpoints.every(({ breaker }) => breaker === 'closed')
      ? health
      : undefined;
  }, 'both healthy');
  assert.deepEqual(idsOf(well.healthy_endpoints), ['east', 'west']);
  assert.match(await (await gateway.get('/metrics')).text(), /litellm_deployment_state\{[^}]*model_id="west"[^}]*\} 0/);
});

test('/health probes no deployment while checks run in the background, and all of them otherwise', async (context) => {
  const rarely = { background_health_checks: true, health_check_interval: 3600 };
  const entries = [deployment('chat', 'west'), deployment('chat', 'east')];
  const gateway = await gatewayFor(context, configOf(entries, rarely));
  await until(async () => ((await healthOf(gateway)).healthy_count === 2 ? true : undefined), 'the first round');
  const before = gateway.simulator.requests.length;
  assert.equal(before, 2);
  for (let count = 0; count < 5; count++) assert.equal((await healthOf(gateway)).healthy_count, 2);
  assert.equal(gateway.simulator.requests.length, before);

  gateway.reload(configOf(entries, {}));
  assert.equal((await healthOf(gateway)).healthy_count, 2);
  assert.equal(gateway.simulator.requests.length, before + 2);
});

test('with enable_health_check_routing an unhealthy deployment is asked only where nothing else is left', async (context) => {
  const entries = [deployment('chat', 'west'), deployment('chat', 'east'), deployment('alone', 'south')];
  const general = { ...CHECKS, enable_health_check_routing: true };
  const gateway = await gatewayFor(context, configOf(entries, general, { disable_cooldowns: true }));
  // Wrong for the check alone: clients stream, checks do not.
  gateway.simulator.script({ match: { deployment: 'west', isStream: false }, fault: '503' });
  gateway.simulator.script({ match: { deployment: 'south', nth: 1 }, fault: '503' });
  await until(async () => {
    const { unhealthy_endpoints: rows } = await healthOf(gateway);
    return rows.some((row) => row.model_id === 'west') ? true : undefined;
  }, 'west unhealthy');
  const asked = async (model: string): Promise<Response> => {
    const messages = [{ role: 'user', content: 'Say: hello' }];
    const response = await gateway.post('/v1/chat/completions', { model, stream: true, messages });
    await response.text();
    return response;
  };
  for (let count = 0; count < 20; count++) {
    const response = await asked('chat');
    assert.equal(response.headers.get('x-litellm-model-id'), 'east');
  }
  const callId = (await asked('chat')).headers.get('x-litellm-call-id') ?? '';
  const told = await (await gateway.get(`/route/${callId}`)).text();
  assert.match(told, /failed its health check \d+\.\d s ago \(ServiceUnavailableError\)/);
  assert.equal((await asked('alone')).status, 200);
});

test('a check asks as the model is asked: wildcards by health_check_model, embeddings as embeddings, disabled ones never', async (context) => {
  const gemini = deployment('vectors', 'north', 'gemini/gemini-embedding-001');
  const gateway = await gatewayFor(
    context,
    configOf([
      withInfo(deployment('openai/*', 'west', 'openai/*'), {
        health_check_model: 'openai/gpt-4o-mini',
        health_check_max_tokens: 7,
        health_check_params: { temperature: 0.5 },
      }),
      deployment('plain/*', 'wild', 'openai/*'),
      withInfo(deployment('off', 'off'), { disable_background_health_check: true }),
      deployment('embed', 'east', 'openai/text-embedding-3-small'),
      withInfo(
        {
          ...gemini,
          litellm_params: {
            model: 'gemini/gemini-embedding-001',
            api_base: 'os.environ/SIMULATOR_URL',
            api_key: 'os.environ/PROVIDER_KEY',
          },
        },
        { mode: 'embedding' },
      ),
      withInfo(deployment('legacy', 'south', 'openai/gpt-3.5-turbo-instruct'), { mode: 'completion' }),
      withInfo(deployment('pictures', 'image', 'openai/gpt-image-1'), { mode: 'image_generation' }),
    ]),
  );
  const health = await until(async () => {
    const found = await healthOf(gateway);
    return found.healthy_count + found.unhealthy_count === 4 ? found : undefined;
  }, 'four results');
  assert.deepEqual(idsOf(health.unhealthy_endpoints), []);
  assert.deepEqual(idsOf(health.healthy_endpoints), ['east', 'north', 'south', 'west']);
  assert.deepEqual(idsOf(health.unchecked_endpoints ?? []), ['image', 'off']);
  const seen = gateway.simulator.requests;
  const pathOf = (model: string): string => seen.find((request) => request.model === model)?.path ?? '';
  assert.match(pathOf('gemini-embedding-001'), /:batchEmbedContents$/);
  assert.match(pathOf('text-embedding-3-small'), /\/embeddings$/);
  assert.match(pathOf('gpt-3.5-turbo-instruct'), /\/v1\/completions$/);
  const named = seen.find((request) => request.model === 'gpt-4o-mini')?.body;
  assert.ok(isJsonObject(named));
  assert.equal(named.temperature, 0.5);
  assert.equal(named.max_completion_tokens ?? named.max_tokens, 7);
  assert.ok(seen.every((request) => request.deployment !== 'off' && request.deployment !== 'wild'));
});

test('transient failures of a check can be ignored', async (context) => {
  const general = {
    ...CHECKS,
    enable_health_check_routing: true,
    health_check_ignore_transient_errors: true,
  };
  const gateway = await gatewayFor(
    context,
    configOf([deployment('chat', 'west'), deployment('chat', 'east')], general),
  );
  gateway.simulator.script({ match: { deployment: 'west' }, fault: '429' });
  await until(async () => {
    const asked = gateway.simulator.requests.filter((request) => request.deployment === 'west').length;
    return asked >= 3 ? true : undefined;
  }, 'three checks');
  const health = await healthOf(gateway);
  assert.equal(health.unhealthy_count, 0);
  assert.equal(health.unchecked_endpoints?.[0]?.breaker ?? 'closed', 'closed');
});

test('checks end with the gateway and with a reload that switches them off', async (context) => {
  const entries = [deployment('chat', 'west')];
  const gateway = await gatewayFor(context, configOf(entries));
  await until(async () => (gateway.simulator.requests.length >= 2 ? true : undefined), 'two checks');
  gateway.reload(configOf(entries, {}));
  await wait(100);
  const after = gateway.simulator.requests.length;
  await wait(500);
  assert.equal(gateway.simulator.requests.length, after);
  gateway.reload(configOf(entries));
  await until(async () => (gateway.simulator.requests.length > after ? true : undefined), 'checks again');
  assert.equal((await chat(gateway)).status, 200);
  assert.ok(!(await gateway.logLines()).some((line) => line.includes(MASTER_KEY) || line.includes('health check')));
});
