/** Who may delete cached answers, and when they go by themselves. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import { type CachedGateway, chat, startCached } from './cached-gateway.ts';

let cached: CachedGateway;
afterEach(() => cached.gateway.close());

async function call(
  path: string,
  body: JsonObject = {},
  key = 'key-of-a',
): Promise<{ status: number; body: JsonObject }> {
  const response = await cached.gateway.post(path, body, { authorization: `Bearer ${key}` });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function make(path: string, body: JsonObject): Promise<JsonObject> {
  const { status, body: made } = await call(path, body, cached.gateway.masterKey);
  assert.equal(status, 200, JSON.stringify(made));
  return made;
}

const isHit = async (key: string): Promise<boolean> => (await cached.ask(chat(), { key })).isHit;

describe('cached answers', { timeout: 60_000 }, () => {
  it('are erased for the scope of the caller, and for no other', async () => {
    cached = await startCached();
    for (const key of ['key-of-a', 'key-of-b']) await cached.ask(chat(), { key });
    assert.deepEqual(await call('/cache/flushall'), { status: 200, body: { status: 'success', scope: 'user' } });
    assert.deepEqual([await isHit('key-of-b'), await isHit('key-of-a')], [true, false]);
    const foreign = await call('/cache/flushall', { scope: 'user', id: 'b' });
    assert.equal(foreign.status, 403);
    assert.equal(await isHit('key-of-b'), true);
    const nothing = await call('/cache/flushall', {}, cached.gateway.masterKey);
    assert.equal(nothing.status, 422);
    await make('/cache/flushall', { scope: 'user', id: 'b' });
    assert.deepEqual([await isHit('key-of-b'), await isHit('key-of-a')], [false, true]);
  });

  it('are deleted by their handles within the scope of the caller', async () => {
    cached = await startCached();
    await cached.ask(chat());
    const handle = (await cached.ask(chat())).headers.get('x-litellm-cache-key') ?? '';
    assert.equal((await call('/cache/delete', { keys: [handle] }, 'key-of-b')).body.deleted, 0);
    assert.equal(await isHit('key-of-a'), true);
    assert.deepEqual(await call('/cache/delete', { keys: [handle] }), {
      status: 200,
      body: { status: 'success', keys: [handle], deleted: 1 },
    });
    assert.equal(await isHit('key-of-a'), false);
    assert.equal((await call('/cache/delete', {})).status, 422);
  });

  it('have their handle in the header of the first answer too, unless it is not kept', async () => {
    cached = await startCached();
    const miss = await cached.ask(chat('Of lakes.', { stream: true }));
    const handle = miss.headers.get('x-litellm-cache-key') ?? '';
    const hit = await cached.ask(chat('Of lakes.'));
    assert.deepEqual([miss.isHit, hit.isHit, hit.headers.get('x-litellm-cache-key')], [false, true, handle]);
    assert.equal((await call('/cache/delete', { keys: [handle] })).body.deleted, 1);
    const unkept = await cached.ask(chat('Of seas.', { cache: { 'no-store': true } }));
    assert.equal(unkept.headers.get('x-litellm-cache-key'), null);
    const failed = await cached.ask({ model: 'gpt-4o', messages: 7 });
    assert.equal(failed.headers.get('x-litellm-cache-key'), null);
  });

  it('of a key or an organisation go with it, also if another one gets its name', async () => {
    cached = await startCached({ cache: { scope: 'org' } });
    const { organization_id: id } = await make('/organization/new', { organization_alias: 'o' });
    const keyOfOrg = async (): Promise<string> =>
      String((await make('/key/generate', { organization_id: String(id) })).key);
    const first = await keyOfOrg();
    const second = await keyOfOrg();
    await isHit(first);
    assert.equal(await isHit(second), true, 'shared by the organisation');
    await make('/key/delete', { keys: [first] });
    assert.equal(await isHit(second), true, 'a key that goes takes nothing of its organisation');
    await make('/key/delete', { keys: [second] });
    const deleted = await fetch(`${cached.gateway.url}/organization/delete`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${cached.gateway.masterKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ organization_ids: [id] }),
    });
    assert.equal(deleted.status, 200, await deleted.text());
    await make('/organization/new', { organization_alias: 'o', organization_id: String(id) });
    const third = await keyOfOrg();
    await wait(50);
    assert.equal(await isHit(third), false);
    assert.equal(await isHit(third), true);
    await cached.gateway.close();

    cached = await startCached({ cache: { scope: 'key' } });
    const text = 'sk-made-again-0123456789abcdef';
    await make('/key/generate', { key: text });
    await isHit(text);
    assert.equal(await isHit(text), true);
    await make('/key/delete', { keys: [text] });
    await make('/key/generate', { key: text });
    await wait(50);
    assert.equal(await isHit(text), false);
    assert.equal(await isHit(text), true);
  });

  it('go with their key, user or team, so that another one with the same id has none of them', async () => {
    cached = await startCached();
    const objects: [string, JsonObject, JsonObject][] = [
      ['team', { team_id: 't' }, { team_ids: ['t'] }],
      ['user', { user_id: 'u', auto_create_key: false }, { user_ids: ['u'] }],
    ];
    for (const [kind, made, deleted] of objects) {
      await make(`/${kind}/new`, made);
      const id = `${kind}_id`;
      const { key: first } = await make('/key/generate', { [id]: made[id] as string });
      await isHit(String(first));
      assert.equal(await isHit(String(first)), true, kind);
      await make(`/${kind}/delete`, deleted);
      await make(`/${kind}/new`, made);
      const { key: second } = await make('/key/generate', { [id]: made[id] as string });
      await wait(50);
      assert.equal(await isHit(String(second)), false, kind);
      assert.equal(await isHit(String(second)), true, kind);
    }
  });

  it('stay behind if a key moves to another team', async () => {
    cached = await startCached();
    await make('/team/new', { team_id: 'one' });
    await make('/team/new', { team_id: 'two' });
    const { key } = await make('/key/generate', { team_id: 'one' });
    const { key: other } = await make('/key/generate', { team_id: 'one' });
    await isHit(String(key));
    assert.equal(await isHit(String(other)), true);
    await make('/key/update', { key: String(key), team_id: 'two' });
    assert.equal(await isHit(String(key)), false);
    assert.equal(await isHit(String(other)), true);
  });

  it('are shown as LiteLLM shows them, without a secret', async () => {
    cached = await startCached({ cache: { scope: 'team', namespace: 'n' } });
    const get = async (path: string, key = cached.gateway.masterKey) => {
      const response = await cached.gateway.get(path, { authorization: `Bearer ${key}` });
      return { status: response.status, body: (await response.json()) as JsonObject };
    };
    const ping = await get('/cache/ping');
    assert.deepEqual(
      [ping.status, ping.body.status, ping.body.cache_type, ping.body.set_cache_response],
      [200, 'healthy', 'local', 'success'],
    );
    const { body } = await get('/cache/settings');
    const values = body.current_values as JsonObject;
    assert.deepEqual([values.type, values.scope, values.namespace, values.ttl], ['local', 'team', 'n', 600]);
    assert.equal((await get('/cache/redis/info')).status, 404);
    for (const path of ['/cache/ping', '/cache/settings', '/cache/redis/info'])
      assert.equal((await get(path, 'key-of-a')).status, 403);
  });
});
