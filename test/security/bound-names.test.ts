/** Tags and customers have budgets of their own, so that a tenant must not name those of another. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const gateways: TestGateway[] = [];

async function start(more: object = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [
        {
          model_name: 'm',
          litellm_params: {
            model: 'openai/gpt-4o',
            api_base: 'os.environ/SIMULATOR_URL',
            api_key: 'os.environ/PROVIDER_KEY',
          },
        },
      ],
      ...more,
    }),
  });
  gateways.push(gateway);
  return gateway;
}

describe('names that are bound', { timeout: 120_000 }, () => {
  after(async () => {
    for (const gateway of gateways) await gateway.close();
  });

  const manage = async (gateway: TestGateway, path: string, body: object, key?: string) => {
    const response = await gateway.post(path, body, key === undefined ? undefined : { authorization: `Bearer ${key}` });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const newKey = async (gateway: TestGateway, fields: object): Promise<string> => {
    const { status, body } = await manage(gateway, '/key/generate', fields);
    assert.equal(status, 200, JSON.stringify(body));
    return String(body.key);
  };
  const ask = async (gateway: TestGateway, key: string, more: object, headers: Record<string, string> = {}) => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more };
    const response = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}`, ...headers });
    await response.text();
    return response.status;
  };

  test('a key names what its list and that of its team allow, wherever it names it', async () => {
    const gateway = await start();
    const team = { team_id: 'a', allowed_tags: ['a', 'a-*'], allowed_customers: ['a-*'] };
    assert.equal((await manage(gateway, '/team/new', team)).status, 200);
    const key = await newKey(gateway, { team_id: 'a' });
    for (const more of [{ tags: ['a'] }, { tags: ['a', 'a-x'] }, { user: 'a-1' }, { metadata: { tags: ['a-y'] } }, {}])
      assert.equal(await ask(gateway, key, more), 200, JSON.stringify(more));
    for (const more of [
      { tags: ['b'] },
      { tags: ['a', 'b'] },
      { metadata: { tags: ['b'] } },
      { user: 'b-1' },
      { user: 'a' },
      { user: '\u00e9'.repeat(300) },
    ]) {
      assert.equal(await ask(gateway, key, more), 403, JSON.stringify(more));
    }
    assert.equal(await ask(gateway, key, {}, { 'x-litellm-tags': 'b' }), 403);
    assert.equal(await ask(gateway, key, {}, { 'x-litellm-end-user-id': 'b-1' }), 403);
    const narrower = await newKey(gateway, { team_id: 'a', allowed_tags: ['a-x', 'b'], allowed_customers: [] });
    assert.equal(await ask(gateway, narrower, { tags: ['a-x'] }), 200);
    for (const more of [{ tags: ['a'] }, { tags: ['b'] }, { user: 'a-1' }])
      assert.equal(await ask(gateway, narrower, more), 403, JSON.stringify(more));
    assert.equal(await ask(gateway, await newKey(gateway, {}), { tags: ['b'], user: 'anyone' }), 200);
  });

  test('bound names need a list; admins may name anything', async () => {
    const gateway = await start({ budget_settings: { client_names: 'bound' } });
    const key = await newKey(gateway, {});
    assert.equal(await ask(gateway, key, {}), 200);
    assert.equal(await ask(gateway, key, { tags: ['b'] }), 403);
    assert.equal(await ask(gateway, key, { user: 'b' }), 403);
    const listed = await newKey(gateway, { allowed_tags: ['*'] });
    assert.equal(await ask(gateway, listed, { tags: ['b'] }), 200);
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], tags: ['b'], user: 'b' };
    assert.equal((await manage(gateway, '/v1/chat/completions', body)).status, 200);
  });

  test('keys and teams of a file are bound in the same way', async () => {
    const gateway = await start({
      teams: [{ team_id: 'a', allowed_tags: ['a', 'a-*'], allowed_customers: ['a-*'] }],
      user_api_key_list: [
        { api_key: 'of-the-team', team_id: 'a' },
        { api_key: 'narrower', team_id: 'a', allowed_tags: ['a-x', 'b'], allowed_customers: [] },
        { api_key: 'alone', allowed_tags: ['c'] },
        { api_key: 'unbound' },
      ],
    });
    for (const [key, more, status] of [
      ['of-the-team', { tags: ['a', 'a-x'], user: 'a-1' }, 200],
      ['of-the-team', { tags: ['b'] }, 403],
      ['of-the-team', { user: 'b-1' }, 403],
      ['narrower', { tags: ['a-x'] }, 200],
      ['narrower', { tags: ['b'] }, 403],
      ['narrower', { user: 'a-1' }, 403],
      ['alone', { tags: ['c'], user: 'anyone' }, 200],
      ['alone', { tags: ['a'] }, 403],
      ['unbound', { tags: ['b'], user: 'anyone' }, 200],
    ] as const) {
      assert.equal(await ask(gateway, key, more), status, `${key} ${JSON.stringify(more)}`);
    }
  });

  test('only admins set or clear the list of a key', async () => {
    const gateway = await start();
    await manage(gateway, '/user/new', { user_id: 'u', user_role: 'internal_user', auto_create_key: false });
    const own = await newKey(gateway, { user_id: 'u', allowed_tags: ['a'] });
    for (const allowed_tags of [['b'], [], null, '*']) {
      const { status } = await manage(gateway, '/key/update', { key: own, allowed_tags }, own);
      assert.equal(status, 403, JSON.stringify(allowed_tags));
    }
    assert.equal(await ask(gateway, own, { tags: ['b'] }), 403);
    assert.equal((await manage(gateway, '/key/update', { key: own, allowed_tags: null })).status, 200);
    assert.equal(await ask(gateway, own, { tags: ['b'] }), 200);
  });
});
