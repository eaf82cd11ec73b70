/** LiteLLM's smaller endpoints, and the pages about the gateway itself. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { MANAGEMENT_ROUTES } from '../../src/server/routes.ts';
import { litellmJudge } from '../management/openapi-schemas.ts';
import { PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

const HEADER_SECRET = 'canary-header-5a11';
const at = (model: string, more: object = {}) => ({
  model,
  api_base: 'os.environ/SIMULATOR_URL',
  api_key: 'os.environ/PROVIDER_KEY',
  ...more,
});

let gateway: TestGateway;
let limited: Record<string, string>;
before(async () => {
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [
        { model_name: 'gpt', litellm_params: at('openai/gpt-4o', { extra_headers: { 'x-tenant': HEADER_SECRET } }) },
        { model_name: 'gpt', litellm_params: at('openai/gpt-4o-mini') },
        { model_name: 'thinker', litellm_params: at('openai/o3') },
        { model_name: 'claude', litellm_params: at('anthropic/claude-sonnet-4-5') },
        { model_name: 'vector', litellm_params: at('openai/text-embedding-3-small') },
        { model_name: 'any/*', litellm_params: at('openai_like/*'), model_info: { access_groups: ['wild'] } },
      ],
      router_settings: { num_retries: 0, fallbacks: [{ gpt: ['claude'] }] },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  const made = await gateway.post('/key/generate', { models: ['gpt'] });
  limited = { authorization: `Bearer ${((await made.json()) as { key: string }).key}` };
});
after(() => gateway.close());

async function ok(path: string, headers?: Record<string, string>): Promise<JsonObject> {
  const answered = await gateway.get(path, headers);
  const body = (await answered.json()) as JsonObject;
  assert.equal(answered.status, 200, JSON.stringify(body));
  return body;
}

async function asked(path: string, body: JsonObject, status = 200, headers?: Record<string, string>) {
  const answered = await gateway.post(path, body, headers);
  const read = (await answered.json()) as JsonObject;
  assert.equal(answered.status, status, JSON.stringify(read));
  return read;
}

const infoAt = ({ data }: JsonObject, place: number) => (data as { model_info: JsonObject }[])[place]?.model_info ?? {};
const namesOf = ({ data }: JsonObject) => (data as JsonObject[]).map((row) => row.model_name);

describe('/v2/model/info', { timeout: 30_000 }, () => {
  it('has pages, a search and an order', async () => {
    const all = await ok('/v2/model/info');
    assert.deepEqual(
      { ...all, data: namesOf(all) },
      {
        data: ['gpt', 'gpt', 'thinker', 'claude', 'vector', 'any/*'],
        total_count: 6,
        current_page: 1,
        total_pages: 1,
        size: 50,
      },
    );
    const second = await ok('/v2/model/info?page=2&size=4&sortBy=model_name&sortOrder=desc');
    assert.deepEqual(namesOf(second), ['claude', 'any/*']);
    assert.equal(second.total_pages, 2);
    assert.deepEqual(namesOf(await ok('/v2/model/info?page=9&size=4')), []);
    assert.deepEqual(namesOf(await ok('/v2/model/info?search=GPT')), ['gpt', 'gpt']);
    assert.deepEqual(namesOf(await ok('/v2/model/info?search=sonnet')), ['claude']);
    assert.deepEqual(namesOf(await ok('/v2/model/info?wildcard_only=true')), ['any/*']);
    assert.deepEqual(namesOf(await ok('/v2/model/info?access_group=wild')), ['any/*']);
    assert.deepEqual(namesOf(await ok('/v2/model/info?model=vector')), ['vector']);
    const dear = await ok('/v2/model/info?sortBy=costs&sortOrder=desc&model=gpt');
    assert.equal(infoAt(dear, 0).key, 'gpt-4o');
    const { id } = infoAt(all, 3);
    assert.deepEqual(namesOf(await ok(`/v2/model/info?modelId=${id}`)), ['claude']);
  });

  it('shows a key what it may use, and refuses what it does not understand', async () => {
    assert.deepEqual(namesOf(await ok('/v2/model/info', limited)), ['gpt', 'gpt']);
    for (const query of [
      'page=0',
      'page=x',
      'size=0',
      'size=1001',
      'sortBy=secret',
      'sortOrder=up',
      'sortBy=__proto__',
    ])
      assert.equal((await gateway.get(`/v2/model/info?${query}`)).status, 422, query);
  });

  it('has the groups under both spellings', async () => {
    assert.deepEqual(await ok('/model/group/info'), await ok('/model_group/info'));
  });
});

describe('/utils/token_counter', { timeout: 30_000 }, () => {
  it('counts prompts and messages in LiteLLM’s shape', async () => {
    const words = 'one two three four five';
    const counted = await asked('/utils/token_counter', { model: 'gpt', prompt: words });
    assert.equal(litellmJudge()?.('TokenCountResponse', counted), undefined);
    // On a busy machine a sample is counted, which errs on the high side.
    assert.ok(Number(counted.total_tokens) >= 5 && Number(counted.total_tokens) < 50);
    assert.equal(counted.model_used, 'gpt-4o');
    const messages = [{ role: 'user', content: words }];
    const of = async (body: JsonObject) =>
      Number((await asked('/utils/token_counter', { model: 'gpt', ...body })).total_tokens);
    assert.ok((await of({ messages })) >= 5);
    assert.ok((await of({ messages, system: words, tools: [{ name: words }] })) >= 15);
    assert.ok((await of({ contents: [{ parts: [{ text: words }] }] })) >= 5);
  });

  it('refuses models that the key may not use, and nothing to count', async () => {
    await asked('/utils/token_counter', { model: 'claude', prompt: 'x' }, 403, limited);
    await asked('/utils/token_counter', { model: 'gpt' }, 422);
    await asked('/utils/token_counter', { prompt: 'x' }, 422);
  });
});

describe('/utils/supported_openai_params', { timeout: 30_000 }, () => {
  const params = async (model: string) =>
    new Set((await ok(`/utils/supported_openai_params?model=${model}`)).supported_openai_params as string[]);

  it('lists what the model takes, as a request with it would show', async () => {
    const gpt = await params('gpt');
    for (const name of ['temperature', 'tools', 'logit_bias', 'seed', 'response_format', 'n', 'stream_options'])
      assert.ok(gpt.has(name), name);
    const claude = await params('claude');
    for (const name of ['temperature', 'tools', 'stop', 'max_tokens']) assert.ok(claude.has(name), name);
    for (const name of ['logit_bias', 'seed', 'logprobs']) assert.ok(!claude.has(name), name);
    assert.ok(!(await params('thinker')).has('temperature'));
    assert.equal(gateway.simulator.requests.length, 0);
  });

  it('refuses a model that the key may not use, is unknown, or does not chat', async () => {
    assert.equal((await gateway.get('/utils/supported_openai_params?model=claude', limited)).status, 403);
    assert.equal((await gateway.get('/utils/supported_openai_params?model=no-such')).status, 400);
    assert.equal((await gateway.get('/utils/supported_openai_params')).status, 400);
  });
});

describe('/utils/transform_request', { timeout: 30_000 }, () => {
  it('shows an admin the call that would be made, without a secret, and sends nothing', async () => {
    const request_body = {
      model: 'claude',
      messages: [{ role: 'user', content: `Say ${PROVIDER_KEY}` }],
      max_tokens: 9,
    };
    const shown = await asked('/utils/transform_request', { call_type: 'acompletion', request_body });
    assert.equal(litellmJudge()?.('RawRequestTypedDict', shown), undefined);
    assert.match(String(shown.raw_request_api_base), /^http:\/\/127\.0\.0\.1:\d+\/.*messages$/);
    const body = shown.raw_request_body as JsonObject;
    assert.equal(body.model, 'claude-sonnet-4-5');
    assert.equal(body.max_tokens, 9);
    const plain = await asked('/utils/transform_request', {
      call_type: 'completion',
      request_body: { ...request_body, model: 'gpt' },
    });
    assert.ok(!JSON.stringify([shown, plain]).includes(PROVIDER_KEY));
    assert.ok(!JSON.stringify(plain).includes(HEADER_SECRET));
    assert.equal((plain.raw_request_headers as JsonObject).authorization, '*****');
    const vector = { call_type: 'aembedding', request_body: { model: 'vector', input: 'x' } };
    assert.match(String((await asked('/utils/transform_request', vector)).raw_request_api_base), /\/embeddings$/);
    assert.equal(gateway.simulator.requests.length, 0);
  });

  it('is for admins, and names what is wrong', async () => {
    const request_body = { model: 'gpt', messages: [] };
    await asked('/utils/transform_request', { call_type: 'completion', request_body }, 403, limited);
    await asked('/utils/transform_request', { call_type: '__proto__', request_body }, 422);
    await asked('/utils/transform_request', { call_type: 'completion', request_body: [] }, 422);
    await asked(
      '/utils/transform_request',
      { call_type: 'completion', request_body: { model: 'no-such', messages: [] } },
      400,
    );
  });
});

describe('/health/latest', { timeout: 30_000 }, () => {
  it('shows what the last check found, without a call to a provider', async () => {
    assert.deepEqual(await ok('/health/latest'), { latest_health_checks: {}, total_models: 0 });
    await ok('/health?model=gpt');
    const before = gateway.simulator.requests.length;
    const { latest_health_checks: found, total_models: total } = await ok('/health/latest');
    assert.equal(total, 2);
    const [first] = Object.values(found as Record<string, JsonObject>);
    assert.equal(first?.status, 'healthy');
    assert.equal(first?.model_name, 'gpt');
    assert.equal(gateway.simulator.requests.length, before);
    gateway.simulator.reset();
  });
});

describe('what an operator asks', { timeout: 30_000 }, () => {
  it('is answered to admins: callbacks, the cache in words', async () => {
    const { router_settings: settings, callbacks } = await ok('/get/config/callbacks');
    assert.deepEqual((settings as JsonObject).fallbacks, [{ gpt: ['claude'] }]);
    assert.deepEqual(
      (callbacks as JsonObject[]).map(({ name }) => name),
      ['prometheus'],
    );
    const ping = await gateway.get('/cache/ping');
    assert.equal(ping.status, 503);
    assert.match(await ping.text(), /No Redis is configured/);
    for (const path of ['/get/config/callbacks', '/cache/ping'])
      assert.equal((await gateway.get(path, limited)).status, 403);
  });
});

describe('the pages about the gateway', { timeout: 30_000 }, () => {
  const html = { accept: 'text/html,*/*' };

  it('say where things are, to browsers and to programs, without a key', async () => {
    for (const path of ['/', '/ui', '/ui/']) {
      const page = await gateway.get(path, html);
      assert.equal(page.status, 200);
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      const text = await page.text();
      assert.match(text, /href="\/docs"/);
      const { places } = (await (await gateway.get(path, {})).json()) as { places: JsonObject };
      assert.ok(Object.values(places).includes('/openapi.json'));
    }
    assert.equal((await fetch(`${gateway.url}/`, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(`${gateway.url}/`, { method: 'POST' })).status, 405);
  });

  it('run and load nothing: their policy allows the one style that they have', async () => {
    for (const path of ['/', '/docs']) {
      const page = await gateway.get(path, html);
      const text = await page.text();
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; /);
      const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
      assert.ok(policy.includes(createHash('sha256').update(style).digest('base64')));
      assert.ok(!/<script|<img|<link|https?:|style=/i.test(text));
      assert.ok(!text.includes('0.0.0-test'), 'the version is for keys');
    }
  });

  it('describe every route that is served, and each of them asks for a key unless it says otherwise', async () => {
    const document = (await (await gateway.get('/openapi.json', {})).json()) as {
      paths: Record<
        string,
        Record<string, { operationId: string; security?: unknown[]; parameters?: { name: string; in: string }[] }>
      >;
    };
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    assert.equal(new Set(ids).size, ids.length);
    for (const { method, paths } of MANAGEMENT_ROUTES) {
      for (const path of paths) {
        const shown = path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}');
        assert.ok(document.paths[shown]?.[method.toLowerCase()] !== undefined, `${method} ${path}`);
      }
    }
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { security, parameters = [] }] of Object.entries(methods)) {
        const inPath = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => `{${name}}`);
        assert.deepEqual(inPath.join(), [...path.matchAll(/\{\w+\}/g)].join());
        const address = path.replace(/\{\w+\}/g, 'x');
        const { status } = await fetch(gateway.url + address, { method: method.toUpperCase() });
        const label = `${method} ${path} ${status}`;
        if (security === undefined) assert.equal(status, 401, label);
        // It is off, and asks for a token of its own.
        else assert.equal(status, path === '/health/drain' ? 404 : 200, label);
      }
    }
  });

  it('is a document that OpenAPI’s own schema accepts in what matters', async () => {
    const document = (await (await gateway.get('/openapi.json', {})).json()) as JsonObject;
    assert.equal(document.openapi, '3.1.0');
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/(\w+\/\w+)"/g)) {
      const [kind = '', entry = ''] = (name ?? '').split('/');
      assert.ok(((document.components as JsonObject)[kind] as JsonObject)[entry] !== undefined, name);
    }
  });

  it('are listed by /routes as well', async () => {
    assert.equal((await gateway.get('/routes', {})).status, 401);
    const { routes } = (await ok('/routes', limited)) as { routes: { path: string; methods: string[] }[] };
    assert.ok(routes.some(({ path, methods }) => path === '/v1/chat/completions' && methods[0] === 'POST'));
    assert.ok(routes.length > 150);
  });
});

describe('the table of routes', () => {
  it('opens to everybody what is listed here, and no more', () => {
    const text = readFileSync(new URL('../../src/server/routes.ts', import.meta.url), 'utf8');
    const open = [...text.matchAll(/fact\(\s*([\w.]+),\s*'(?:public|optional)'/g)].map(([, name]) => name).sort();
    assert.deepEqual(open, ['docs', 'drain', 'home', 'liveness', 'openapi', 'readiness']);
  });
});
