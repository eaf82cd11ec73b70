/** What LiteLLM's clients send and LiteLLM takes: fields that a route does not know, and numbers in quotes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy();
});
after(() => proxy.close());

const ignoredBy = async (path: string, body: JsonObject): Promise<string | null> => {
  const { status, headers, body: answered } = await proxy.ask('POST', path, body);
  assert.equal(status, 200, JSON.stringify(answered));
  return headers.get('x-sluice-ignored-fields');
};

describe('A field that a management route does not know', { timeout: 60_000 }, () => {
  it('is ignored and named in a header', async () => {
    assert.equal(await ignoredBy('/key/generate', { foo: 1, rpm_limit: 5 }), 'foo');
    assert.equal(await ignoredBy('/user/new', { user_name: 'x' }), 'user_name');
    assert.equal(await ignoredBy('/team/new', { name: 'n', slug: 's' }), 'name, slug');
    assert.equal(await ignoredBy('/key/generate', { rpm_limit: 5 }), null);
  });

  it('is named with its place', async () => {
    const members = [{ user_id: 'placed', role: 'user', nickname: 'p' }];
    assert.equal(await ignoredBy('/team/new', { members_with_roles: members }), 'members_with_roles[0].nickname');
  });

  it('cannot add headers or make them long', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, index]));
    const header = await ignoredBy('/key/generate', { 'a\r\nx-evil: 1,é😀': 1, ['n'.repeat(5_000)]: 1, ...many });
    assert.ok(header !== null && header.length < 4_000, String(header?.length));
    assert.match(header, /^a%0D%0Ax-evil:%201%2C%C3%A9%F0%9F%98%80, n{100}, f0, .*, \.\.\.$/);
  });

  it('is refused with the right name if it is meant to limit', async () => {
    for (const [path, sent, meant] of [
      ['/key/generate', 'max_budgett', 'max_budget'],
      ['/key/generate', 'maxBudget', 'max_budget'],
      ['/key/generate', 'budget', 'max_budget'],
      ['/key/generate', 'rpm', 'rpm_limit'],
      ['/key/generate', 'rpm-limit', 'rpm_limit'],
      ['/key/generate', 'tpm_limits', 'tpm_limit'],
      ['/key/generate', 'model', 'models'],
      ['/key/generate', 'expires_at', 'duration'],
      ['/key/generate', 'routes', 'allowed_routes'],
      ['/key/generate', 'guardrail', 'guardrails'],
      ['/team/new', 'max_budgets', 'max_budget'],
      ['/team/new', 'model_list', 'models'],
      ['/user/new', 'max_parallel_request', 'max_parallel_requests'],
      ['/customer/new', 'budget', 'max_budget'],
      ['/organization/new', 'budget_durations', 'budget_duration'],
    ] as const) {
      const { status, body } = await proxy.ask('POST', path, { organization_alias: 'o', user_id: 'near', [sent]: 1 });
      const { message, param } = body.error as JsonObject;
      assert.deepEqual([status, param], [422, sent], JSON.stringify(body));
      assert.ok(String(message).includes(`perhaps you mean \`${meant}\`.`), String(message));
    }
    assert.equal(await ignoredBy('/key/generate', { max_budgett: null }), 'max_budgett', 'null limits nothing');
  });

  it('that limits tokens by the day is kept and shown', async () => {
    for (const path of ['/key/generate', '/team/new', '/user/new', '/organization/new', '/customer/new']) {
      const names = { organization_alias: `days of ${path}`, user_id: `days of ${path}` };
      const body = await proxy.ok('POST', path, { tpd_limit: '5', ...names });
      assert.equal(body.tpd_limit ?? (body.litellm_budget_table as JsonObject | undefined)?.tpd_limit, 5, path);
    }
  });

  it('that limits in another request only is refused too', async () => {
    const { body: team } = await proxy.ask('POST', '/team/new', {
      members_with_roles: [{ user_id: 'm', role: 'user' }],
    });
    const member = { team_id: team.team_id ?? '', user_id: 'm' };
    for (const sent of ['max_budget', 'models']) {
      const { status } = await proxy.ask('POST', '/team/member_update', { ...member, [sent]: 1 });
      assert.equal(status, 422, sent);
    }
  });
});

describe('A number or a truth value in quotes', { timeout: 60_000 }, () => {
  it('counts as what it says', async () => {
    const made = await proxy.ok('POST', '/key/generate', {
      max_budget: '10.5',
      rpm_limit: '5',
      tpm_limit: ' 100.0 ',
      model_rpm_limit: { 'gpt-4o': '7' },
      blocked: 'False',
      temp_budget_increase: '1e1',
      temp_budget_expiry: '1d',
    });
    const { max_budget, rpm_limit, tpm_limit, model_rpm_limit, blocked, temp_budget_increase } = made;
    assert.deepEqual(
      { max_budget, rpm_limit, tpm_limit, model_rpm_limit, blocked, temp_budget_increase },
      {
        max_budget: 10.5,
        rpm_limit: 5,
        tpm_limit: 100,
        model_rpm_limit: { 'gpt-4o': 7 },
        blocked: false,
        temp_budget_increase: 10,
      },
    );
  });

  it('holds: a key with "1" request a minute makes one, and a blocked one none', async () => {
    const key = await proxy.key({ rpm_limit: '1' });
    assert.equal((await proxy.chat(key)).status, 200);
    assert.equal((await proxy.chat(key)).status, 429);
    const blocked = await proxy.key({ blocked: 'yes' });
    assert.equal((await proxy.chat(blocked)).status, 401);
  });

  it('is refused if it says something else', async () => {
    for (const body of [
      { rpm_limit: '1.5' },
      { rpm_limit: '0x10' },
      { rpm_limit: 'NaN' },
      { max_budget: 'inf' },
      { max_budget: '' },
      { max_budget: '-1' },
      { max_budget: '1_000' },
      { blocked: 'perhaps' },
      { blocked: 2 },
    ]) {
      assert.equal((await proxy.ask('POST', '/key/generate', body)).status, 422, JSON.stringify(body));
    }
  });
});
