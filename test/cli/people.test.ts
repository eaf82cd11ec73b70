/** The commands for people, against a running gateway. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensureDebianPackage } from '../support/debian.ts';
import { CONFIG_ENV, simulatorFor, writeConfig } from './simulated-config.ts';
import { type Ended, runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

test('keys, teams, users, models and budgets are made, listed, shown, changed, blocked, rotated and deleted', async (context) => {
  const cwd = temporaryFolder(context);
  const simulatorUrl = await simulatorFor(context);
  const config = writeConfig(cwd, simulatorUrl, { 'gpt-4o': 'gpt-4o' });
  const sluice = new SluiceProcess(context, {
    cwd,
    args: ['-c', config, '--host', '127.0.0.1', '--port', '0'],
    env: CONFIG_ENV,
  });
  const url = await sluice.url();
  const place = ['--config', config, '--port', new URL(url).port];
  const run = (...args: readonly string[]): Promise<Ended> =>
    runSluice(context, { cwd, env: CONFIG_ENV, args: [...args, ...place] });
  const good = async (...args: readonly string[]): Promise<string> => {
    const ended = await run(...args);
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
    return ended.stdout;
  };
  const asked = async (key: string): Promise<number> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
    const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    await answer.text();
    return answer.status;
  };

  assert.equal(await good('keys', 'list'), 'There are no keys.\n');
  assert.equal(
    await good('budgets', 'make', '--id', 'small', '--max_budget', '2.5', '--period', '1d'),
    'Made budget small.\n',
  );
  await good('teams', 'make', '--id', 't1', '--alias', 'research', '--models', 'gpt-4o, other');
  assert.match(await good('users', 'make', '--id', 'anna', '--email', 'anna@example.com'), /^Made user anna/);
  const made = await good(
    'keys',
    'make',
    '--alias',
    'search',
    '--team',
    't1',
    '--max-budget',
    '20',
    '--set',
    'metadata={"owner":"anna"}',
    '--set',
    'budget_id=small',
  );
  const key = /^(sk-\w+)$/m.exec(made)?.[1] ?? '';
  assert.equal(await asked(key), 200);

  assert.match(
    await good('keys', 'list'),
    /^sk-\.\.\.\w{4} +search +[0-9a-f]{64} +default_user_id +t1 +0(?:\.\d+)? +20$/m,
  );
  assert.match(await good('teams', 'list'), /^research +t1 /m);
  assert.match(await good('users', 'list'), /^anna@example\.com +anna +internal_user/m);
  assert.match(await good('budgets', 'list'), /^small +2\.5 +1d/m);
  const shown = JSON.parse(await good('keys', 'show', 'search', '--json')) as Record<string, unknown>;
  assert.deepEqual([shown.metadata, shown.budget_id, shown.max_budget], [{ owner: 'anna' }, 'small', 20]);
  assert.match(await good('keys', 'show', key), /^key_alias +search$/m);
  await good('keys', 'change', 'search', '--max-budget', '30', '--rpm', '500');
  assert.match(await good('keys', 'show', 'search'), /^max_budget +30$/m);

  await good('keys', 'block', key);
  assert.equal(await asked(key), 401);
  await good('keys', 'unblock', 'search');
  assert.equal(await asked(key), 200);
  const rotated = /^(sk-\w+)$/m.exec(await good('keys', 'rotate', 'search'))?.[1] ?? '';
  assert.deepEqual([await asked(key), await asked(rotated)], [401, 200]);
  assert.match(await good('keys', 'spend'), /^Spend by key, /);

  await good(
    'models',
    'make',
    '--name',
    'extra',
    '--model',
    'openai/gpt-4o',
    '--api-base',
    simulatorUrl,
    '--api-key',
    'hidden-key',
    '--set',
    'model_info.id=m1',
  );
  const models = await good('models', 'list');
  assert.match(models, /^extra +m1 +openai\/gpt-4o +yes$/m);
  assert.ok(!(await good('models', 'show', 'm1', '--json')).includes('hidden-key'));
  await good('models', 'block', 'm1');
  await good('models', 'delete', 'm1');
  assert.ok(!(await good('models', 'list')).includes('extra'));

  await good('keys', 'delete', 'search');
  assert.equal(await asked(rotated), 401);
  await good('teams', 'delete', 't1');
  await good('users', 'delete', 'anna');
  await good('budgets', 'delete', 'small');
  const none = await run('keys', 'show', 'search');
  assert.deepEqual([none.code, none.stderr], [1, 'There is no key with the alias search.\n']);
  const wrong = await run('keys', 'make', '--max-budget', 'much');
  assert.deepEqual([wrong.code, wrong.stderr], [2, '--max-budget must be a number, not "much". See sluice --help.\n']);
  const refused = await run('teams', 'show', 'nobody');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^The gateway answered with status 404: /);
});

test('an error names what is wrong with a line, and help has examples', async (context) => {
  const cwd = temporaryFolder(context);
  const run = (...args: readonly string[]): Promise<Ended> => runSluice(context, { cwd, args });
  for (const [args, stderr] of [
    [['keys', 'lst'], 'Unknown command lst. Did you mean list? See sluice --help.\n'],
    [['keys', 'show'], 'Missing required argument key. See sluice --help.\n'],
    [['kays'], 'Unknown command kays. Did you mean keys? See sluice --help.\n'],
    [['--port', '1', 'keys'], 'Put keys first: sluice keys … See sluice --help.\n'],
  ] as const) {
    const ended = await run(...args);
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [2, '', stderr]);
  }
  const help = await run('teams', '--help');
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Examples:\n {2}sluice teams list /m);
});

test('each shell completes commands, flags and shells from the script', async (context) => {
  const cwd = temporaryFolder(context);
  const script = async (shell: string): Promise<string> => {
    const { code, stdout, stderr } = await runSluice(context, { cwd, args: ['completion', shell] });
    assert.equal(code, 0, stderr);
    const path = join(cwd, `sluice.${shell}`);
    writeFileSync(path, stdout);
    return path;
  };
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, { encoding: 'utf8', cwd });
  const bash = await script('bash');
  const inBash = (...words: readonly string[]): string =>
    run(
      'bash',
      '-c',
      `source ${bash}; COMP_WORDS=("$@"); COMP_CWORD=${words.length - 1}; _sluice; echo "\${COMPREPLY[@]}"`,
      'x',
      ...words,
    ).trim();
  assert.equal(inBash('sluice', 'keys', 'ro'), 'rotate');
  assert.equal(inBash('sluice', 'keys', 'make', '--max'), '--max-budget');
  assert.equal(inBash('sluice', 'completion', ''), 'bash zsh fish');
  assert.equal(inBash('sluice', 'che'), 'check');
  run(ensureDebianPackage('zsh', 'zsh'), '-n', await script('zsh'));
  const fish = ensureDebianPackage('fish', 'fish');
  const path = await script('fish');
  const inFish = (line: string): string =>
    run(fish, '--no-config', '-c', `source ${path}; complete -C "${line}"`).trim();
  assert.equal(inFish('sluice keys ro'), 'rotate');
  assert.equal(inFish('sluice keys make --max'), '--max-budget');
  assert.equal(inFish('sluice che'), 'check');
  const unknown = await runSluice(context, { cwd, args: ['completion', 'tcsh'] });
  assert.equal(unknown.code, 2);
});
