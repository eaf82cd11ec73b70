import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AlertConfig } from '../../src/features/alerts/settings.ts';
import { brief, configOf, loadText, loadTexts } from './load-text.ts';

const MODELS = 'model_list: [{ model_name: gpt-4o, litellm_params: { model: openai/gpt-4o } }]\n';
const USD = 10n ** 12n;

const finds = (text: string, expected: readonly string[]): void => {
  const lines = brief(loadText(`${MODELS}${text}`).findings).filter((line) => !line.endsWith('secret-in-plain-text'));
  assert.deepEqual(lines, expected);
};

test('a declared key carries every limit, exactly', () => {
  const { config, findings } = loadText(`${MODELS}
user_api_key_list:
  - api_key: tenant-key
    key_alias: tenant
    user_id: u
    team_id: nowhere-in-this-file
    organization_id: o
    models: [gpt-4o]
    max_budget: "0.000000000001"
    budget_reset_period: Monthly
    soft_budget: 1e-3
    budget_limits: [{ budget_duration: 1d, max_budget: 1 }, { budget_duration: 30d, max_budget: 10 }]
    model_max_budget: { gpt-4o: { budget_limit: 5, time_period: 7d }, "gpt-*": 0.5, other: { max_budget: 0 } }
    rpm_limit: 1
    tpm_limit: 2
    input_tpm_limit: 3
    output_tpm_limit: 4
    max_parallel_requests: 5
    model_rpm_limit: { gpt-4o: 6 }
    model_tpm_limit: { gpt-4o: "7" }
    budget_id: named
    allowed_routes: ["/v1/chat/*"]
    aliases: { fast: gpt-4o }
    tags: [red]
    enforced_params: [user, metadata.project]
    key_type: llm_api
    expires: 2030-02-28
    metadata: { anything: 1 }
`);
  assert.deepEqual(brief(findings, true), ['4:14 warning secret-in-plain-text']);
  assert.deepEqual(config?.keys, [
    {
      key: 'tenant-key',
      alias: 'tenant',
      userId: 'u',
      teamId: 'nowhere-in-this-file',
      organizationId: 'o',
      models: ['gpt-4o'],
      limits: {
        maxBudget: 1n,
        budgetDuration: '1mo',
        softBudget: USD / 1000n,
        budgetLimits: [
          { max: USD, duration: '1d' },
          { max: 10n * USD, duration: '30d' },
        ],
        modelMaxBudget: { 'gpt-4o': { max: 5n * USD, duration: '7d' }, 'gpt-*': { max: USD / 2n }, other: { max: 0n } },
        rpmLimit: 1,
        tpmLimit: 2,
        inputTpmLimit: 3,
        outputTpmLimit: 4,
        maxParallelRequests: 5,
        modelRpmLimit: { 'gpt-4o': 6 },
        modelTpmLimit: { 'gpt-4o': 7 },
        budgetId: 'named',
      },
      aliases: { fast: 'gpt-4o' },
      allowedRoutes: ['/v1/chat/*'],
      keyType: 'llm_api',
      enforcedParams: ['user', 'metadata.project'],
      expiresAtMs: Date.parse('2030-02-28T00:00:00Z'),
      blocked: false,
      metadata: { anything: 1, tags: ['red'] },
      position: 'config.yaml:4:5',
    },
  ]);
});

test('a moment is a date, or a date and time, of a day that exists', () => {
  const expiry = (written: string) =>
    loadText(`${MODELS}user_api_key_list: [{ api_key: k, expires: "${written}" }]`).config?.keys[0]?.expiresAtMs;
  assert.equal(expiry('2028-02-29'), Date.parse('2028-02-29T00:00Z'));
  assert.equal(expiry('2028-02-29T12:30:00+02:00'), Date.parse('2028-02-29T10:30Z'));
  assert.equal(expiry('2028-02-29 12:30'), Date.parse('2028-02-29T12:30Z'));
  for (const written of ['2027-02-29', '2027-13-01', '30d', 'tomorrow', '2027-01-01T25:00']) {
    finds(`user_api_key_list: [{ api_key: k, expires: "${written}" }]`, ['2:44 error wrong-type']);
  }
});

test('a limit of a wrong type stops the start: left out, it would let everything through', () => {
  const key = (limit: string): string => `user_api_key_list: [{ api_key: k, ${limit} }]`;
  finds(key('rpm_limit: many'), ['2:46 error wrong-type']);
  finds(key('model_rpm_limit: { gpt-4o: -1 }'), ['2:62 error wrong-type']);
  finds(key('model_max_budget: { gpt-4o: cheap }'), ['2:63 error wrong-type']);
  finds(key('model_max_budget: { gpt-4o: {} }'), ['2:63 error wrong-type']);
  finds(key('model_max_budget: { gpt-4o: { budget_limt: 1 } }'), [
    '2:63 error wrong-type',
    '2:65 error unknown-key budget_limit',
  ]);
  finds(key('budget_limits: [{ budget_duration: 1d }]'), ['2:51 error wrong-type']);
  finds(key('rpm_limits: 5'), ['2:35 error unknown-key rpm_limit']);
});

test('organisations, teams, users, customers and tags are read as the API would store them', () => {
  const { config, findings } = loadText(`${MODELS}
organizations:
  - { organization_id: acme, max_budget: 100, budget_duration: monthly, members: [{ user_id: ann, role: org_admin, max_budget: 5 }] }
teams:
  - team_id: blue
    team_alias: Blue
    organization_id: acme
    models: [gpt-4o]
    model_aliases: { fast: gpt-4o }
    tags: [blue]
    max_budget: 10
    budget_duration: 1d
    rpm_limit: 60
    metadata: { cost_centre: 7 }
    team_member_budget: 1
    team_member_budget_duration: weekly
    team_member_rpm_limit: 6
    team_member_permissions: [/key/generate]
    members_with_roles: [{ user_id: ann, role: admin }, { user_id: bob, max_budget: 2 }]
    members: [bob, cy]
users:
  - { user_id: ann, user_email: ann@example.org, user_role: proxy_admin, user_alias: Ann }
  - { user_id: bob, max_budget: 3, teams: [blue, red], organizations: [acme] }
customers: [{ user_id: shop-1, alias: Shop, blocked: true, max_budget: 0.5, allowed_model_region: eu, default_model: gpt-4o }]
tags: [{ name: nightly, description: batch runs, max_budget: 4, budget_duration: 1w }]
`);
  assert.deepEqual(config?.notYetInEffect, []);
  assert.deepEqual(brief(findings), []);
  const declared = config?.declared;
  const stored = { createdAtMs: 0, updatedAtMs: 0, metadata: {}, further: {} };
  assert.deepEqual(declared?.organizations, [
    { ...stored, id: 'acme', alias: 'acme', models: [], blocked: false, maxBudget: 100n * USD, budgetDuration: '1mo' },
  ]);
  assert.deepEqual(declared?.teams, [
    {
      ...stored,
      metadata: { cost_centre: 7 },
      id: 'blue',
      alias: 'Blue',
      organizationId: 'acme',
      models: ['gpt-4o'],
      modelAliases: { fast: 'gpt-4o' },
      tags: ['blue'],
      blocked: false,
      maxBudget: 10n * USD,
      budgetDuration: '1d',
      rpmLimit: 60,
      memberDefaults: { maxBudget: USD, budgetDuration: '7d', rpmLimit: 6 },
      memberPermissions: ['/key/generate'],
    },
  ]);
  const member = { teamId: 'blue', createdAtMs: 0 };
  assert.deepEqual(declared?.teamMembers, [
    { ...member, userId: 'ann', role: 'admin' },
    { ...member, userId: 'bob', role: 'user', maxBudget: 2n * USD },
    { ...member, userId: 'cy', role: 'user' },
    { ...member, teamId: 'red', userId: 'bob', role: 'user' },
  ]);
  assert.deepEqual(declared?.organizationMembers, [
    { organizationId: 'acme', userId: 'ann', role: 'org_admin', maxBudget: 5n * USD, createdAtMs: 0 },
    { organizationId: 'acme', userId: 'bob', role: 'internal_user', createdAtMs: 0 },
  ]);
  assert.deepEqual(declared?.users, [
    { ...stored, id: 'ann', alias: 'Ann', email: 'ann@example.org', role: 'proxy_admin', models: [], blocked: false },
    { ...stored, id: 'bob', role: 'internal_user', models: [], blocked: false, maxBudget: 3n * USD },
  ]);
  assert.deepEqual(declared?.customers, [
    {
      ...stored,
      id: 'shop-1',
      alias: 'Shop',
      blocked: true,
      maxBudget: USD / 2n,
      allowedModelRegion: 'eu',
      defaultModel: 'gpt-4o',
    },
  ]);
  assert.deepEqual(declared?.tags, [
    { ...stored, name: 'nightly', description: 'batch runs', models: [], maxBudget: 4n * USD, budgetDuration: '1w' },
  ]);
});

test('an object without an id, or with one that is taken, is an error; a name is no id', () => {
  finds('teams: [{ team_alias: Blue }]', ['2:9 error missing-key']);
  finds('teams: [{ team_id: t }, { team_id: t }]', ['2:25 error duplicate-id']);
  finds('users: [{ user_id: os.environ/NOBODY_SET_THIS }]', ['2:20 error unset-variable']);
  finds('customers: [shop]', ['2:13 error wrong-type']);
  finds('tags: [{ name: a }, { name: b }, { naem: c }]', ['2:34 error missing-key', '2:36 error unknown-key name']);
  finds('users: [{ user_id: u, user_role: internal_usr }]', ['2:34 error wrong-type internal_user']);
  finds('teams: [{ team_id: t, members_with_roles: [{ user_id: a, role: boss }, { user_id: a }] }]', [
    '2:64 error wrong-type',
    '2:72 error duplicate-id',
  ]);
});

test('a model that nothing serves is said where a team, a user or an organisation names it', () => {
  finds('teams: [{ team_id: t, models: [gpt-4, gpt-4o, "gpt-*", all-proxy-models] }]', [
    '2:32 warning unknown-group gpt-4o',
  ]);
  finds('users: [{ user_id: u, models: [other-thing] }]', ['2:32 warning unknown-group']);
});

test('lists of several files follow one another, and an id stays unique over them', () => {
  const files = { 'a.yaml': `${MODELS}teams: [{ team_id: one }]`, 'b.yaml': 'teams: [{ team_id: two }]' };
  const merged = loadTexts(files, { files: ['a.yaml', 'b.yaml'] });
  assert.deepEqual(
    merged.config?.declared.teams.map(({ id }) => id),
    ['one', 'two'],
  );
  const twice = loadTexts({ ...files, 'b.yaml': 'teams: [{ team_id: one }]' }, { files: ['a.yaml', 'b.yaml'] });
  assert.deepEqual(brief(twice.findings), ['1:9 error duplicate-id']);
});

test('nothing is declared where nothing stands', () => {
  const { declared, keys } = configOf(MODELS);
  assert.deepEqual(keys, []);
  assert.ok(Object.values(declared).every((list) => list.length === 0));
});

const seed = join(import.meta.dirname, '../../../shared/seeds/4-tenants.yaml');
const TENANTS = `user_api_key_list:
  - api_key: "tenant-a-key"
    user_id: "tenant-a"
    max_budget: 1000 # Monthly budget cap
    budget_reset_period: "monthly"
    rpm_limit: 1000 # Requests per minute limit
    allowed_models: ["deepseek-v4", "glm-4"]
general_settings:
  global_max_budget: 10000 # Platform-wide total budget cap
  budget_alert_threshold: 0.8 # Trigger alerts automatically at 80%
`;

test("everything in the guide's tenants is in effect", () => {
  for (const text of [TENANTS, ...(existsSync(seed) ? [readFileSync(seed, 'utf8')] : [])]) {
    const { config, findings } = loadText(text);
    assert.deepEqual(config?.notYetInEffect, []);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.deepEqual(config?.keys[0]?.limits, { maxBudget: 1000n * USD, budgetDuration: '1mo', rpmLimit: 1000 });
    const alerts = config?.features.alerts as AlertConfig | undefined;
    assert.deepEqual([config?.budgets.globalMax, alerts?.threshold], [10_000n * USD, 0.8]);
  }
});
