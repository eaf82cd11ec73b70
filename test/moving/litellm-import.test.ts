/** LiteLLM's database is imported: the same keys work, budgets go on, a second run adds what is new, and all of it can be undone. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MASTER_KEY, simulatorFor } from '../cli/simulated-config.ts';
import { type Ended, runSluice, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import {
  encryptGcm,
  hashOf,
  type LitellmDatabase,
  makeLitellmDatabase,
  skipWithoutSchema,
} from './litellm-database.ts';
import { postgresOfFile } from './moved-world.ts';

const SALT_KEY = 'sk-salt-of-litellm';
const ANNA = 'sk-anna-0123456789abcdef';
const TEAM_KEY = 'sk-team-0123456789abcdef';
const SPENT_KEY = 'sk-spent-0123456789abcdef';
const ENV = { TEST_MASTER_KEY: MASTER_KEY, SIMULATOR_KEY: 'any' };

const postgres = postgresOfFile(skipWithoutSchema);

/** When a calendar month in UTC is over, as LiteLLM stores it. */
function nextMonth(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
}

async function fill(database: LitellmDatabase, simulatorUrl: string): Promise<void> {
  const by = { created_by: 'default_user_id', updated_by: 'default_user_id' };
  await database.insert('BudgetTable', {
    budget_id: 'b-org',
    max_budget: 100,
    budget_duration: '1mo',
    budget_reset_at: nextMonth(),
    ...by,
  });
  await database.insert('BudgetTable', { budget_id: 'b-member', max_budget: 3, allowed_models: ['fast'], ...by });
  await database.insert('BudgetTable', {
    budget_id: 'b-customer',
    max_budget: 2,
    rpm_limit: 100,
    tpd_limit: 9_000,
    ...by,
  });
  await database.insert('OrganizationTable', {
    organization_id: 'o1',
    organization_alias: 'Acme',
    budget_id: 'b-org',
    spend: 12.5,
    models: [],
    ...by,
  });
  await database.insert('UserTable', {
    user_id: 'anna',
    user_email: 'Anna@Example.com',
    user_role: 'internal_user',
    teams: ['t1'],
    models: [],
    max_budget: 50,
    spend: 5,
    metadata: {},
  });
  await database.insert('UserTable', { user_id: 'boss', user_role: 'proxy_admin', models: [] });
  await database.insert('ModelTable', { id: 7, aliases: { fast: 'gpt-4o' }, ...by });
  await database.insert('TeamTable', {
    team_id: 't1',
    team_alias: 'Research',
    organization_id: 'o1',
    max_budget: 10,
    spend: 4.25,
    budget_duration: '1mo',
    budget_reset_at: nextMonth(),
    models: ['gpt-4o', 'fast'],
    model_id: 7,
    members_with_roles: JSON.stringify([{ role: 'admin', user_id: 'anna', user_email: null }]),
    metadata: { tags: ['lab'], model_rpm_limit: { 'gpt-4o': 1000 } },
  });
  await database.insert('TeamMembership', { team_id: 't1', user_id: 'anna', spend: 1.5, budget_id: 'b-member' });
  await database.insert('OrganizationMembership', {
    organization_id: 'o1',
    user_id: 'anna',
    user_role: 'org_admin',
    spend: 0,
  });
  await database.insert('VerificationToken', {
    token: hashOf(ANNA),
    key_name: 'sk-...cdef',
    key_alias: 'anna-laptop',
    user_id: 'anna',
    models: [],
    spend: 1.25,
    max_budget: 20,
    metadata: { service: 'notebook' },
    permissions: {},
  });
  await database.insert('VerificationToken', {
    token: hashOf(TEAM_KEY),
    key_name: 'sk-...cdef',
    key_alias: 'team',
    team_id: 't1',
    models: ['all-team-models'],
    spend: 4.25,
    blocked: null,
  });
  await database.insert('VerificationToken', {
    token: hashOf(SPENT_KEY),
    key_name: 'sk-...cdef',
    models: [],
    spend: 7,
    max_budget: 7,
    budget_duration: '30d',
    budget_reset_at: nextMonth(),
  });
  await database.insert('VerificationToken', {
    token: hashOf('sk-ui-session'),
    team_id: 'litellm-dashboard',
    models: [],
  });
  await database.insert('EndUserTable', {
    user_id: 'customer-1',
    alias: 'The first',
    spend: 2,
    budget_id: 'b-customer',
  });
  await database.insert('TagTable', { tag_name: 'lab', description: 'The laboratory', models: [], spend: 3 });
  const value = (text: string): string => encryptGcm(text, SALT_KEY);
  await database.insert('CredentialsTable', {
    credential_id: 'c1',
    credential_name: 'simulated',
    credential_values: { api_key: value('stored-key'), api_base: value(simulatorUrl) },
    credential_info: { description: 'of LiteLLM' },
    ...by,
  });
  await database.insert('ProxyModelTable', {
    model_id: 'm1',
    model_name: 'stored-model',
    ...by,
    litellm_params: { model: value('openai/gpt-4o'), litellm_credential_name: value('simulated'), rpm: 100_000 },
    model_info: { id: 'm1', db_model: true },
  });
  // As LiteLLM writes `/model/new` with a team: a name that no one asks for, and the public one beside it.
  await database.insert('ProxyModelTable', {
    model_id: 'm2',
    model_name: 'model_name_t1_1f6c',
    ...by,
    litellm_params: { model: value('openai/gpt-4o'), api_key: value('key-of-the-team'), api_base: value(simulatorUrl) },
    model_info: { id: 'm2', db_model: true, team_id: 't1', team_public_model_name: 'own-model' },
  });
}

/** A configuration whose database is an SQLite file in the data folder, or the Postgres named. */
function configIn(folder: string, simulatorUrl: string, databaseUrl?: string): string {
  const path = join(folder, 'config.yaml');
  const params = { model: 'openai/gpt-4o', api_base: simulatorUrl, api_key: 'os.environ/SIMULATOR_KEY' };
  const general = {
    master_key: 'os.environ/TEST_MASTER_KEY',
    ...(databaseUrl !== undefined && { database_url: databaseUrl }),
  };
  writeFileSync(
    path,
    JSON.stringify({ model_list: [{ model_name: 'gpt-4o', litellm_params: params }], general_settings: general }),
  );
  return path;
}

function ask(url: string, key: string, model: string, more: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'say: hello' }], max_tokens: 20, ...more }),
  });
}

async function show(url: string, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${MASTER_KEY}` } });
  assert.equal(response.status, 200, path);
  return (await response.json()) as Record<string, unknown>;
}

/** Serves until `use` is over, and ends as a person would end it. */
async function serving(
  context: TestContext,
  { cwd, config }: { readonly cwd: string; readonly config: string },
  use: (url: string) => Promise<void>,
): Promise<void> {
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0'];
  const sluice = new SluiceProcess(context, { cwd, args, env: ENV });
  await use(await sluice.url());
  sluice.kill('SIGINT');
  assert.equal((await sluice.ended).code, 0);
}

describe('LiteLLM’s database', { skip: skipWithoutSchema, timeout: 600_000 }, () => {
  for (const target of ['SQLite', 'Postgres'] as const) {
    it(`is imported into ${target}: dry run, run, the same keys, a second run, undo`, async (context) => {
      const cwd = temporaryFolder(context);
      const simulatorUrl = await simulatorFor(context);
      const litellm = await makeLitellmDatabase(await postgres.makeDatabase());
      context.after(() => litellm.close());
      await fill(litellm, simulatorUrl);
      const config = configIn(cwd, simulatorUrl, target === 'Postgres' ? await postgres.makeDatabase() : undefined);
      const from = ['import', 'litellm', '--database-url', litellm.url, '--config', config];
      const run = (...more: readonly string[]): Promise<Ended> =>
        runSluice(context, { cwd, args: [...from, '--salt-key', SALT_KEY, ...more], env: ENV });

      const dry = await run();
      assert.equal(dry.code, 0, dry.stderr + dry.stdout);
      assert.match(dry.stdout, /^\+ key sk-\.\.\.cdef \([0-9a-f]{8}…\) anna-laptop, spent 1\.25 USD$/m);
      assert.match(dry.stdout, /^\+ team Research, spent 4\.25 USD$/m);
      assert.match(dry.stdout, /^- key .*: is a session of LiteLLM’s own pages$/m);
      assert.match(dry.stdout, /^A dry run; nothing was written/m);
      assert.ok(!existsSync(join(cwd, 'data', 'sluice.db')), 'a dry run made a database');
      assert.ok(!dry.stdout.includes('stored-key') && !dry.stdout.includes(ANNA));

      const first = await run('--apply');
      assert.equal(first.code, 0, first.stderr + first.stdout);
      assert.match(first.stdout, /^ {2}keys +3 new, 1 left out$/m);
      assert.match(first.stdout, /^ {2}credentials +1 new$/m);

      await serving(context, { cwd, config }, async (url) => {
        for (const [key, model] of [
          [ANNA, 'gpt-4o'],
          [TEAM_KEY, 'fast'],
          [ANNA, 'stored-model'],
          [TEAM_KEY, 'own-model'],
        ] as const) {
          const answer = await ask(url, key, model);
          assert.equal(answer.status, 200, `${model}: ${await answer.text()}`);
        }
        assert.notEqual((await ask(url, ANNA, 'own-model')).status, 200, 'a model of one team serves others');
        assert.equal((await ask(url, 'sk-nobody-0123456789abcdef', 'gpt-4o')).status, 401);
        const spent = await ask(url, SPENT_KEY, 'gpt-4o');
        assert.equal(spent.status, 422);
        assert.match(await spent.text(), /budget/i);
        const customer = await ask(url, ANNA, 'gpt-4o', { user: 'customer-1' });
        assert.match(await customer.text(), /budget/i);
        const budgets = (await show(url, '/budget/list')) as unknown as Record<string, unknown>[];
        assert.equal(budgets.find(({ budget_id: id }) => id === 'b-customer')?.tpd_limit, 9_000);

        const { credentials } = (await show(url, '/credentials')) as { credentials: Record<string, unknown>[] };
        const masked = { api_key: '*****', api_base: simulatorUrl };
        assert.deepEqual(credentials, [
          { credential_name: 'simulated', credential_values: masked, credential_info: { description: 'of LiteLLM' } },
        ]);
        const inUse = await fetch(`${url}/credentials/simulated`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${MASTER_KEY}` },
        });
        assert.equal(inUse.status, 400);
        assert.match(await inUse.text(), /Models name this credential: m1\./);

        const key = (await show(url, `/key/info?key=${hashOf(ANNA)}`)).info as Record<string, unknown>;
        assert.deepEqual(
          [key.key_alias, key.max_budget, key.metadata, key.user_id],
          ['anna-laptop', 20, { service: 'notebook' }, 'anna'],
        );
        assert.ok(Number(key.spend) >= 1.25 && Number(key.spend) < 1.3, String(key.spend));
        const shown = await show(url, '/team/info?team_id=t1');
        const [membership] = shown.team_memberships as Record<string, unknown>[];
        assert.deepEqual([membership?.user_id, membership?.allowed_models], ['anna', ['fast']]);
        const team = shown.team_info as Record<string, unknown>;
        assert.ok(Number(team.spend) >= 4.25 && Number(team.spend) < 4.3, String(team.spend));
        assert.equal(team.budget_reset_at, nextMonth());
        assert.deepEqual(team.model_rpm_limit, { 'gpt-4o': 1000 });
        const [organization] = (await show(url, '/organization/list')) as unknown as Record<string, unknown>[];
        assert.ok(
          Number(organization?.spend) >= 12.5 && Number(organization?.spend) < 12.6,
          String(organization?.spend),
        );

        const refused = await run('--apply');
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /Another instance serves from this database/);
      });

      // LiteLLM goes on meanwhile: a key is made, and money is spent.
      const late = 'sk-late-0123456789abcdef';
      await litellm.insert('VerificationToken', {
        token: hashOf(late),
        key_name: 'sk-...cdef',
        key_alias: 'late',
        models: [],
      });
      await litellm.run('update "LiteLLM_VerificationToken" set spend = spend + 2 where token = $1', [hashOf(ANNA)]);
      const second = await run('--apply', '--changes-only');
      assert.equal(second.code, 0, second.stderr);
      assert.match(second.stdout, /^\+ key .* late$/m);
      assert.match(second.stdout, /^\$ key .* anna-laptop, spent 2 USD$/m);
      assert.match(second.stdout, /^ {2}keys +1 new, 1 more spent, 2 the same, 1 left out$/m);
      assert.match(second.stdout, /^ {2}teams +1 the same$/m);

      await serving(context, { cwd, config }, async (url) => {
        const key = (await show(url, `/key/info?key=${hashOf(ANNA)}`)).info as Record<string, unknown>;
        assert.ok(Number(key.spend) >= 3.25 && Number(key.spend) < 3.3, String(key.spend));
        assert.equal((await ask(url, late, 'gpt-4o')).status, 200);
      });

      const undo = (): Promise<Ended> =>
        runSluice(context, { cwd, args: ['import', 'litellm', '-c', config, '--undo'], env: ENV });
      const once = await undo();
      assert.equal(once.code, 0, once.stderr);
      assert.match(once.stdout, /1 removed, 0 kept/);
      await serving(context, { cwd, config }, async (url) => {
        const key = (await show(url, `/key/info?key=${hashOf(ANNA)}`)).info as Record<string, unknown>;
        assert.ok(Number(key.spend) >= 1.25 && Number(key.spend) < 1.3, String(key.spend));
        assert.equal((await ask(url, late, 'gpt-4o')).status, 401);
      });
      const twice = await undo();
      assert.equal(twice.code, 0, twice.stderr);
      assert.match(twice.stdout, / 0 kept/);
      assert.match((await undo()).stderr, /no import to undo/);
      await serving(context, { cwd, config }, async (url) => {
        assert.equal((await ask(url, ANNA, 'gpt-4o')).status, 401);
        assert.equal((await ask(url, MASTER_KEY, 'stored-model')).status, 400);
        assert.deepEqual((await show(url, '/credentials')).credentials, []);
      });
    });
  }
});
