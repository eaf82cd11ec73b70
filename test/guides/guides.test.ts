/** The guides about keys and money: what they show of configurations loads, and what they tell people to type works. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { COMMAND, NODE_FOLDER, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { loadText } from '../config/load-text.ts';
import { ensureDebianPackage } from '../support/debian.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const GUIDES = ['budgets-and-limits', 'keys-and-teams', 'databases', 'responses'] as const;

const pageOf = (guide: string): string => readFileSync(join(root, 'docs/guides', `${guide}.md`), 'utf8');
const blocksOf = (guide: string, language: string): string[] =>
  [...pageOf(guide).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text ?? '',
  );

for (const guide of GUIDES) {
  for (const [index, text] of blocksOf(guide, 'yaml').entries()) {
    test(`${guide}, configuration ${index + 1}: loads, finds nothing wrong, and all of it is in effect`, () => {
      const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '');
      const env = Object.fromEntries(
        names.map((name) => [
          name,
          name === 'DATABASE_URL' ? 'postgresql://sluice:secret@db/sluice' : `value of ${name}`,
        ]),
      );
      const { config, findings } = loadText(text, { env });
      // A fragment without models is fine, as is naming groups of the reader's own file in it.
      const wrong = findings.filter(({ code }) => code !== 'empty-model-list');
      const known = /^model_list:/m.test(text) ? wrong : wrong.filter(({ code }) => code !== 'unknown-group');
      assert.deepEqual(known, []);
      assert.deepEqual(config?.notYetInEffect, []);
    });
  }
}

/** What a guide tells people to type, in one shell, against a gateway of one's own with simulated models. */
async function typed(context: TestContext, guide: string): Promise<string> {
  ensureDebianPackage('curl', 'curl');
  const cwd = temporaryFolder(context);
  const sluice = new SluiceProcess(context, { cwd, args: ['demo', '--port', '0'] });
  const url = await sluice.url();
  const script = blocksOf(guide, 'sh')
    .join('\n')
    .replaceAll('http://127.0.0.1:4000', url)
    .replaceAll('npm start -- spend', `node ${COMMAND} spend --port ${new URL(url).port}`)
    .replaceAll('npx node', 'node');
  const { stdout } = await run('sh', ['-euc', script], {
    cwd,
    env: { PATH: `${NODE_FOLDER}:${process.env.PATH}` },
    timeout: 60_000,
  });
  return stdout;
}

test('what the guide to budgets tells people to type works', { timeout: 90_000 }, async (context) => {
  const said = await typed(context, 'budgets-and-limits');
  assert.match(said, /"key_alias":"search".*"max_budget":20,/);
  assert.match(said, /"team_id":"research"/);
  assert.match(said, /"group_by":"key"/);
  assert.match(said, /No spend from |Spend by model/);
});

/** Numbers, dates and ids taken out: what is left has to be the same. */
const withoutFigures = (text: string): string => text.replace(/\d[\d.:]*/g, '0').replace(/0(?:[- ]0)+/g, '0');

test('refusals look as the guide to budgets shows them', { timeout: 60_000 }, async (context) => {
  ensureDebianPackage('curl', 'curl');
  const cwd = temporaryFolder(context);
  const sluice = new SluiceProcess(context, { cwd, args: ['demo', '--port', '0'] });
  const url = await sluice.url();
  const admin = readFileSync(join(cwd, 'data/master-key'), 'utf8').trim();
  const ask = (path: string, key: string, body: object): Promise<Response> =>
    fetch(url + path, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) });
  const keyWith = async (limits: object): Promise<string> => {
    const { key } = (await (await ask('/key/generate', admin, limits)).json()) as { key: string };
    return key;
  };
  const chat = { model: 'gpt-4o', max_tokens: 5, messages: [{ role: 'user', content: 'Hello!' }] };
  const shown = blocksOf('budgets-and-limits', 'http').map((text) => {
    const [head = '', body = ''] = text.trim().split('\n\n');
    const [, ...headers] = head.split('\n');
    return {
      status: Number(/ (\d+) /.exec(head)?.[1]),
      headers: headers.map((line) => line.split(': ')[0] ?? ''),
      body,
    };
  });
  const poor = await keyWith({ key_alias: 'search', max_budget: 0, budget_duration: 'monthly' });
  const rated = await keyWith({ key_alias: 'fast', rpm_limit: 1 });
  assert.equal((await ask('/v1/chat/completions', rated, chat)).status, 200);
  const sent = [
    await ask('/v1/chat/completions', poor, chat),
    await ask('/v1/chat/completions', rated, { ...chat, user: 'somebody' }),
  ];
  assert.equal(shown.length, sent.length);
  for (const [index, { status, headers, body }] of shown.entries()) {
    const response = sent[index];
    assert.equal(response?.status, status);
    for (const name of headers) assert.ok(response.headers.has(name), name);
    const figures = withoutFigures(await response.text()).replace('api_key: fast', 'api_key: search');
    assert.equal(figures, withoutFigures(body));
  }
  const anthropic = (await (await ask('/v1/messages', poor, { ...chat, model: 'claude-sonnet-4-5' })).json()) as {
    error: { type: string };
  };
  assert.equal(anthropic.error.type, 'billing_error');
});

test('what the guide to keys tells people to type works', { timeout: 90_000 }, async (context) => {
  const said = await typed(context, 'keys-and-teams');
  assert.match(said, /"object":"chat\.completion"/);
  assert.equal(said.match(/"key":"healthy"/g)?.length, 2, 'both texts of a rotated key work');
  assert.match(said, /"key_alias":"ada-notebook"/);
  assert.match(said, /"deleted_keys"/);
  assert.match(said, /"blocked_users":\[\{"user_id":"customer-8"/);
  assert.match(said, /"audit_logs":\[\{/);
});

// What the commands do is tested with a database of LiteLLM's in test/moving.
test('the program knows every word of the commands in the guide to moving', { timeout: 60_000 }, async () => {
  const commands = blocksOf('migrate-from-litellm', 'sh')
    .flatMap((block) => block.trim().split('\n'))
    .map((line) => line.replace(/\s+#.*/, '').split(' '));
  assert.equal(commands.length, 3);
  const { stdout: help } = await run(process.execPath, [COMMAND, 'import', 'litellm', '--help']);
  for (const [program, ...words] of commands) {
    assert.deepEqual([program, ...words.slice(0, 2)], ['sluice', 'import', 'litellm']);
    for (const flag of words.filter((word) => word.startsWith('--'))) assert.ok(help.includes(flag), flag);
  }
});

test('the backup of the guide to databases is a database with everything in it', {
  timeout: 60_000,
}, async (context) => {
  const backup = blocksOf('databases', 'sh').find((text) => text.startsWith('npx node'));
  assert.ok(backup !== undefined);
  ensureDebianPackage('curl', 'curl');
  const cwd = temporaryFolder(context);
  const sluice = new SluiceProcess(context, { cwd, args: ['demo', '--port', '0'] });
  const url = await sluice.url();
  const key = readFileSync(join(cwd, 'data/master-key'), 'utf8').trim();
  const made = await fetch(`${url}/key/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ key_alias: 'in the backup' }),
  });
  assert.equal(made.status, 200);
  const env = { PATH: `${NODE_FOLDER}:${process.env.PATH}` };
  await run('sh', ['-euc', backup.replaceAll('npx node', 'node')], { cwd, env });
  const { DatabaseSync } = await import('node:sqlite');
  const copy = new DatabaseSync(join(cwd, 'sluice-backup.db'), { readOnly: true });
  context.after(() => copy.close());
  const tables = copy.prepare("select name from sqlite_master where type = 'table'").all();
  assert.ok(tables.some(({ name }) => name === 'ledger'));
  const [row] = copy.prepare("select count(*) as found from keys where alias = 'in the backup'").all();
  assert.equal(Number(row?.found), 1);
});
