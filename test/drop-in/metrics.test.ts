/** What LiteLLM's dashboards show: fallbacks, what providers' limits still allow, the path that was called; and who may scrape. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

/** A provider that says what is left of its limits. */
const provider: Server = createServer((request, response) => {
  request.resume().on('end', () => {
    const isAnthropic = request.url?.endsWith('/messages') === true;
    const names = isAnthropic
      ? ['anthropic-ratelimit-requests-remaining', 'anthropic-ratelimit-tokens-remaining']
      : ['x-ratelimit-remaining-requests', 'x-ratelimit-remaining-tokens'];
    response.setHeader('content-type', 'application/json');
    response.setHeader(names[0] ?? '', '41').setHeader(names[1] ?? '', '5000');
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const message = { role: 'assistant', content: 'hi' };
    response.end(
      JSON.stringify(
        isAnthropic
          ? {
              id: 'm',
              type: 'message',
              role: 'assistant',
              model: 'claude',
              content: [{ type: 'text', text: 'hi' }],
              stop_reason: 'end_turn',
              usage: { input_tokens: 1, output_tokens: 1 },
            }
          : {
              id: 'c',
              object: 'chat.completion',
              created: 1,
              model: 'm',
              choices: [{ index: 0, message, finish_reason: 'stop' }],
              usage,
            },
      ),
    );
  });
});

let gateway: TestGateway;
let limitedAt = '';
before(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  limitedAt = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const at = (model: string, base = 'os.environ/SIMULATOR_URL') => ({
    model,
    api_base: base,
    api_key: 'os.environ/PROVIDER_KEY',
  });
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [
        { model_name: 'broken', litellm_params: at('openai_like/fault-500') },
        { model_name: 'broken-too', litellm_params: at('openai_like/fault-503') },
        { model_name: 'works', litellm_params: at('openai_like/beta') },
        { model_name: 'limited', litellm_params: at('openai_like/limited', limitedAt) },
        { model_name: 'claude', litellm_params: at('anthropic/claude-sonnet-4-5', limitedAt) },
        { model_name: 'any/*', litellm_params: at('openai_like/*', limitedAt) },
      ],
      router_settings: {
        num_retries: 1,
        disable_cooldowns: true,
        fallbacks: [{ broken: ['broken-too', 'works'] }],
      },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
});
after(async () => {
  await gateway.close();
  provider.close();
});

const chat = (model: string, path = '/v1/chat/completions') =>
  gateway.post(path, { model, messages: [{ role: 'user', content: 'Say: hello' }] });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const scrape = (path = '/metrics', headers?: Record<string, string>) => gateway.get(path, headers);

async function lines(name: string): Promise<string[]> {
  const text = await (await scrape()).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

async function newKey(body: object, as = gateway.masterKey): Promise<Response> {
  return await gateway.post('/key/generate', body, bearer(as));
}
const textOf = async (made: Response) => ((await made.json()) as { key: string }).key;

describe('the metrics', { timeout: 30_000 }, () => {
  it('count each fallback group, with why the first one failed', async () => {
    assert.equal((await chat('broken')).status, 200);
    const won = await lines('litellm_deployment_successful_fallbacks_total');
    assert.equal(won.length, 1);
    assert.match(
      won[0] ?? '',
      /requested_model="broken",fallback_model="works",.*exception_status="500",exception_class="Openai_like.InternalServerError".* 1$/,
    );
    const lost = await lines('litellm_deployment_failed_fallbacks_total');
    assert.equal(lost.length, 1);
    assert.match(lost[0] ?? '', /requested_model="broken",fallback_model="broken-too",.*exception_status="500".* 1$/);
    assert.equal((await chat('works')).status, 200);
    assert.equal((await lines('litellm_deployment_successful_fallbacks_total')).length, 1);
  });

  it("show what the providers' own limits still allow, one series for a deployment", async () => {
    for (const model of ['limited', 'limited', 'claude', 'any/one', 'any/two'])
      assert.equal((await chat(model)).status, 200);
    for (const [name, value] of [
      ['litellm_remaining_requests_metric', '41'],
      ['litellm_remaining_tokens_metric', '5000'],
    ] as const) {
      const found = (await lines(name)).filter((line) => line.includes(limitedAt));
      assert.equal(found.length, 3, found.join('\n'));
      assert.ok(found.every((line) => line.endsWith(` ${value}`)));
      assert.match(
        found[0] ?? '',
        /^\w+\{model_group="limited",api_provider="openai_like",api_base="[^"]+",litellm_model_name="limited",hashed_api_key="None",api_key_alias="None",model_id="\w+"\}/,
      );
      assert.ok(!found.join().includes('any/one'));
    }
  });

  it('have the path that was called as `route`, and queues as gauges', async () => {
    await chat('works', '/chat/completions');
    await chat('works', '/openai/deployments/works/chat/completions');
    const routes = (await lines('litellm_proxy_total_requests_metric_total')).map(
      (line) => /route="([^"]*)"/.exec(line)?.[1],
    );
    assert.deepEqual([...new Set(routes)].sort(), [
      '/chat/completions',
      '/openai/deployments/:model/chat/completions',
      '/v1/chat/completions',
    ]);
    const text = await (await scrape()).text();
    assert.match(text, /^litellm_in_memory_spend_update_queue_size \d+$/m);
    assert.match(text, /^sluice_budget_waiting 0$/m);
  });
});

describe('a key with `allowed_routes: ["/metrics"]`', { timeout: 30_000 }, () => {
  it('reads the metrics, with and without a slash at the end, and nothing else', async () => {
    const key = bearer(await textOf(await newKey({ allowed_routes: ['/metrics'] })));
    for (const path of ['/metrics', '/metrics/', '/metrics?x=1']) {
      const answered = await scrape(path, key);
      assert.equal(answered.status, 200, path);
      assert.match(await answered.text(), /^litellm_in_flight_requests /m);
    }
    for (const path of ['/v1/models', '/key/info', '/model/info', '/health', '/spend/logs', '/team/list', '/user/list'])
      assert.equal((await gateway.get(path, key)).status, 403, path);
    const asked = await gateway.post('/v1/chat/completions', { model: 'works', messages: [] }, key);
    assert.equal(asked.status, 403);
    assert.equal((await gateway.post('/key/generate', {}, key)).status, 403);
  });

  it("is the only kind, besides an admin's, that does", async () => {
    for (const body of [
      {},
      { allowed_routes: ['*'] },
      { allowed_routes: ['/m*'] },
      { allowed_routes: ['info_routes', 'management_routes'] },
      { key_type: 'read_only' },
    ]) {
      const made = await newKey(body);
      assert.equal(made.status, 200, JSON.stringify(body));
      assert.equal((await scrape('/metrics', bearer(await textOf(made)))).status, 403, JSON.stringify(body));
    }
    assert.equal((await scrape('/metrics', {})).status, 401);
  });

  it('is made by an admin only: others could read about all tenants', async () => {
    await gateway.post('/user/new', { user_id: 'ann', user_role: 'internal_user', auto_create_key: false });
    const own = await textOf(await newKey({ user_id: 'ann' }));
    for (const route of ['/metrics', '/metrics/']) {
      const refused = await newKey({ allowed_routes: [route] }, own);
      assert.equal(refused.status, 403, await refused.text());
    }
    const other = await textOf(await newKey({}, own));
    const updated = await gateway.post('/key/update', { key: other, allowed_routes: ['/metrics'] }, bearer(own));
    assert.equal(updated.status, 403);
  });
});
