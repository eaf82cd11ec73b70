/** LiteLLM's suite of models of teams: added by the team's admins, asked by its keys only, under a name of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

let proxy: LiteLlmClient;
let simulator = '';
before(async () => {
  proxy = await startProxy();
  simulator = proxy.gateway.simulator.url;
  for (const team of ['red', 'blue']) {
    await proxy.ok('POST', '/team/new', {
      team_id: team,
      models: ['gpt-4o'],
      members_with_roles: [{ user_id: `boss of ${team}`, role: 'admin' }],
    });
  }
});
after(() => proxy.close());

const params = (model = 'openai/gpt-4o-mini'): JsonObject => ({
  model,
  api_base: simulator,
  api_key: 'sk-of-the-team',
});
const added = async (team: string, name: string, model?: string): Promise<string> => {
  const body = { model_name: name, litellm_params: params(model), model_info: { team_id: team } };
  return String((await proxy.ok('POST', '/model/new', body)).model_id);
};
const keyOf = (team: string, further: JsonObject = {}) => proxy.key({ team_id: team, ...further });
const bossOf = (team: string) =>
  proxy.key({ user_id: `boss of ${team}`, team_id: team, models: ['all-team-models'] }).then((key) => key);
const names = async (path: string, key: string): Promise<unknown[]> =>
  ((await proxy.ok('GET', path, undefined, key)).data as JsonObject[]).map(({ id, model_name, model_group }) =>
    String(id ?? model_name ?? model_group),
  );

describe('A model of a team', { timeout: 60_000 }, () => {
  it('is asked by the keys of the team, whatever else the team may use, and answers under its name', async () => {
    const id = await added('red', 'ours');
    const key = await keyOf('red');
    const { status, body } = await proxy.chat(key, 'ours');
    assert.deepEqual([status, body.model], [200, 'ours'], JSON.stringify(body));
    assert.ok((await names('/v1/models', key)).includes('ours'));
    assert.equal((await proxy.chat(await keyOf('red', { models: ['all-team-models'] }), 'ours')).status, 200);
    assert.equal((await proxy.chat(await keyOf('red', { models: ['ours'] }), 'ours')).status, 200);
    assert.equal((await proxy.chat(await keyOf('red', { models: ['gpt-4o'] }), 'ours')).status, 403);
    await proxy.ok('POST', '/model/delete', { id });
    assert.notEqual((await proxy.chat(key, 'ours')).status, 200);
  });

  it('is as if it did not exist for everybody else, by any of its names', async () => {
    const id = await added('red', 'hidden', 'openai_like/their-model');
    for (const key of [await keyOf('blue'), await proxy.key()]) {
      const absent = await proxy.chat(key, 'no-such-model');
      for (const name of ['hidden', id, 'team:red/hidden', 'openai_like/their-model']) {
        const { status, body } = await proxy.chat(key, name);
        assert.ok(body.error, `${name}: ${JSON.stringify(body)}`);
        const error = JSON.stringify(body.error).replaceAll(name, 'no-such-model');
        assert.deepEqual([status, error], [absent.status, JSON.stringify(absent.body.error)], name);
      }
      for (const path of ['/v1/models', '/model/info', '/model_group/info']) {
        assert.ok(!JSON.stringify(await names(path, key)).includes('hidden'), path);
      }
      const [hidden, unknown] = await Promise.all(
        ['team:red/hidden', 'no-such-model'].map((name) => proxy.chat(key, 'gpt-4o', { fallbacks: [name] })),
      );
      assert.equal(hidden?.status, unknown?.status, 'as a fallback');
    }
    assert.equal((await proxy.chat(await keyOf('red', { aliases: { mine: 'hidden' } }), 'mine')).status, 200);
    assert.ok((await names('/model/info', proxy.gateway.masterKey)).includes('team:red/hidden'));
  });

  it('may have the name of a group of everybody, and of another team', async () => {
    const before = await proxy.chat(await keyOf('blue'), 'gpt-4o');
    await added('red', 'gpt-4o', 'openai/gpt-4.1-mini');
    await added('blue', 'same', 'openai/gpt-4.1-mini');
    await added('red', 'same', 'openai/gpt-4.1-nano');
    const asked = async (team: string, name: string): Promise<unknown> => {
      const { headers } = await proxy.chat(await keyOf(team), name);
      return headers.get('x-litellm-model-id');
    };
    assert.notEqual(await asked('red', 'gpt-4o'), before.headers.get('x-litellm-model-id'));
    assert.equal(await asked('blue', 'gpt-4o'), before.headers.get('x-litellm-model-id'));
    assert.notEqual(await asked('red', 'same'), await asked('blue', 'same'));
  });

  it('is held to the limits of a key by the name that its clients know', async () => {
    await added('red', 'limited');
    const key = await keyOf('red', { model_rpm_limit: { limited: 1 } });
    assert.equal((await proxy.chat(key, 'limited')).status, 200);
    assert.equal((await proxy.chat(key, 'limited')).status, 429);
  });

  it('goes with its team', async () => {
    await proxy.ok('POST', '/team/new', { team_id: 'brief' });
    const id = await added('brief', 'short-lived');
    await proxy.ok('POST', '/team/delete', { team_ids: ['brief'] });
    assert.equal((await proxy.ask('POST', '/model/delete', { id })).status, 404);
  });
});

describe('An admin of a team', { timeout: 60_000 }, () => {
  it('adds, changes and deletes models of the team, at the provider and with a key of its own', async () => {
    const boss = await bossOf('red');
    const wanted = (further: JsonObject = {}, info: JsonObject = {}): JsonObject => ({
      model_name: 'by the boss',
      litellm_params: { model: 'openai/gpt-4o', api_key: 'sk-ours', ...further },
      model_info: { team_id: 'red', ...info },
    });
    const refused = async (path: string, body: JsonObject): Promise<number> =>
      (await proxy.ask('POST', path, body, boss)).status;
    const made = await proxy.ok('POST', '/model/new', wanted(), boss);
    const { model_info, model_id } = made as { readonly model_info: JsonObject; readonly model_id: string };
    assert.deepEqual([model_info.team_id, model_info.team_public_model_name], ['red', 'by the boss']);
    assert.ok(!JSON.stringify(made).includes('sk-ours'));
    for (const [further, info] of [
      [{ api_base: 'http://169.254.169.254' }, {}],
      [{ input_cost_per_token: 0 }, {}],
      [{ extra_headers: { a: 'b' } }, {}],
      [{}, { base_model: 'gpt-4o-mini' }],
      [{}, { team_id: 'blue' }],
      [{}, { team_id: null }],
    ] as const) {
      assert.equal(await refused('/model/new', wanted(further, info)), 403, JSON.stringify([further, info]));
    }
    assert.equal(await refused('/model/new', wanted({ api_key: null })), 422);
    const change = { model_info: { id: model_id }, litellm_params: { rpm: 5 } };
    await proxy.ok('POST', '/model/update', change, boss);
    assert.equal(await refused('/model/update', { ...change, litellm_params: { api_base: 'http://x' } }), 403);
    assert.equal(await refused('/model/update', { model_info: { id: model_id, team_id: 'blue' } }), 403);
    await proxy.ok('POST', '/model/block', { model_id }, boss);
    await proxy.ok('POST', '/model/delete', { id: model_id }, boss);
  });

  it('touches no model of everybody or of another team, and learns of none', async () => {
    const boss = await bossOf('red');
    const theirs = await added('blue', 'theirs');
    const everybodys = String(
      (await proxy.ok('POST', '/model/new', { model_name: 'plain', litellm_params: params() })).model_id,
    );
    for (const [path, body] of [
      ['/model/update', (id: string) => ({ model_info: { id } })],
      ['/model/delete', (id: string) => ({ id })],
      ['/model/block', (model_id: string) => ({ model_id })],
    ] as const) {
      const [one, other, none] = await Promise.all(
        [theirs, everybodys, 'none'].map((id) => proxy.ask('POST', path, body(id), boss)),
      );
      assert.equal(none?.status, 403);
      assert.deepEqual([one?.body, other?.body], [none?.body, none?.body], path);
    }
    assert.equal((await proxy.chat(await proxy.key(), 'plain')).status, 200);
    assert.equal((await proxy.chat(await keyOf('blue'), 'theirs')).status, 200);
  });

  it('is needed for all of this: a plain member may not', async () => {
    await proxy.ok('POST', '/team/member_add', { team_id: 'red', member: { user_id: 'plain member', role: 'user' } });
    const key = await proxy.key({ user_id: 'plain member', team_id: 'red' });
    const body = {
      model_name: 'x',
      litellm_params: { model: 'openai/x', api_key: 'k' },
      model_info: { team_id: 'red' },
    };
    assert.equal((await proxy.ask('POST', '/model/new', body, key)).status, 403);
  });
});
