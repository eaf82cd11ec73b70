/** LiteLLM's ways to say which models a request may go to: several at once, regions, fallbacks with messages of their own, time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const at = (model: string, more: object = {}) => ({
  model,
  api_base: 'os.environ/SIMULATOR_URL',
  api_key: 'os.environ/PROVIDER_KEY',
  input_cost_per_token: 0.000001,
  output_cost_per_token: 0.000002,
  ...more,
});

const CONFIG = JSON.stringify({
  model_list: [
    { model_name: 'a', litellm_params: at('openai_like/alpha') },
    { model_name: 'b', litellm_params: at('openai_like/beta') },
    { model_name: 'slow', litellm_params: at('openai_like/gamma+latency-20000-0') },
    { model_name: 'broken', litellm_params: at('openai_like/fault-500') },
    { model_name: 'also-broken', litellm_params: at('openai_like/fault-503') },
    { model_name: 'both', litellm_params: at('openai_like/in-eu', { region_name: 'westeurope' }) },
    { model_name: 'both', litellm_params: at('openai_like/in-us', { region_name: 'eastus' }) },
    { model_name: 'only-us', litellm_params: at('openai_like/in-us', { region_name: 'us-east-1' }) },
    { model_name: 'only-eu', litellm_params: at('openai_like/in-eu', { region_name: 'eu' }) },
  ],
  router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ 'only-us': ['both'] }] },
  general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
});

let gateway: TestGateway;
let nextKey = 0;
before(async () => {
  gateway = await startTestGateway({ config: CONFIG });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const says = (words: string) => [{ role: 'user', content: `Say: ${words}` }];
const chat = (body: object, headers?: Record<string, string>) =>
  gateway.post('/v1/chat/completions', { messages: says('hello'), ...body }, headers);
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

interface Answered {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null };
}
const wordsOf = (answer: Answered | undefined) => answer?.choices[0]?.message.content;
async function refusal(response: Response, status: number) {
  const body = (await response.json()) as Answered;
  assert.equal(response.status, status, JSON.stringify(body));
  return body.error;
}

async function newKey(body: object): Promise<string> {
  const made = await gateway.post('/key/generate', { key_alias: `k${nextKey++}`, ...body });
  assert.equal(made.status, 200, await made.clone().text());
  return ((await made.json()) as { key: string }).key;
}

async function spendOf(key: string): Promise<number> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const info = await gateway.get(`/key/info?key=${key}`);
    const { spend } = ((await info.json()) as { info: { spend: number } }).info;
    if (spend > 0 || Date.now() > deadline) return spend;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('several models with commas between them', { timeout: 30_000 }, () => {
  it('give the list of their answers in that order, each with its own call and cost', async () => {
    const key = await newKey({});
    const answered = await chat({ model: 'b, a' }, bearer(key));
    assert.equal(answered.status, 200);
    const list = (await answered.json()) as (Answered & { model: string; usage: { prompt_tokens: number } })[];
    assert.deepEqual(list.map(wordsOf), ['hello', 'hello']);
    assert.deepEqual(gateway.simulator.requests.map(({ model }) => model).sort(), ['alpha', 'beta']);
    const calls = answered.headers.get('x-sluice-call-ids')?.split(',') ?? [];
    assert.equal(new Set(calls).size, 2);
    const groups = await Promise.all(calls.map(async (id) => (await gateway.requestLine(id)).group));
    assert.deepEqual(groups, ['b', 'a']);
    const cost = Number(answered.headers.get('x-litellm-response-cost'));
    assert.ok(cost > 0);
    assert.equal(await spendOf(key), cost);
  });

  it('are refused as a whole if the key may not use one of them, before any is asked', async () => {
    const key = await newKey({ models: ['a'] });
    const error = await refusal(await chat({ model: 'a,b' }, bearer(key)), 403);
    assert.match(error.message, /Tried to access b/);
    assert.equal(gateway.simulator.requests.length, 0);
    const unknown = await refusal(await chat({ model: 'a,nobody' }), 400);
    assert.match(unknown.message, /model=nobody/);
    assert.equal(gateway.simulator.requests.length, 0);
  });

  it('count as many requests: what is over the limit of the key is an error in the list', async () => {
    const key = await newKey({ rpm_limit: 1 });
    const answered = await chat({ model: 'a,b' }, bearer(key));
    assert.equal(answered.status, 200);
    const list = (await answered.json()) as Answered[];
    assert.deepEqual(list.map((each) => each.error?.type ?? 'answered').sort(), ['None', 'answered']);
    assert.equal(gateway.simulator.requests.length, 1);
  });

  it('whose answers all fail, fail as one', async () => {
    const error = await refusal(await chat({ model: 'broken,broken' }), 500);
    assert.equal(error.type, 'internal_server_error');
    const half = (await (await chat({ model: 'broken,a' })).json()) as Answered[];
    assert.equal(half[0]?.error.type, 'internal_server_error');
    assert.equal(wordsOf(half[1]), 'hello');
  });

  it('are all given up when the client leaves', async () => {
    const leaving = new AbortController();
    const body = JSON.stringify({ model: 'slow,slow,slow', messages: says('hello') });
    const headers = { ...bearer(gateway.masterKey), 'content-type': 'application/json' };
    const asked = fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body,
      signal: leaving.signal,
    });
    asked.catch(() => undefined);
    const until = async (isSo: () => boolean) => {
      for (let tries = 0; tries < 500 && !isSo(); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(isSo());
    };
    await until(() => gateway.simulator.requests.length === 3);
    leaving.abort();
    await assert.rejects(asked);
    await until(() => gateway.simulator.requests.every(({ outcome }) => outcome === 'aborted-by-client'));
    const inFlight = async () =>
      /^litellm_in_flight_requests (\d+)$/m.exec(await (await gateway.get('/metrics')).text())?.[1];
    for (let tries = 0; tries < 500 && (await inFlight()) !== '0'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await inFlight(), '0');
  });

  it('are bounded, not streamed, and have no empty name', async () => {
    assert.equal((await refusal(await chat({ model: Array(9).fill('a').join(',') }), 400)).param, 'model');
    assert.equal((await refusal(await chat({ model: 'a,b', stream: true }), 400)).param, 'stream');
    assert.equal((await refusal(await chat({ model: 'a,,b' }), 400)).param, 'model');
    assert.equal((await refusal(await chat({ model: 'a,b', fastest_response: true }), 400)).param, 'fastest_response');
    assert.equal(gateway.simulator.requests.length, 0);
  });
});

describe('allowed_model_region', { timeout: 30_000 }, () => {
  const seen = () => new Set(gateway.simulator.requests.map(({ model }) => model));

  it('of a customer holds for each of its requests, fallbacks included, and the answer names the region', async () => {
    const made = await gateway.post('/end_user/new', { user_id: 'eu-customer', allowed_model_region: 'eu' });
    assert.equal(made.status, 200);
    for (let count = 0; count < 12; count++) {
      const answered = await chat({ model: 'both', user: 'eu-customer' });
      assert.equal(answered.status, 200);
      assert.equal(answered.headers.get('x-litellm-model-region'), 'westeurope');
    }
    assert.equal((await chat({ model: 'only-us', user: 'eu-customer' })).status, 200);
    assert.deepEqual(seen(), new Set(['in-eu']));
    await gateway.post('/end_user/update', { user_id: 'eu-customer', allowed_model_region: 'us' });
    assert.equal((await chat({ model: 'both', user: 'eu-customer' })).headers.get('x-litellm-model-region'), 'eastus');
    await chat({ model: 'both', user: 'somebody-else' });
  });

  it('of body, key, team and customer hold together', async () => {
    await gateway.post('/end_user/new', { user_id: 'us-customer', allowed_model_region: 'us' });
    const key = await newKey({ metadata: { allowed_model_region: 'eu' } });
    assert.equal((await chat({ model: 'both' }, bearer(key))).headers.get('x-litellm-model-region'), 'westeurope');
    assert.equal((await chat({ model: 'both', allowed_model_region: 'westeurope' }, bearer(key))).status, 200);
    gateway.simulator.reset();
    for (const more of [
      { user: 'us-customer' },
      { allowed_model_region: 'us' },
      { allowed_model_region: 'eu-north-1' },
    ])
      assert.notEqual((await chat({ model: 'both', ...more }, bearer(key))).status, 200);
    const team = (await (await gateway.post('/team/new', { metadata: { allowed_model_region: 'us' } })).json()) as {
      team_id: string;
    };
    const ofTeam = await newKey({ team_id: team.team_id, metadata: { allowed_model_region: 'eu' } });
    assert.notEqual((await chat({ model: 'both' }, bearer(ofTeam))).status, 200);
    assert.equal(gateway.simulator.requests.length, 0);
  });

  it('that is no text is refused, and never ignored', async () => {
    for (const allowed_model_region of [['eu'], 5, '', { eu: true }, 'x'.repeat(300)]) {
      const error = await refusal(await chat({ model: 'both', allowed_model_region }), 400);
      assert.equal(error.param, 'allowed_model_region');
    }
    const key = await newKey({ metadata: { allowed_model_region: ['eu'] } });
    assert.notEqual((await chat({ model: 'both' }, bearer(key))).status, 200);
    assert.equal(gateway.simulator.requests.length, 0);
    assert.equal((await chat({ model: 'both', allowed_model_region: null })).status, 200);
  });
});

describe('a fallback that the client asks for', { timeout: 30_000 }, () => {
  it('gets the messages that it names, and the other members of the request', async () => {
    const fallbacks = [{ model: 'b', messages: says('custom'), max_tokens: 7 }];
    for (const model of ['broken', 'broken']) {
      const answered = await chat({ model, fallbacks, temperature: 0.5, messages: says('original') });
      assert.equal(answered.status, 200);
      assert.equal(wordsOf((await answered.json()) as Answered), 'custom');
    }
    const sent = gateway.simulator.requests.at(-1)?.body as Record<string, unknown>;
    assert.deepEqual(sent.messages, says('custom'));
    assert.equal(sent.max_tokens, 7);
    assert.equal(sent.temperature, 0.5);
    assert.equal(sent.fallbacks, undefined);
    assert.deepEqual(
      (gateway.simulator.requests[0] as { body: Record<string, unknown> }).body.messages,
      says('original'),
    );
    const streamed = await chat({ model: 'broken', fallbacks, stream: true, messages: says('original') });
    assert.match(await streamed.text(), /custom/);
    const plain = await chat({ model: 'broken', fallbacks: [{ model: 'b' }], messages: says('original') });
    assert.equal(wordsOf((await plain.json()) as Answered), 'original');
  });

  it('leaves the request of the client to the fallbacks that name nothing, and to its own group', async () => {
    const custom = { model: 'also-broken', messages: says('custom') };
    const answered = await chat({ model: 'broken', fallbacks: [custom, 'b'], messages: says('original') });
    assert.equal(wordsOf((await answered.json()) as Answered), 'original');
    const own = await chat({ model: 'a', fallbacks: [{ ...custom, model: 'a' }], messages: says('original') });
    assert.equal(wordsOf((await own.json()) as Answered), 'original');
    const sent = gateway.simulator.requests.map(({ body }) => (body as { messages: unknown }).messages);
    assert.deepEqual(sent, [says('original'), says('custom'), says('original'), says('original')]);
  });

  it('counts for the claim by its own size', async () => {
    const long = says('word '.repeat(4_000));
    const key = await newKey({ max_budget: 0.002 });
    const small = await chat({ model: 'broken', max_tokens: 5, fallbacks: [{ model: 'b' }] }, bearer(key));
    assert.equal(small.status, 200, await small.text());
    const large = { model: 'broken', max_tokens: 5, fallbacks: [{ model: 'b', messages: long }] };
    const refused = await refusal(await chat(large, bearer(key)), 422);
    assert.match(refused.message, /Budget/i);
    const counted = await newKey({ tpm_limit: 1_000 });
    assert.equal((await chat(large, bearer(counted))).status, 429);
    assert.equal(gateway.simulator.requests.filter(({ model }) => model === 'beta').length, 1);
  });

  it('may not change who pays or how the answer comes', async () => {
    for (const member of ['user', 'metadata', 'stream', 'timeout', 'fallbacks', 'allowed_model_region']) {
      const fallbacks = [{ model: 'b', [member]: 'x' }];
      assert.match((await refusal(await chat({ model: 'a', fallbacks }), 400)).message, new RegExp(member));
    }
  });

  it('and that its key may not use is refused by its name at once', async () => {
    const key = await newKey({ models: ['a', 'broken'] });
    for (const fallbacks of [['b'], [{ model: 'b', messages: says('custom') }], [{ a: ['b'] }]]) {
      const error = await refusal(await chat({ model: 'a', fallbacks }, bearer(key)), 403);
      assert.match(error.message, /Tried to access b/);
      assert.equal(error.param, 'fallbacks');
    }
    assert.equal(gateway.simulator.requests.length, 0);
    assert.equal((await chat({ model: 'broken', fallbacks: ['a'] }, bearer(key))).status, 200);
  });
});

describe('a limit of time that is over before anybody is asked', { timeout: 30_000 }, () => {
  it('is a timeout, which clients do not take for a rate limit', async () => {
    const body = JSON.stringify({ model: 'a', messages: says('hello') });
    const headers = { ...bearer(gateway.masterKey), 'content-length': body.length, 'x-litellm-timeout': '0.001' };
    const sent = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers });
    const answered = once(sent, 'response');
    sent.flushHeaders();
    // The time of a request begins with its headers.
    await new Promise((resolve) => setTimeout(resolve, 50));
    sent.end(body);
    const [response] = (await answered) as [IncomingMessage];
    const { error } = (await json(response)) as Answered;
    assert.equal(response.statusCode, 408, error.message);
    assert.equal(error.type, 'timeout_error');
    assert.equal(gateway.simulator.requests.length, 0);
  });
});

describe('the headers of an answer', { timeout: 30_000 }, () => {
  it('tell limits, and the cost by parts that add up to it', async () => {
    const headers = { ...bearer(gateway.masterKey), 'x-litellm-timeout': '12.5', 'x-litellm-num-retries': '3' };
    const answered = await chat({ model: 'a' }, headers);
    assert.equal(answered.headers.get('x-litellm-timeout'), '12.5');
    assert.equal(answered.headers.get('x-litellm-max-retries'), '3');
    assert.equal(answered.headers.get('x-litellm-model-region'), null);
    const cost = (part: string) => Number(answered.headers.get(`x-litellm-response-cost${part}`) ?? Number.NaN);
    const { usage } = (await answered.json()) as { usage: { prompt_tokens: number; completion_tokens: number } };
    assert.equal(cost('-input').toFixed(9), (usage.prompt_tokens / 1e6).toFixed(9));
    assert.equal(cost('-output').toFixed(9), ((usage.completion_tokens * 2) / 1e6).toFixed(9));
    assert.equal((cost('-input') + cost('-output')).toFixed(9), cost('').toFixed(9));
    assert.equal(cost('-original'), cost(''));
    const usual = await chat({ model: 'a' });
    assert.equal(usual.headers.get('x-litellm-timeout'), '600');
    assert.equal(usual.headers.get('x-litellm-max-retries'), '0');
  });
});

describe('`rpm` of a deployment', { timeout: 30_000 }, () => {
  const limited = (settings: object) =>
    startTestGateway({
      sharedSimulator: gateway.simulator,
      config: JSON.stringify({
        model_list: [{ model_name: 'slow', litellm_params: at('openai_like/alpha+latency-400-0', { rpm: 1 }) }],
        router_settings: { num_retries: 0, disable_cooldowns: true, ...settings },
        general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      }),
    });

  for (const [name, settings, statuses] of [
    ['is a weight by default, as in LiteLLM', {}, [200, 200]],
    ['holds with `enforce_model_rate_limits`', { optional_pre_call_checks: ['enforce_model_rate_limits'] }, [200, 429]],
    ['holds with `enable_pre_call_checks`', { enable_pre_call_checks: true }, [200, 429]],
  ] as const) {
    it(`${name}, also while the first request is under way`, async () => {
      const other = await limited(settings);
      try {
        const body = { model: 'slow', messages: says('hello') };
        const first = other.post('/v1/chat/completions', body);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const second = await other.post('/v1/chat/completions', body);
        assert.deepEqual([(await first).status, second.status], statuses);
      } finally {
        await other.close();
      }
    });
  }
});
