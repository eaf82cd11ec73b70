/** Who may ask for what, under which name, and what the answer's headers say. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ALL_CHAT_GROUPS, BLOCKED_KEY, DEFAULT_CONFIG, TENANT_KEY } from '../support/default-config.ts';
import { MASTER_KEY, PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const messages = [{ role: 'user', content: 'say: hello' }];
const chat = (body: object, headers?: Record<string, string>) =>
  gateway.post('/v1/chat/completions', { messages, ...body }, headers);
interface Failed {
  error: { message: string; type: string; param: string | null; code: string | null };
}
const failure = async (response: Response) => ((await response.json()) as Failed).error;

describe('a key', { timeout: 20_000 }, () => {
  it('may come as Authorization, x-api-key or api-key, on both kinds of endpoint', async () => {
    for (const headers of [
      { authorization: `Bearer ${MASTER_KEY}` },
      { authorization: `bearer ${MASTER_KEY}` },
      { 'x-api-key': MASTER_KEY },
      { 'api-key': MASTER_KEY },
      { authorization: `Bearer ${MASTER_KEY}`, 'x-api-key': MASTER_KEY },
    ]) {
      assert.equal((await chat({ model: 'gpt-4o' }, headers)).status, 200);
      const message = { model: 'gpt-4o', max_tokens: 20, messages };
      assert.equal((await gateway.post('/v1/messages', message, headers)).status, 200);
    }
  });

  it('that is missing, unknown, blocked or in conflict gets 401 in the words of the endpoint, and costs no call', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer sk-nobody' },
      { authorization: 'Bearer ' },
      { authorization: `Bearer ${BLOCKED_KEY}` },
      { authorization: `Bearer ${MASTER_KEY}`, 'x-api-key': TENANT_KEY },
    ] as Record<string, string>[]) {
      const refused = await chat({ model: 'gpt-4o' }, headers);
      assert.equal(refused.status, 401);
      assert.match((await failure(refused)).message, /^Authentication Error/);
      const message = await gateway.post('/v1/messages', { model: 'gpt-4o', max_tokens: 5, messages }, headers);
      assert.equal(message.status, 401);
      const body = (await message.json()) as { type: string; error: { type: string } };
      assert.equal(body.type, 'error');
      assert.equal(body.error.type, 'authentication_error');
      assert.equal((await gateway.get('/v1/models', headers)).status, 401);
    }
    assert.equal(gateway.simulator.requests.length, 0);
  });

  it('declared for a tenant opens the models it may use, wildcards included, and no other', async () => {
    const headers = { authorization: `Bearer ${TENANT_KEY}` };
    assert.equal((await chat({ model: 'gpt-4o' }, headers)).status, 200);
    assert.equal((await chat({ model: 'openai/gpt-4o-mini' }, headers)).status, 200);
    for (const model of ['claude-sonnet', 'house-model', 'anthropic/claude-sonnet-4-5', 'no-such-model']) {
      const denied = await chat({ model }, headers);
      assert.equal(denied.status, 403, model);
      assert.equal((await failure(denied)).type, 'key_model_access_denied');
    }
    const message = await gateway.post('/v1/messages', { model: 'claude-sonnet', max_tokens: 5, messages }, headers);
    assert.equal(message.status, 403);
  });
});

describe('a model name', { timeout: 20_000 }, () => {
  it('that no deployment serves gets 400 and a hint where to look', async () => {
    for (const model of ['no-such-model', 'grok-4', '', '../gpt-4o', 'openai/*']) {
      const refused = await chat({ model });
      assert.equal(refused.status, 400, model);
      const error = await failure(refused);
      assert.equal(error.param, 'model');
      assert.match(error.message, /\/v1\/models/);
    }
    assert.equal((await chat({})).status, 400);
  });

  it('that is an alias leads to its group, hidden or not', async () => {
    assert.equal((await chat({ model: 'house-model' })).headers.get('x-litellm-model-group'), 'claude-sonnet');
    assert.equal(gateway.simulator.requests.at(-1)?.model, 'claude-sonnet-4-5');
    assert.equal((await chat({ model: 'secret' })).status, 200);
    assert.equal(gateway.simulator.requests.at(-1)?.model, 'gpt-4o');
  });

  it('that a wildcard matches goes on as the rest of the name', async () => {
    for (const [model, seen] of [
      ['openai/gpt-4.1-nano', 'gpt-4.1-nano'],
      ['anthropic/claude-haiku-4-5', 'claude-haiku-4-5'],
      ['gemini/gemini-2.5-flash', 'gemini-2.5-flash'],
    ] as const) {
      assert.equal((await chat({ model })).status, 200);
      assert.equal(gateway.simulator.requests.at(-1)?.model, seen);
    }
  });

  it('in the path wins over the one in the body', async () => {
    const path = '/openai/deployments/claude-sonnet/chat/completions?api-version=2024-10-21';
    const answered = await gateway.post(path, { model: 'gpt-4o', messages });
    assert.equal(answered.status, 200);
    assert.equal(gateway.simulator.requests.at(-1)?.model, 'claude-sonnet-4-5');
  });

  it('shared by two deployments is answered by both in their turn, no matter which format each speaks', async () => {
    const shared = await startTestGateway({
      config: JSON.stringify({
        model_list: ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-pro'].map((model) => ({
          model_name: 'any',
          litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
        })),
        general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      }),
    });
    try {
      for (let count = 0; count < 60; count++) {
        const answered = await shared.post('/v1/chat/completions', { model: 'any', messages });
        const { choices } = (await answered.json()) as { choices: { message: { content: string } }[] };
        assert.equal(choices[0]?.message.content, 'hello');
      }
      assert.equal(Object.keys(shared.simulator.stats().models).length, 3);
    } finally {
      await shared.close();
    }
  });
});

describe("an answer's headers", { timeout: 20_000 }, () => {
  it('tell the call, the deployment, the group and the tries, the same in the log', async () => {
    for (const model of ALL_CHAT_GROUPS) {
      for (const stream of [false, true]) {
        const answered = await chat({ model, stream });
        await answered.text();
        const callId = answered.headers.get('x-litellm-call-id') ?? '';
        assert.match(callId, /^[0-9a-f-]{36}$/);
        assert.equal(answered.headers.get('x-litellm-model-group'), model);
        assert.equal(answered.headers.get('x-litellm-attempted-retries'), '0');
        assert.match(answered.headers.get('x-litellm-model-id') ?? '', /^\w{16,}/);
        assert.equal(answered.headers.get('x-sluice-lane'), null);
        const line = await gateway.requestLine(callId);
        assert.equal(line.group, model);
        assert.equal(line.deployment, answered.headers.get('x-litellm-model-id'));
        assert.equal(line.status, 200);
      }
    }
  });

  it('explain the lane to who asks', async () => {
    const lane = async (path: string, model: string) => {
      const body = { model, max_tokens: 20, messages };
      const headers = { authorization: `Bearer ${MASTER_KEY}`, 'x-sluice-explain': '1' };
      const answered = await gateway.post(path, body, headers);
      return [answered.headers.get('x-sluice-lane'), answered.headers.get('x-sluice-lane-reason')].join(' ');
    };
    assert.equal(await lane('/v1/chat/completions', 'gpt-4o'), 'relay same-format');
    assert.equal(await lane('/v1/chat/completions', 'azure-gpt'), 'relay same-format');
    assert.equal(await lane('/v1/messages', 'claude-sonnet'), 'relay same-format');
    assert.equal(await lane('/v1/chat/completions', 'claude-sonnet'), 'translate openai-chat-to-anthropic-messages');
    assert.equal(await lane('/v1/messages', 'gpt-4o'), 'translate anthropic-messages-to-openai-chat');
    assert.equal(await lane('/v1/messages', 'gemini-2.5-pro'), 'translate anthropic-messages-to-gemini-generate');
  });

  it('hand on the limits of the provider', async () => {
    const answered = await chat({ model: 'gpt-4o' });
    assert.ok(answered.headers.get('llm_provider-x-request-id'));
    assert.ok(Number(answered.headers.get('x-ratelimit-limit-requests')) > 0);
  });
});

describe('a reload', { timeout: 20_000 }, () => {
  it('changes names at once and leaves a stream that runs alone', async () => {
    const other = await startTestGateway();
    try {
      const body = {
        model: 'openai/gpt-4o+tokens-60+latency-20-10',
        stream: true,
        messages: [{ role: 'user', content: 'Go' }],
      };
      const running = await other.post('/v1/chat/completions', body);
      other.reload(DEFAULT_CONFIG.replaceAll('"gpt-4o"', '"gpt-renamed"').replaceAll('"openai/*"', '"gone/*"'));
      assert.equal((await other.post('/v1/chat/completions', { model: 'gpt-renamed', messages })).status, 200);
      assert.equal((await other.post('/v1/chat/completions', { model: 'gpt-4o', messages })).status, 400);
      assert.ok((await running.text()).endsWith('data: [DONE]\n\n'));
    } finally {
      await other.close();
    }
  });
});

describe('secrets', { timeout: 20_000 }, () => {
  it('stand in no log line, answer or metric, whatever goes wrong', async () => {
    const prompt = 'a very private canary prompt 5512';
    const bodies: string[] = [];
    for (const model of ['gpt-4o', 'claude-sonnet', 'gemini-2.5-pro', 'openai/gpt-4o+fault-500', 'no-such-model']) {
      const asked = { model, messages: [{ role: 'user', content: prompt }] };
      bodies.push(await (await gateway.post('/v1/chat/completions', asked)).text());
    }
    bodies.push(await (await gateway.get('/model/info')).text(), await (await gateway.get('/v1/models')).text());
    const metrics = await (await gateway.get('/metrics')).text();
    const log = (await gateway.logLines()).join('\n');
    for (const text of [...bodies, metrics, log]) {
      assert.ok(!text.includes(PROVIDER_KEY));
      assert.ok(!text.includes(MASTER_KEY));
    }
    assert.ok(!log.includes('canary prompt'));
    assert.ok(!metrics.includes('canary prompt'));
    assert.match(metrics, /litellm_requests|litellm_proxy_total_requests/);
  });
});
