/** A gateway on SQLite is exported and imported into Postgres: the same keys, budgets that go on, the same sums. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MASTER_KEY, simulatorFor } from '../cli/simulated-config.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { hashOf } from './litellm-database.ts';
import {
  ANNA,
  ask,
  assertSameRows,
  fill,
  machineIn,
  manage,
  postgresOfFile,
  RESET,
  rowsOfPostgres,
  rowsOfSqlite,
  runOn,
  serving,
  TABLES,
  TIGHT,
  totalIn,
} from './moved-world.ts';

const postgres = postgresOfFile();

const ALL = [...TABLES.always, ...TABLES.withLedger];
const MAY_BE_EMPTY = ['ledger_ids'];

describe('An exported gateway', { timeout: 600_000 }, () => {
  it('moves from SQLite to Postgres with everything it has, and once only', async (context) => {
    const folder = temporaryFolder(context);
    const simulatorUrl = await simulatorFor(context);
    const databaseUrl = await postgres.makeDatabase();
    const old = machineIn(folder, 'old', { simulatorUrl });
    const fresh = machineIn(folder, 'fresh', { simulatorUrl, databaseUrl });
    const sqlite = join(old.cwd, 'data', 'sluice.db');
    const file = join(folder, 'sluice.jsonl');
    await serving(context, old, async (url) => {
      await fill(url, simulatorUrl);
      await manage(url, `/key/${hashOf(RESET)}/reset_spend`, { reset_to: 0 });
      assert.equal((await ask(url, RESET, 'gpt-4o')).status, 200);
      // Half of a budget that is 1 USD is spent elsewhere; the rest is too little for another request.
      await manage(url, '/key/update', { key: TIGHT, spend: 0.9999999 });
    });
    const source = rowsOfSqlite(sqlite, ALL);

    const written = await runOn(context, old, 'export', file, '--ledger');
    assert.equal(written.code, 0, written.stderr);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, 'utf8');
    for (const secret of ['secret-of-the-provider', 'secret-of-the-credential', ANNA, TIGHT])
      assert.ok(!text.includes(secret), secret);
    assert.match(text, /"\$sealed":"s2:/);

    const dry = await runOn(context, fresh, 'import', file);
    assert.equal(dry.code, 0, dry.stderr + dry.stdout);
    assert.match(dry.stdout, /^\+ key .* anna-laptop$/m);
    assert.match(dry.stdout, /^A dry run; nothing was written/m);
    assert.ok((await rowsOfPostgres(databaseUrl, ['keys'])).keys?.length === 0, 'a dry run wrote');

    const first = await runOn(context, fresh, 'import', file, '--apply');
    assert.equal(first.code, 0, first.stderr + first.stdout);
    const moved = await rowsOfPostgres(databaseUrl, ALL);
    assertSameRows(moved, source, MAY_BE_EMPTY);
    const again = await runOn(context, fresh, 'import', file, '--apply');
    assert.equal(again.code, 0, again.stderr + again.stdout);
    assert.match(again.stdout, /^ {2}keys +3 the same$/m);
    assert.match(again.stdout, /^ {2}rows of the ledger +0 new, 6 the same$/m);
    assertSameRows(await rowsOfPostgres(databaseUrl, ALL), source, MAY_BE_EMPTY);

    await serving(context, fresh, async (url) => {
      assert.equal((await ask(url, ANNA, 'gpt-4o', { user: 'customer-1' })).status, 200);
      assert.equal((await ask(url, ANNA, 'stored-model')).status, 200);
      const shown = await manage(url, '/credentials/by_name/east');
      assert.deepEqual([shown.display_name, shown.credential_info], ['The east', { custom_llm_provider: 'openai' }]);
      const refused = await ask(url, TIGHT, 'gpt-4o');
      assert.equal(refused.status, 422, await refused.text());
      const beside = await runOn(context, fresh, 'import', file, '--apply');
      assert.equal(beside.code, 1);
      assert.match(beside.stderr, /Another instance serves from this database/);
    });
    // Two requests more cost what the same two did before, on every account of theirs.
    const later = await rowsOfPostgres(databaseUrl, ['account_totals']);
    for (const account of [`key:${hashOf(ANNA)}`, 'team:t1', 'user:anna', 'customer:customer-1', 'organization:o1']) {
      const spent = totalIn(source, account);
      assert.ok(spent > 0n, account);
      assert.equal(totalIn(later, account), 2n * spent, account);
    }

    const undone = await runOn(context, fresh, 'import', '--undo');
    assert.equal(undone.code, 0, undone.stderr);
    const back = await runOn(context, fresh, 'import', '--undo');
    assert.equal(back.code, 0, back.stderr);
    const left = await rowsOfPostgres(databaseUrl, ['keys', 'account_totals', 'ledger']);
    assert.equal(left.keys?.length, 0);
    assert.equal(left.ledger?.length, 2);
    assert.equal(totalIn(left, `key:${hashOf(ANNA)}`), totalIn(source, `key:${hashOf(ANNA)}`));
  });

  it('goes on serving meanwhile: a later file adds what is new since, and nothing twice', async (context) => {
    const folder = temporaryFolder(context);
    const simulatorUrl = await simulatorFor(context);
    const databaseUrl = await postgres.makeDatabase();
    const old = machineIn(folder, 'old', { simulatorUrl });
    const fresh = machineIn(folder, 'fresh', { simulatorUrl, databaseUrl });
    const sqlite = join(old.cwd, 'data', 'sluice.db');
    const file = join(folder, 'sluice.jsonl');
    const move = async (): Promise<string> => {
      assert.equal((await runOn(context, old, 'export', file)).code, 0);
      const { code, stdout, stderr } = await runOn(context, fresh, 'import', file, '--apply');
      assert.equal(code, 0, stderr + stdout);
      return stdout;
    };
    await serving(context, old, async (url) => {
      await fill(url, simulatorUrl);
      await move();
      await manage(url, '/key/generate', { key: 'sk-late-0123456789abcdef', key_alias: 'late', models: [] });
      assert.equal((await ask(url, ANNA, 'gpt-4o')).status, 200);
      await manage(url, `/key/${hashOf(RESET)}/reset_spend`, { reset_to: 0 });
    });
    const second = await move();
    assert.match(second, /^\+ key .* late$/m);
    assert.match(second, /^ {2}keys +1 new, 3 the same$/m);
    assertSameRows(await rowsOfPostgres(databaseUrl, TABLES.always), rowsOfSqlite(sqlite, TABLES.always));
    const { ledger } = await rowsOfPostgres(databaseUrl, ['ledger']);
    assert.equal(ledger?.length, 0, 'the ledger came without --ledger');

    const itself = await runOn(context, old, 'import', file, '--apply');
    assert.equal(itself.code, 1);
    assert.match(itself.stderr, /exported from this very database/);
  });

  it('keeps its models’ secrets sealed: they open under the same salt key, or are sealed again', async (context) => {
    const folder = temporaryFolder(context);
    const simulatorUrl = await simulatorFor(context);
    const old = machineIn(folder, 'old', { simulatorUrl, env: { LITELLM_SALT_KEY: 'the-old-salt-key' } });
    const file = join(folder, 'sluice.jsonl');
    await serving(context, old, (url) => fill(url, simulatorUrl));
    assert.equal((await runOn(context, old, 'export', file)).code, 0);

    const salt = { LITELLM_SALT_KEY: 'the-new-salt-key' };
    const fresh = machineIn(folder, 'fresh', { simulatorUrl, env: salt });
    const closed = await runOn(context, fresh, 'import', file, '--apply');
    assert.equal(closed.code, 3, closed.stderr + closed.stdout);
    assert.match(closed.stdout, /^! credential east: .*LITELLM_SALT_KEY_PREVIOUS/m);
    assert.match(closed.stdout, /^! model stored-model \(m1\): .*LITELLM_SALT_KEY_PREVIOUS/m);

    const both = { ...fresh, env: { ...fresh.env, LITELLM_SALT_KEY_PREVIOUS: 'the-old-salt-key' } };
    const opened = await runOn(context, both, 'import', file, '--apply', '--reseal', '--changes-only');
    assert.equal(opened.code, 0, opened.stderr + opened.stdout);
    assert.match(opened.stdout, /^\+ credential east$/m);
    assert.match(opened.stdout, /^\+ model stored-model \(m1\)$/m);
    await serving(context, fresh, async (url) => {
      assert.equal((await ask(url, ANNA, 'stored-model')).status, 200);
      assert.equal((await ask(url, ANNA, 'model-of-east')).status, 200);
      const litellm_params = { model: 'openai/gpt-4o', litellm_credential_name: 'east' };
      await manage(url, '/model/new', { model_name: 'made-here', litellm_params });
    });
    const undone = await runOn(context, fresh, 'import', '--undo');
    assert.equal(undone.code, 0, undone.stderr);
    assert.match(undone.stdout, /credential east/, 'a model that was made here would lose its credential');
    assert.match(undone.stdout, /\b1 kept/);
    await serving(context, fresh, async (url) => {
      assert.equal((await ask(url, MASTER_KEY, 'made-here')).status, 200);
      assert.equal((await ask(url, MASTER_KEY, 'stored-model')).status, 400);
    });
  });
});
