/** Who may use which route. Made from the tables of routes, so that a new route is covered the day it is written. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FACT_ROUTES, MODEL_ROUTES } from '../../src/server/routes.ts';
import { BLOCKED_KEY, TENANT_KEY } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

interface Place {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly access: 'public' | 'optional' | 'key' | 'admin';
}

const PLACES: readonly Place[] = [...MODEL_ROUTES, ...FACT_ROUTES].flatMap(({ method, paths, access }) =>
  paths.map((path) => ({
    method,
    path: path.replace(':model', 'gpt-4o').replace('*', 'gpt-4o').replace(':response', 'resp_1'),
    access,
  })),
);

const isOpen = (access: Place['access']): boolean => access === 'public' || access === 'optional';

const LIVENESS = ['/health/liveliness', '/health/liveness', '/health/readiness'];
/** It has a token of its own, and is off unless it is switched on. */
const DRAIN = '/health/drain';

/** They say what this software serves, and nothing of this instance. */
const PAGES = ['/', '/docs', '/openapi.json', '/ui'];

/** SQL, NUL-like escapes, lengths and unusual letters: all just an unknown key. */
const ODD_KEYS = [
  "' OR '1'='1",
  "sk-1'; DROP TABLE keys; --",
  'sk-%00',
  '__proto__',
  'constructor',
  'undefined',
  'null',
  '*',
  `${TENANT_KEY}x`,
  TENANT_KEY.slice(0, -1),
  TENANT_KEY.toUpperCase(),
  `${TENANT_KEY},${TENANT_KEY}`,
  'x'.repeat(10_000),
  'é'.repeat(20),
];

describe('routes', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  const call = (place: Place, headers: Readonly<Record<string, string>>): Promise<Response> => {
    const isMessages = place.path.includes('messages');
    const body = {
      model: 'gpt-4o',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'hi' }],
      input: 'hi',
      prompt: 'hi',
    };
    if (place.method === 'GET') return gateway.get(place.path, headers);
    if (place.method === 'DELETE') return fetch(gateway.url + place.path, { method: 'DELETE', headers });
    return gateway.post(place.path, isMessages ? { ...body, input: undefined, prompt: undefined } : body, headers);
  };
  const upstreamCalls = (): number => gateway.simulator.requests.length;

  test('only the liveness paths and the pages about routes are public, and one answers each path', () => {
    const open = PLACES.filter(({ access }) => isOpen(access)).map(({ path }) => path);
    assert.deepEqual(open.sort(), [...LIVENESS, DRAIN, ...PAGES].sort());
    assert.equal(new Set(PLACES.map(({ method, path }) => `${method} ${path}`)).size, PLACES.length);
  });

  for (const place of PLACES) {
    test(`${place.method} ${place.path} (${place.access})`, async () => {
      const before = upstreamCalls();
      const isPublic = isOpen(place.access);
      const refused: readonly Readonly<Record<string, string>>[] = [
        {},
        { authorization: '' },
        { authorization: 'Bearer' },
        { authorization: 'Bearer ' },
        { authorization: `Basic ${Buffer.from(`x:${TENANT_KEY}`).toString('base64')}` },
        { authorization: 'Bearer unknown-key' },
        { 'x-api-key': 'unknown-key' },
        { authorization: `Bearer ${BLOCKED_KEY}` },
        { 'x-api-key': BLOCKED_KEY },
        { 'api-key': BLOCKED_KEY },
        { authorization: `Bearer ${TENANT_KEY}`, 'x-api-key': 'unknown-key' },
        { authorization: 'Bearer unknown-key', 'x-api-key': gateway.masterKey },
        { cookie: `token=${gateway.masterKey}` },
      ];
      for (const headers of refused) {
        const response = await call(place, headers);
        const text = await response.text();
        assert.equal(
          response.status,
          isPublic ? (place.path === DRAIN ? 404 : 200) : 401,
          `${JSON.stringify(headers)}: ${text}`,
        );
        if (!isPublic) assert.match(text, /"error":\{/);
      }
      assert.equal(upstreamCalls(), before, 'nothing was asked of a provider');

      for (const headers of [
        { authorization: `Bearer ${TENANT_KEY}` },
        { 'x-api-key': TENANT_KEY },
        { 'api-key': TENANT_KEY },
      ]) {
        const { status } = await call(place, headers);
        if (place.access === 'admin') assert.equal(status, 403);
        else assert.ok(status !== 401 && status !== 403 && status < 500, String(status));
      }
      const { status } = await call(place, { authorization: `Bearer ${gateway.masterKey}` });
      // Without a Redis its check says so.
      const most = place.path === '/cache/ping' ? 504 : 500;
      assert.ok(status !== 401 && status !== 403 && status < most, String(status));
    });
  }

  test('the metrics page is not for tenants where it asks for a key', async () => {
    const statuses = [];
    for (const key of [undefined, TENANT_KEY, gateway.masterKey]) {
      const response = await gateway.get('/metrics', key === undefined ? {} : { authorization: `Bearer ${key}` });
      statuses.push(response.status);
      const text = await response.text();
      assert.ok(!text.includes(TENANT_KEY) && !text.includes(gateway.masterKey));
    }
    assert.equal(statuses[2], 200);
  });

  test('odd keys are unknown keys on every route, also as other headers and in the path of the failure', async () => {
    for (const place of PLACES.filter(({ access }) => !isOpen(access))) {
      for (const key of ODD_KEYS) {
        for (const name of ['authorization', 'x-api-key']) {
          const response = await call(place, { [name]: name === 'authorization' ? `Bearer ${key}` : key });
          const text = await response.text();
          assert.equal(response.status, 401, `${place.path} ${key.slice(0, 40)}: ${text}`);
          assert.ok(!text.includes(key.slice(0, 30)) || key.length < 12, 'the key is not echoed');
        }
      }
    }
  });

  test('what a tenant may not use stays closed by every name: group, alias, deployment id, path', async () => {
    const ids = (await (await gateway.get('/model/info')).json()) as {
      data: { model_name: string; model_info: { id: string } }[];
    };
    const denied = ids.data
      .filter(({ model_name }) => model_name === 'claude-sonnet')
      .map(({ model_info }) => model_info.id);
    assert.ok(denied.length > 0);
    const headers = { authorization: `Bearer ${TENANT_KEY}` };
    const messages = [{ role: 'user', content: 'hi' }];
    const before = upstreamCalls();
    for (const model of ['claude-sonnet', 'house-model', 'anthropic/claude-sonnet-4-5', ...denied]) {
      const named = await gateway.post('/v1/chat/completions', { model, messages }, headers);
      assert.equal(named.status, 403, `${model}: ${await named.text()}`);
      const path = `/openai/deployments/${encodeURIComponent(model)}/chat/completions`;
      // The name in the path wins, whatever the body says.
      assert.equal((await gateway.post(path, { model: 'gpt-4o', messages }, headers)).status, 403, path);
      const shown = await gateway.get(`/v1/models/${encodeURIComponent(model)}`, headers);
      assert.equal(shown.status, 404, model);
    }
    assert.equal(upstreamCalls(), before);
    const info = await (await gateway.get('/model/info', headers)).text();
    assert.ok(!info.includes('claude') && !info.includes(gateway.simulator.url), 'neither other models nor addresses');
    const listed = (await (await gateway.get('/v1/models', headers)).json()) as { data: { id: string }[] };
    for (const { id } of listed.data) assert.match(id, /^(?:gpt-4o|openai\/.+|secret)$/);
  });
});
