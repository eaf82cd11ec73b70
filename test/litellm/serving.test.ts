/** LiteLLM's suites of routing, fallbacks, streaming and prometheus over HTTP: what clients and dashboards of it rely on. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

const model = (name: string, upstream: string, id: string): string => `
  - model_name: ${name}
    litellm_params: { model: ${upstream}, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
    model_info: { id: ${id} }`;
const CONFIG = `
model_list:${model('even', 'openai/gpt-4o', 'even-1')}${model('even', 'openai/gpt-4o', 'even-2')}${model('bad', 'openai/gpt-4o+fault-500', 'bad-1')}${model('good', 'openai/gpt-4o', 'good-1')}${model('lonely', 'openai/gpt-4o+fault-500', 'lonely-1')}
router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ bad: [good] }] }
`;

let proxy: LiteLlmClient;
let key = '';
before(async () => {
  proxy = await startProxy({ config: CONFIG });
  key = await proxy.key({ key_alias: 'served' });
});
after(() => proxy.close());

describe('Routing', { timeout: 60_000 }, () => {
  it('spreads requests over the deployments of a name, and says which answered', async () => {
    const seen = new Set<string | null>();
    for (let count = 0; count < 40 && seen.size < 2; count += 1) {
      const { status, headers } = await proxy.chat(key, 'even');
      assert.equal(status, 200);
      seen.add(headers.get('x-litellm-model-id'));
    }
    assert.deepEqual([...seen].sort(), ['even-1', 'even-2']);
  });

  it('falls back to another group, and says so', async () => {
    const { status, headers } = await proxy.chat(key, 'bad');
    assert.deepEqual(
      [status, headers.get('x-litellm-attempted-fallbacks'), headers.get('x-litellm-model-id')],
      [200, '1', 'good-1'],
    );
    assert.equal((await proxy.chat(key, 'good')).headers.get('x-litellm-attempted-fallbacks'), '0');
  });

  it('does not fall back where the client says no, and tries the client’s own', async () => {
    assert.equal((await proxy.chat(key, 'bad', { disable_fallbacks: true })).status, 500);
    const own = await proxy.chat(key, 'lonely', { fallbacks: ['good'] });
    assert.deepEqual([own.status, own.headers.get('x-litellm-model-id')], [200, 'good-1']);
    const narrow = await proxy.key({ models: ['lonely'] });
    assert.equal((await proxy.chat(narrow, 'lonely', { fallbacks: ['good'] })).status, 403);
  });

  it('tests fallbacks on demand', async () => {
    const { status, headers } = await proxy.chat(key, 'bad', { mock_testing_fallbacks: true });
    assert.deepEqual([status, headers.get('x-litellm-model-id')], [200, 'good-1']);
  });

  it('calls no model that the key may not use, and none that does not exist', async () => {
    const narrow = await proxy.key({ models: ['good'] });
    assert.equal((await proxy.chat(narrow, 'even')).status, 403);
    assert.equal((await proxy.chat(key, 'no-such-model')).status, 400);
  });
});

describe('A stream', { timeout: 60_000 }, () => {
  const stream = async (further: JsonObject = {}, name = 'good'): Promise<readonly JsonObject[]> => {
    const response = await fetch(`${proxy.gateway.url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: name,
        stream: true,
        messages: [{ role: 'user', content: 'say: one two three' }],
        ...further,
      }),
    });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    const frames = (await response.text()).split('\n\n').filter((frame) => frame.startsWith('data: '));
    assert.equal(frames.at(-1), 'data: [DONE]');
    return frames.slice(0, -1).map((frame) => JSON.parse(frame.slice(6)) as JsonObject);
  };
  const choicesOf = (chunk: JsonObject): JsonObject[] => chunk.choices as JsonObject[];

  it('has one id, says the role first, and ends with a reason', async () => {
    const chunks = await stream();
    assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
    const [first] = choicesOf(chunks[0] ?? {});
    assert.ok(first !== undefined);
    assert.equal((first.delta as JsonObject).role, 'assistant');
    assert.equal(chunks.flatMap(choicesOf).at(-1)?.finish_reason, 'stop');
    const text = chunks.flatMap(choicesOf).map(({ delta }) => (delta as JsonObject).content ?? '');
    assert.equal(text.join('').trim(), 'one two three');
  });

  it('has usage at its end if it is asked for, and only then', async () => {
    assert.ok((await stream()).every(({ usage }) => (usage ?? null) === null));
    const chunks = await stream({ stream_options: { include_usage: true } });
    const last = chunks.at(-1);
    assert.ok(last !== undefined);
    const { prompt_tokens, completion_tokens, total_tokens } = last.usage as Record<string, number>;
    assert.equal(total_tokens, (prompt_tokens ?? 0) + (completion_tokens ?? 0));
    assert.ok((completion_tokens ?? 0) > 0);
  });

  it('falls back before its first word', async () => {
    assert.ok((await stream({}, 'bad')).length > 1);
  });

  it('is booked like an answer that came whole', async () => {
    const own = await proxy.key();
    const response = await fetch(`${proxy.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'good', stream: true, messages: [{ role: 'user', content: 'say: hello' }] }),
    });
    await response.text();
    const spend = async (): Promise<number> =>
      Number(((await proxy.ok('GET', `/key/info?key=${own}`)).info as JsonObject).spend);
    assert.ok((await until(spend, (amount) => amount > 0)) > 0);
  });
});

describe('/metrics', { timeout: 60_000 }, () => {
  const lines = async (name: string): Promise<readonly string[]> => {
    const response = await fetch(`${proxy.gateway.url}/metrics`, {
      headers: { authorization: `Bearer ${proxy.gateway.masterKey}` },
    });
    return (await response.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
  };
  const sum = (some: readonly string[]): number =>
    some.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);

  it('count answers, failures, tokens and spend by key and team, in LiteLLM’s names', async () => {
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { team_alias: 'measured', max_budget: 10 });
    const own = await proxy.key({ key_alias: 'measured-key', team_id, max_budget: 5 });
    assert.equal((await proxy.chat(own, 'good')).status, 200);
    assert.equal((await proxy.chat(own, 'lonely')).status, 500);
    for (const name of [
      'litellm_proxy_total_requests_metric_total',
      'litellm_proxy_failed_requests_metric_total',
      'litellm_spend_metric_total',
      'litellm_total_tokens_metric_total',
      'litellm_input_tokens_metric_total',
      'litellm_output_tokens_metric_total',
    ]) {
      const found = await until(
        async () => (await lines(name)).filter((line) => line.includes('measured')),
        (some) => some.length > 0,
      );
      assert.ok(sum(found) > 0, name);
      assert.ok(!found.some((line) => line.includes(own)), 'a key’s text');
    }
  });

  it('show what is left of budgets', async () => {
    for (const [name, most] of [
      ['litellm_remaining_team_budget_metric', 10],
      ['litellm_remaining_api_key_budget_metric', 5],
    ] as const) {
      const found = await until(
        async () => (await lines(name)).filter((line) => line.includes('measured')),
        (some) => some.length > 0,
      );
      const left = sum(found);
      assert.ok(left > 0 && left < most, `${name} ${left}`);
    }
  });

  it('count fallbacks, and how deployments do', async () => {
    await proxy.chat(key, 'bad');
    for (const name of [
      'litellm_deployment_successful_fallbacks_total',
      'litellm_deployment_success_responses_total',
      'litellm_deployment_failure_responses_total',
      'litellm_deployment_total_requests_total',
    ]) {
      const found = await until(
        () => lines(name),
        (some) => some.length > 0,
      );
      assert.ok(sum(found) > 0, name);
    }
  });
});
