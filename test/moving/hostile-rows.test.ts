/** Databases of LiteLLM that are not as they should be: the import says what it leaves, and half of nothing is written. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MASTER_KEY, simulatorFor } from '../cli/simulated-config.ts';
import { type Ended, runSluice, temporaryFolder } from '../cli/sluice-process.ts';
import {
  encryptGcm,
  hashOf,
  type LitellmDatabase,
  makeLitellmDatabase,
  skipWithoutSchema,
} from './litellm-database.ts';
import { killedAt, machineIn, postgresOfFile, rowsOfPostgres, runOn, totalIn } from './moved-world.ts';

const BY = { created_by: 'a', updated_by: 'a' };

const postgres = postgresOfFile(skipWithoutSchema);

interface World {
  readonly litellm: LitellmDatabase;
  readonly run: (...args: readonly string[]) => Promise<Ended>;
}

async function world(
  context: TestContext,
  further: Record<string, unknown> = {},
  env: Record<string, string> = {},
): Promise<World> {
  const cwd = temporaryFolder(context);
  const litellm = await makeLitellmDatabase(await postgres.makeDatabase());
  context.after(() => litellm.close());
  const config = join(cwd, 'config.yaml');
  writeFileSync(config, JSON.stringify({ model_list: [], general_settings: { master_key: MASTER_KEY }, ...further }));
  const run = (...args: readonly string[]): Promise<Ended> =>
    runSluice(context, {
      cwd,
      env,
      args: ['import', 'litellm', '-c', config, '--database-url', litellm.url, ...args],
    });
  return { litellm, run };
}

/** Keys with the texts `1`, `2`, …, which spent half a dollar each. */
async function insertKeys(litellm: LitellmDatabase, count: number): Promise<void> {
  await litellm.run(
    `insert into "LiteLLM_VerificationToken" (token, key_name, key_alias, models, spend, metadata)
      select encode(sha256(n::text::bytea), 'hex'), 'sk-...' || lpad((n % 10000)::text, 4, '0'), 'key ' || n, '{}', 0.5, '{"service": "x"}'
      from generate_series(1, $1::int) n`,
    [count],
  );
}

describe('A database of LiteLLM', { skip: skipWithoutSchema, timeout: 600_000 }, () => {
  it('with a wrong salt key changes nothing, and the message says so', async (context) => {
    const { litellm, run } = await world(context);
    await litellm.insert('VerificationToken', { token: hashOf('sk-1'), models: [] });
    const params = { model: encryptGcm('openai/gpt-4o', 'right'), api_key: encryptGcm('secret', 'right') };
    await litellm.insert('ProxyModelTable', { model_id: 'm1', model_name: 'm', litellm_params: params, ...BY });
    const wrong = await run('--apply', '--salt-key', 'wrong');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /salt key does not open .* Nothing was imported\.$/m);
    const none = await run('--apply');
    assert.equal(none.code, 3, none.stderr);
    assert.match(none.stdout, /^! model m \(m1\): is encrypted \(model, api_key\): give the salt key$/m);
    assert.match(none.stdout, /^ {2}keys +1 new$/m);
    const right = await run('--apply', '--salt-key', 'right');
    assert.equal(right.code, 0, right.stdout);
    assert.match(right.stdout, /^\+ model m \(m1\)$/m);
  });

  it('of another version, with nulls, wrong values and duplicates, gives every key that can be read', async (context) => {
    const { litellm, run } = await world(context);
    for (const column of ['budget_limits', 'tpd_limit', 'key_type', 'last_active', 'access_group_ids', 'project_id']) {
      await litellm.run(`alter table "LiteLLM_VerificationToken" drop column ${column}`);
    }
    for (const table of ['BudgetWindowSpend', 'AccessGroupTable', 'DeprecatedVerificationToken', 'TagTable']) {
      await litellm.run(`drop table "LiteLLM_${table}"`);
    }
    await litellm.run('alter table "LiteLLM_VerificationToken" add column of_the_future jsonb default \'{"a": 1}\'');
    const key = (name: string, row: Parameters<LitellmDatabase['insert']>[1]): Promise<void> =>
      litellm.insert('VerificationToken', { token: hashOf(name), key_name: 'sk-...1234', ...row });
    await key('nulls', { key_alias: null, models: null, user_id: null, blocked: null, max_budget: null });
    await key('twin 1', { key_alias: 'twin', models: [] });
    await key('twin 2', { key_alias: 'twin', models: [] });
    await key('period', { models: [], max_budget: 5, budget_duration: 'every now and then' });
    await key('infinite', { models: [], max_budget: Number.POSITIVE_INFINITY });
    await key('long', { models: [], key_alias: 'x'.repeat(300) });
    await key('text', { models: [], metadata: { tags: 'no list', note: '\u001b[31m' } });
    await litellm.insert('VerificationToken', { token: 'sk-in-plain-text', models: [] });
    await litellm.insert('UserTable', {
      user_id: 'u1',
      user_email: 'same@example.com',
      user_role: 'captain',
      models: null,
    });
    await litellm.insert('UserTable', { user_id: 'u2', user_email: 'Same@example.com', models: [] });
    for (const args of [[], ['--apply']]) {
      const ended = await run(...args);
      assert.equal(ended.code, 3, ended.stderr);
      const { stdout } = ended;
      assert.match(stdout, /^ {2}users +2 new$/m);
      assert.match(stdout, /^! key .*: `budget_duration` must be a period/m);
      assert.match(stdout, /^! key .*: `max_budget` must be a number of USD/m);
      assert.match(stdout, /^\+ key .*: its alias is taken and left out$/m);
      assert.match(stdout, /^\+ key .*: its alias is longer than 255 characters and left out$/m);
      assert.match(stdout, /^! key .*: is stored by another name than the SHA-256 of its text$/m);
      assert.match(stdout, /^\+ user same@example\.com: has the role internal_user_viewer/m);
      assert.match(stdout, /^\+ user Same@example\.com: its email address is taken and left out$/m);
      assert.ok(!stdout.includes('sk-in-plain-text') && !stdout.includes('\u001b'), 'a secret or an escape is shown');
    }
    const again = await run('--apply', '--changes-only');
    assert.doesNotMatch(again.stdout, /^\+/m);
  });

  it('leaves alone what exists here or is declared in the file, and adds its spend to the latter', async (context) => {
    const declared = 'sk-declared-0123456789abcdef';
    const { litellm, run } = await world(context, { user_api_key_list: [{ key: declared, max_budget: 5 }] });
    await litellm.insert('VerificationToken', {
      token: hashOf(declared),
      key_name: 'sk-...cdef',
      models: [],
      spend: 4,
    });
    const first = await run('--apply');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^\$ key .*, spent 4 USD: is declared in the configuration file, which wins/m);
    const second = await run('--apply');
    assert.match(second.stdout, /^- key .*: is declared in the configuration file/m);
  });

  it('gives models the values of credentials that they cannot name here, and refuses what does not open', async (context) => {
    const sealed = (text: string): string => encryptGcm(text, 'salt');
    const { litellm, run } = await world(context, {
      credential_list: [{ credential_name: 'declared', credential_values: { api_key: 'of-the-file' } }],
    });
    for (const [credential_name, credential_values] of [
      ['declared', { api_key: sealed('of-litellm') }],
      ['east', { api_key: sealed('of-the-east'), api_base: sealed('https://east.example/v1') }],
      ['closed', { api_key: encryptGcm('secret', 'another salt') }],
      ['empty', {}],
      ['of-a-variable', { api_key: 'os.environ/NOT_SET_ANYWHERE' }],
    ] as const) {
      await litellm.insert('CredentialsTable', {
        credential_id: credential_name,
        credential_name,
        credential_values,
        ...BY,
      });
    }
    const model = (model_id: string, further: Record<string, string>, model_info: Record<string, string> = {}) =>
      litellm.insert('ProxyModelTable', {
        model_id,
        model_name: model_id,
        litellm_params: { model: sealed('openai/gpt-4o'), ...further },
        model_info,
        ...BY,
      });
    await model('of-declared', { litellm_credential_name: 'declared' });
    await model('of-east', { litellm_credential_name: 'east' });
    await model('elsewhere', { litellm_credential_name: 'east', api_base: 'https://west.example/v1' });
    await model('of-closed', { litellm_credential_name: 'closed' });
    await model('of-nothing', { litellm_credential_name: 'no-such' });
    await model('a*', {}, { team_id: 't' });
    for (const args of [[], ['--apply']]) {
      const { code, stdout } = await run('--salt-key', 'salt', ...args);
      assert.equal(code, 3);
      assert.match(stdout, /^- credential declared: is declared in the configuration file/m);
      assert.match(stdout, /^\+ credential east$/m);
      assert.match(stdout, /^! credential closed: has api_key that the salt key does not open$/m);
      assert.match(stdout, /^! credential empty: has no values$/m);
      assert.match(stdout, /^! credential of-a-variable: .* variable NOT_SET_ANYWHERE, which is not set here$/m);
      assert.match(stdout, /^\+ model of-declared .*: has the values of the credential declared itself, which is not/m);
      assert.match(stdout, /^\+ model of-east \(of-east\)$/m);
      assert.match(stdout, /^\+ model elsewhere .*: has the values of the credential east itself: .*address/m);
      assert.match(stdout, /^! model of-closed .*: has api_key that the salt key does not open$/m);
      assert.match(stdout, /^! model of-nothing .*: names the credential no-such, which is not stored$/m);
      assert.match(stdout, /^! model a\* .*: is of a team and has `\*` in its name$/m);
      assert.ok(!/of-litellm|of-the-east|of-the-file/.test(stdout), 'a secret is shown');
    }
    const again = await run('--salt-key', 'salt', '--apply');
    assert.match(again.stdout, /^ {2}credentials +1 the same, 1 left out, 3 refused$/m);
    assert.match(again.stdout, /^ {2}models +3 the same, 3 refused$/m);
  });

  it('without LiteLLM’s tables is refused, and so is the one that Sluice itself uses', async (context) => {
    const cwd = temporaryFolder(context);
    const url = await postgres.makeDatabase();
    const config = join(cwd, 'config.yaml');
    writeFileSync(
      config,
      JSON.stringify({ model_list: [], general_settings: { master_key: MASTER_KEY, database_url: url } }),
    );
    const run = (from: string): Promise<Ended> =>
      runSluice(context, { cwd, args: ['import', 'litellm', '-c', config, '--database-url', from] });
    const own = await run(url);
    assert.deepEqual([own.code, own.stdout], [2, '']);
    const empty = await run(await postgres.makeDatabase());
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /has no tables of LiteLLM/);
    const nowhere = await run('postgresql://litellm:hidden-password@127.0.0.1:1/litellm');
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^LiteLLM’s database cannot be read: Postgres cannot be reached/);
    assert.ok(!nowhere.stderr.includes('hidden-password'));
  });

  it('is imported again after imports were killed: every key once, and all that was spent', async (context) => {
    const folder = temporaryFolder(context);
    const litellm = await makeLitellmDatabase(await postgres.makeDatabase());
    context.after(() => litellm.close());
    await insertKeys(litellm, 4_000);
    const databaseUrl = await postgres.makeDatabase();
    const fresh = machineIn(folder, 'fresh', { simulatorUrl: await simulatorFor(context), databaseUrl });
    const from = ['litellm', '--database-url', litellm.url];
    await killedAt(context, fresh, from, databaseUrl, 300);
    await killedAt(context, fresh, from, databaseUrl, 1_800);
    const halfway = await rowsOfPostgres(databaseUrl, ['keys']);
    assert.ok((halfway.keys?.length ?? 0) < 4_000, 'it was killed before its end');
    const last = await runOn(context, fresh, 'import', ...from, '--apply', '--changes-only');
    assert.equal(last.code, 0, last.stderr);
    assert.match(last.stdout, /^ {2}keys +[\d,]+ new, [\d,]+ the same$/m);
    const rows = await rowsOfPostgres(databaseUrl, ['keys', 'account_totals']);
    assert.equal(rows.keys?.length, 4_000);
    assert.equal(rows.account_totals?.length, 4_000);
    for (const number of [1, 300, 1_801, 4_000]) {
      assert.equal(totalIn(rows, `key:${hashOf(String(number))}`), 500_000_000_000n, `what key ${number} spent`);
    }
  });

  it('of 100,000 keys is imported, and a second run has nothing to say about them', async (context) => {
    // It holds a page of rows at a time: a heap this small is enough for any number of them.
    const { litellm, run } = await world(context, {}, { NODE_OPTIONS: '--max-old-space-size=192' });
    await insertKeys(litellm, 100_000);
    const begun = performance.now();
    const ended = await run('--apply');
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^ {2}keys +100,000 new$/m);
    context.diagnostic(`100,000 keys in ${Math.round((performance.now() - begun) / 1000)} s`);
    const second = await run('--apply', '--changes-only');
    assert.match(second.stdout, /^ {2}keys +100,000 the same$/m);
    assert.ok(second.stdout.length < 1_000);
  });
});
