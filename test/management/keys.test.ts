/** Keys through the management API: over HTTP, on a real database. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { isWellFormedKey } from '../support/well-formed-key.ts';
import { litellmJudge } from './openapi-schemas.ts';
import { keyOf, type ManagementServer, NOW_MS, spendRow, startManagement } from './sqlite-server.ts';

let server: ManagementServer;
before(async () => {
  server = await startManagement();
});
after(() => server.close());

const judge = litellmJudge();

async function ok(method: string, path: string, body?: JsonValue, as = 'master'): Promise<JsonObject> {
  const answered = await server.ask(method, path, { as, ...(body !== undefined && { body }) });
  assert.equal(answered.status, 200, `${method} ${path}: ${JSON.stringify(answered.body)}`);
  return answered.body as JsonObject;
}

/** Status and `param` of a refusal. */
async function refused(
  method: string,
  path: string,
  body?: JsonValue,
  as = 'master',
): Promise<[number, string | null]> {
  const answered = await server.ask(method, path, { as, ...(body !== undefined && { body }) });
  const { error } = answered.body as { error?: { param: string | null; code: string; message: string } };
  assert.equal(error?.code, String(answered.status), JSON.stringify(answered.body));
  return [answered.status, error?.param ?? null];
}

const make = (body: JsonObject = {}, as = 'master') => ok('POST', '/key/generate', body, as);
const info = async (key: string, as = 'master') =>
  (await ok('GET', `/key/info?key=${encodeURIComponent(key)}`, undefined, as)).info as JsonObject;

describe('A new key', () => {
  it('is shown once, works at once, and is stored as its hash', async () => {
    const made = await make({ key_alias: 'first' });
    const secret = String(made.key);
    assert.ok(isWellFormedKey(secret));
    assert.equal(made.token, hashKey(secret));
    assert.equal(made.token_id, made.token);
    assert.equal(made.key_name, `sk-...${secret.slice(-4)}`);
    assert.equal(made.user_id, 'default_user_id');
    if (judge !== undefined) assert.equal(judge('GenerateKeyResponse', made), undefined);
    const own = await ok('GET', '/key/info', undefined, secret);
    assert.equal(own.key, hashKey(secret));
    const stored = await server.context.directory.get('key', hashKey(secret));
    assert.doesNotMatch(
      JSON.stringify(stored, (_name, value) => (typeof value === 'bigint' ? String(value) : value)),
      new RegExp(secret),
    );
  });

  it('has every limit that was asked for', async () => {
    const asked: JsonObject = {
      max_budget: 0.1,
      budget_duration: '30d',
      soft_budget: 0.05,
      budget_limits: [{ max_budget: 1, budget_duration: '1d' }],
      model_max_budget: { 'gpt-4o': { budget_limit: 0.01, time_period: '1d' } },
      rpm_limit: 10,
      tpm_limit: 1000,
      max_parallel_requests: 3,
      model_rpm_limit: { 'gpt-4o': 2 },
      model_tpm_limit: { 'gpt-4o': 200 },
      temp_budget_increase: 5,
      temp_budget_expiry: '10d',
      models: ['gpt-4o'],
      aliases: { small: 'gpt-4o' },
      tags: ['blue'],
      metadata: { team: 'core' },
      allowed_routes: ['/v1/chat/completions'],
      enforced_params: ['user'],
      key_type: 'default',
      guardrails: ['pii'],
      duration: '30d',
    };
    const { key } = await make(asked);
    const shown = await info(String(key));
    const { metadata, tags, duration: _duration, temp_budget_expiry: _expiry, ...same } = asked;
    for (const [name, value] of Object.entries(same)) assert.deepEqual(shown[name], value, name);
    assert.deepEqual(shown.metadata, { ...(metadata as JsonObject), tags });
    assert.equal(shown.expires, new Date(NOW_MS + 30 * 86_400_000).toISOString());
    assert.equal(shown.temp_budget_expiry, new Date(NOW_MS + 10 * 86_400_000).toISOString());
    assert.equal(shown.budget_reset_at, '2026-04-01T00:00:00.000Z');
  });

  it('has the text that an admin chose, and no one else may choose', async () => {
    const { key } = await make({ key: 'sk-chosen-by-hand-0123456789' });
    assert.equal(key, 'sk-chosen-by-hand-0123456789');
    assert.deepEqual(await refused('POST', '/key/generate', { key: 'sk-short' }), [422, 'key']);
    assert.deepEqual(await refused('POST', '/key/generate', { key: 'no-prefix-0123456789012' }), [422, 'key']);
    assert.equal((await refused('POST', '/key/generate', { key: 'sk-chosen-by-hand-0123456789' }))[0], 409);
    assert.equal((await refused('POST', '/key/generate', { key: 'sk-chosen-by-ivan-0123456789' }, 'ivan'))[0], 403);
  });

  it('is refused with an alias that another has', async () => {
    await make({ key_alias: 'only-one' });
    assert.deepEqual(await refused('POST', '/key/generate', { key_alias: 'only-one' }), [400, 'key_alias']);
  });

  it('is refused, and the field named, for whatever is not understood', async () => {
    for (const [body, param] of [
      [{ max_budgett: 1 }, 'max_budgett'],
      [{ max_budget: -1 }, 'max_budget'],
      [{ max_budget: 'much' }, 'max_budget'],
      [{ rpm: 1 }, 'rpm'],
      [{ expires_at: '2027-01-01' }, 'expires_at'],
      [{ max_budget_in_team: 1 }, 'max_budget_in_team'],
      [{ max_budget: 1e12 }, 'max_budget'],
      [{ rpm_limit: 1.5 }, 'rpm_limit'],
      [{ duration: 'soon' }, 'duration'],
      [{ budget_duration: '1 fortnight' }, 'budget_duration'],
      [{ models: 'gpt-4o' }, 'models'],
      [{ model_max_budget: { 'gpt-4o': 'much' } }, 'model_max_budget.gpt-4o'],
      [{ budget_limits: [{ budget_duration: '1d' }] }, 'budget_limits[0]'],
      [{ key_type: 'all' }, 'key_type'],
      [{ temp_budget_increase: 1 }, 'temp_budget_expiry'],
      [{ team_id: 'none' }, 'team_id'],
      [{ organization_id: 'none' }, 'organization_id'],
      [{ budget_id: 'none' }, 'budget_id'],
    ] as const) {
      assert.equal((await refused('POST', '/key/generate', body as unknown as JsonObject))[1], param);
    }
  });

  it('may belong to a team, or to no team and no user', async () => {
    const made = await ok('POST', '/key/service-account/generate', { team_id: 't1', key_alias: 'robot' });
    assert.equal(made.user_id, null);
    assert.equal(made.team_id, 't1');
    assert.deepEqual(await refused('POST', '/key/service-account/generate', {}), [422, 'team_id']);
  });
});

describe('Changing a key', () => {
  it('changes what is sent, clears what is null and leaves the rest', async () => {
    const { key } = await make({ max_budget: 5, rpm_limit: 7, models: ['gpt-4o'], metadata: { a: 1 } });
    await ok('POST', '/key/update', { key, rpm_limit: null, tpm_limit: 70 });
    const shown = await info(String(key));
    assert.equal(shown.max_budget, 5);
    assert.equal(shown.rpm_limit, null);
    assert.equal(shown.tpm_limit, 70);
    assert.deepEqual(shown.models, ['gpt-4o']);
    assert.deepEqual(shown.metadata, { a: 1 });
  });

  it('keeps both of two changes at once', async () => {
    const { key } = await make();
    await Promise.all([
      ok('POST', '/key/update', { key, rpm_limit: 5 }),
      ok('POST', '/key/update', { key, tpm_limit: 50 }),
    ]);
    const shown = await info(String(key));
    assert.deepEqual([shown.rpm_limit, shown.tpm_limit], [5, 50]);
  });

  it('of several keys says which were changed', async () => {
    const [one, two] = [await make(), await make()];
    const answer = await ok('POST', '/key/bulk_update', {
      keys: [
        { key: one.key, max_budget: 1 },
        { key: two.token, tags: ['x'] },
        { key: 'sk-of-nobody-at-all-012345', max_budget: 1 },
      ],
    });
    assert.equal(answer.total_requested, 3);
    assert.equal((answer.successful_updates as JsonValue[]).length, 2);
    assert.equal((answer.failed_updates as JsonValue[]).length, 1);
    assert.doesNotMatch(JSON.stringify(answer), /sk-of-nobody/);
    if (judge !== undefined) assert.equal(judge('BulkUpdateKeyResponse', answer), undefined);
  });

  it('of all keys of a team leaves other teams alone', async () => {
    const [own, other] = [await make({ team_id: 't1' }), await make({ team_id: 't2' })];
    await ok(
      'POST',
      '/team/key/bulk_update',
      { team_id: 't1', all_keys_in_team: true, update_fields: { tags: ['all'] } },
      'tina',
    );
    assert.deepEqual((await info(String(own.token))).tags, ['all']);
    assert.equal((await info(String(other.token))).tags, null);
    const answer = await ok(
      'POST',
      '/team/key/bulk_update',
      { team_id: 't1', key_ids: [String(other.token)], update_fields: { tags: ['stolen'] } },
      'tina',
    );
    assert.equal((answer.failed_updates as JsonValue[]).length, 1);
    assert.equal((await info(String(other.token))).tags, null);
  });

  it('never changes one that stands in the configuration file', async () => {
    const declared = await startManagement(
      `model_list: []\nuser_api_key_list: [{ api_key: tenant-key-in-the-file, user_id: tenant, allowed_models: [gpt-4o] }]`,
    );
    try {
      const hash = hashKey('tenant-key-in-the-file');
      for (const [path, body] of [
        ['/key/update', { key: hash, max_budget: 1 }],
        ['/key/delete', { keys: [hash] }],
        ['/key/block', { key: hash }],
        [`/key/${hash}/regenerate`, {}],
        [`/key/${hash}/reset_spend`, { reset_to: 0 }],
      ] as const) {
        const answered = await declared.post(path, body as unknown as JsonObject);
        assert.equal(answered.status, 400, path);
        assert.match(JSON.stringify(answered.body), /configuration file/);
      }
      const shown = (await declared.get(`/key/info?key=tenant-key-in-the-file`)).body as JsonObject;
      assert.equal((shown.info as JsonObject).declared, true);
      const list = (await declared.get('/key/list?return_full_object=true&size=100')).body as JsonObject;
      const found = (list.keys as JsonObject[]).filter((key) => key.declared === true);
      assert.deepEqual(
        found.map(({ token }) => token),
        [hash],
      );
      assert.doesNotMatch(JSON.stringify([shown, list]), /tenant-key-in-the-file/);
    } finally {
      await declared.close();
    }
  });
});

describe('Blocking, deleting', () => {
  it('blocks and unblocks', async () => {
    const { key, token } = await make();
    await ok('POST', '/key/block', { key });
    assert.equal((await info(String(token))).blocked, true);
    await ok('POST', '/key/unblock', { key: token });
    assert.equal((await info(String(token))).blocked, false);
  });

  it('is not undone by the key’s own user', async () => {
    const { key } = await make({ user_id: 'ivan' });
    await ok('POST', '/key/block', { key });
    assert.equal((await refused('POST', '/key/update', { key, blocked: false }, 'ivan'))[0], 403);
  });

  it('deletes by text, hash and alias, all or none', async () => {
    const [one, two, three] = [await make(), await make(), await make({ key_alias: 'to-go' })];
    assert.equal((await refused('POST', '/key/delete', { keys: [String(one.key), 'sk-nobody-0123456789'] }))[0], 404);
    await info(String(one.token));
    const answer = await ok('POST', '/key/delete', {
      keys: [String(one.key), String(two.token)],
      key_aliases: ['to-go'],
    });
    assert.deepEqual(new Set(answer.deleted_keys as string[]), new Set([one.token, two.token, three.token]));
    assert.equal((await info(String(one.token))).status, 'deleted');
    assert.equal((await server.get(`/key/info?key=${one.token}`, 'tom')).status, 403);
  });
});

describe('A new text for a key', () => {
  it('takes the place of the old one at once, or after a while', async () => {
    const { key } = await make({ key_alias: 'rotating', rpm_limit: 4 });
    const next = await ok('POST', `/key/${key}/regenerate`, {});
    assert.notEqual(next.key, key);
    assert.equal(next.key_alias, 'rotating');
    assert.equal(next.rpm_limit, 4);
    assert.equal(next.rotation_count, 1);
    assert.equal((await server.get('/key/info', String(key))).status, 401);
    const last = await ok('POST', '/key/regenerate', { key: next.token, grace_period: '1h', tpm_limit: 9 });
    assert.equal(last.tpm_limit, 9);
    assert.equal((await server.get('/key/info', String(next.key))).status, 200, 'the old text in its grace period');
    assert.equal((await server.get('/key/info', String(last.key))).status, 200);
    const found = await server.context.directory.findKey(hashKey(String(next.key)), NOW_MS + 3_600_001);
    assert.equal(found, undefined, 'the grace period is over');
  });

  it('does not make room in its budget', async () => {
    const { token } = await make({ max_budget: 1, budget_duration: '1mo', spend: 0.75 });
    assert.equal((await info(String(token))).spend, 0.75);
    const next = await ok('POST', `/key/${token}/regenerate`, {});
    assert.equal((await info(String(next.token))).spend, 0.75);
    const last = await ok('POST', `/key/${next.token}/regenerate`, {});
    assert.equal((await info(String(last.token))).spend, 0.75);
    // A request that began under the first text is settled under what counts now.
    const identity = await server.identityOf(String(last.key));
    const [scope] = identity?.scopes ?? [];
    assert.equal(scope?.account, `key:${token}`);
  });

  it('is marked as due, and every key still works', async () => {
    const { token } = await make({ auto_rotate: true, rotation_interval: '30d' });
    assert.equal((await info(String(token))).rotation_due, false);
    const due = await server.context.directory.keysToRotate(NOW_MS + 31 * 86_400_000, 10);
    assert.deepEqual(
      due.map(({ hash }) => hash),
      [token],
    );
  });
});

describe('Spend of a key', () => {
  it('is what its requests cost, and what it is reset to', async () => {
    const { token } = await make({ max_budget: 10 });
    const row = spendRow('bare', { callId: 'of-the-reset', keyHash: String(token), accounts: [`key:${token}`] });
    await server.context.ledger.write([row]);
    assert.equal((await info(String(token))).spend, 0.0045);
    assert.deepEqual(await refused('POST', `/key/${token}/reset_spend`, { reset_to: 1 }), [422, 'reset_to']);
    const answer = await ok('POST', `/key/${token}/reset_spend`, { reset_to: 0.001 });
    assert.equal(answer.previous_spend, 0.0045);
    assert.equal((await info(String(token))).spend, 0.001);
  });
});

describe('Lists of keys', () => {
  it('come in pages, sorted and filtered', async () => {
    for (let index = 0; index < 5; index += 1) await make({ key_alias: `page-${index}`, user_id: 'pager' });
    const first = await ok(
      'GET',
      '/key/list?user_id=pager&size=2&sort_by=key_alias&sort_order=asc&return_full_object=true',
    );
    assert.deepEqual(
      (first.keys as JsonObject[]).map(({ key_alias }) => key_alias),
      ['page-0', 'page-1'],
    );
    assert.deepEqual([first.total_count, first.current_page, first.total_pages], [5, 1, 3]);
    if (judge !== undefined) assert.equal(judge('KeyListResponseObject', first), undefined);
    const last = await ok('GET', '/key/list?user_id=pager&size=2&page=3&sort_by=key_alias&sort_order=asc');
    assert.equal((last.keys as string[]).length, 1);
    const found = await ok('GET', '/key/list?key_alias=ge-3&substring_matching=true&return_full_object=true');
    assert.deepEqual(
      (found.keys as JsonObject[]).map(({ key_alias }) => key_alias),
      ['page-3'],
    );
    const aliases = await ok('GET', '/key/aliases?search=page-&size=3');
    assert.deepEqual(aliases.aliases, ['page-0', 'page-1', 'page-2']);
  });

  it('hold only what the caller may see', async () => {
    const seen = async (as: string, query = '') =>
      ((await ok('GET', `/key/list?size=100&return_full_object=true${query}`, undefined, as)).keys as JsonObject[]).map(
        ({ user_id }) => String(user_id),
      );
    assert.deepEqual(new Set(await seen('vera')), new Set(['vera']));
    assert.deepEqual(new Set(await seen('tina', '&team_id=t1')).has('ivan'), true);
    assert.deepEqual(await seen('tina', '&team_id=t2'), []);
    assert.deepEqual(await seen('vera', '&user_id=ivan'), []);
  });
});

describe('What is written down', () => {
  it('names who did what, without any secret', async () => {
    const { key, token } = await make({ metadata: { logging: { langfuse_secret_key: 'canary-in-metadata' } } });
    await ok('POST', '/key/update', { key, max_budget: 3 });
    await ok('POST', '/key/delete', { keys: [String(key)] });
    const entries = await server.context.directory.audit({ objectId: String(token) }, { limit: 10, offset: 0 });
    assert.deepEqual(entries.map(({ action }) => action).sort(), ['created', 'deleted', 'updated']);
    const text = JSON.stringify(entries);
    assert.doesNotMatch(text, /canary-in-metadata/);
    assert.doesNotMatch(text, new RegExp(String(key)));
    assert.match(text, /"maxBudget":3/);
  });
});

describe('Asking for a key', () => {
  it('answers the same for one that does not exist and one of another tenant', async () => {
    const absent = await server.get(`/key/info?key=${'0'.repeat(64)}`, 'tom');
    const foreign = await server.get(`/key/info?key=${hashKey(keyOf('ivan'))}`, 'tom');
    assert.equal(absent.status, 403);
    assert.deepEqual(foreign, absent);
  });
});
