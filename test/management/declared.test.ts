/** What the configuration file declares, through the management API: shown like everything else, and never changed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { type ManagementServer, startManagement } from './sqlite-server.ts';

const CONFIG = `
model_list: []
teams:
  - { team_id: filed, team_alias: From the file, max_budget: 5, members_with_roles: [{ user_id: frida, role: admin }] }
users:
  - { user_id: frida, user_email: frida@example.com, user_role: internal_user }
user_api_key_list:
  - { api_key: sk-key-of-frida-in-the-file, key_alias: frida's, user_id: frida, team_id: filed }
`;
const KEY = 'sk-key-of-frida-in-the-file';

let server: ManagementServer;
before(async () => {
  server = await startManagement(CONFIG);
});
after(() => server.close());

describe('What stands in the file', () => {
  it('is found by its id and in lists, and says where it stands', async () => {
    const team = (await server.get('/team/info?team_id=filed')).body as JsonObject;
    const info = team.team_info as JsonObject;
    assert.deepEqual([info.team_alias, info.max_budget, info.declared], ['From the file', 5, true]);
    assert.equal((team.keys as JsonObject[])[0]?.declared, true);
    const user = (await server.get('/user/info?user_id=frida')).body as JsonObject;
    assert.equal((user.user_info as JsonObject).declared, true);
    assert.deepEqual((user.user_info as JsonObject).teams, ['filed']);
    const key = (await server.get(`/key/info?key=${KEY}`)).body as JsonObject;
    assert.deepEqual([key.key, (key.info as JsonObject).declared], [hashKey(KEY), true]);
  });

  it('comes after all else, on exactly one page', async () => {
    const seen: unknown[] = [];
    let total = 0;
    for (let page = 1; page < 20; page += 1) {
      const body = (await server.get(`/user/list?page=${page}&page_size=3`)).body as JsonObject;
      total = Number(body.total);
      seen.push(...(body.users as JsonObject[]).map((user) => user.user_id));
    }
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total);
    assert.equal(seen.at(-1), 'frida');
  });

  it('is what its people may be and see', async () => {
    assert.equal((await server.get('/team/info?team_id=filed', KEY)).status, 200);
    const made = await server.post('/key/generate', { team_id: 'filed' }, KEY);
    assert.equal(made.status, 200, 'an admin of a declared team makes keys of it');
    assert.equal((await server.get('/team/info?team_id=t1', KEY)).status, 403);
  });

  it('is not changed, deleted, blocked, or made again', async () => {
    const secret = { key: KEY };
    for (const [path, body] of [
      ['/team/update', { team_id: 'filed', max_budget: 1_000 }],
      ['/team/delete', { team_ids: ['filed'] }],
      ['/team/block', { team_id: 'filed' }],
      ['/team/model/add', { team_id: 'filed', models: ['x'] }],
      ['/team/permissions_update', { team_id: 'filed', team_member_permissions: [] }],
      ['/team/member_add', { team_id: 'filed', member: { role: 'user', user_id: 'ivan' } }],
      ['/team/member_delete', { team_id: 'filed', user_id: 'frida' }],
      ['/team/new', { team_id: 'filed' }],
      ['/user/update', { user_id: 'frida', max_budget: 1_000 }],
      ['/user/delete', { user_ids: ['frida'] }],
      ['/key/update', { ...secret, max_budget: 1_000 }],
      ['/key/delete', { keys: [KEY] }],
      ['/key/block', secret],
      ['/key/regenerate', secret],
      [`/key/${hashKey(KEY)}/reset_spend`, { reset_to: 0 }],
    ] as const) {
      const { status, body: answer } = await server.post(path, body as unknown as JsonObject);
      assert.equal(status, 400, `${path}: ${JSON.stringify(answer)}`);
      assert.doesNotMatch(JSON.stringify(answer), new RegExp(KEY));
    }
    assert.equal((await server.post('/user/new', { user_id: 'frida' })).status, 409);
    assert.equal((await server.post('/key/generate', { key: KEY })).status, 400);
    assert.equal((await server.get('/key/info', KEY)).status, 200);
  });

  it('resets with everything else', async () => {
    assert.equal((await server.post('/global/spend/reset', {})).status, 200);
  });
});
