import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSluice, temporaryFolder } from './sluice-process.ts';

const GOOD = `model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: \${OPENAI_API_KEY}
general_settings:
  master_key: \${GATEWAY_MASTER_KEY}
`;
const BAD = `model_list:
  - model_name: gpt-4o
    litellm_params:
      modle: openai/gpt-4o
router_settings:
  fallbacks: [{ gpt-4o: [gpt-5o] }]
`;
const env = { OPENAI_API_KEY: 'sk-of-the-provider', GATEWAY_MASTER_KEY: 'sk-a-master-key-of-some-length' };

test('check says that a good file can be served, and ends with 0', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(join(cwd, 'good.yaml'), GOOD);
  const { code, stdout, stderr } = await runSluice(context, { cwd, env, args: ['check', 'good.yaml'] });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /good\.yaml can be served: 1 deployment/);
});

test('check counts what cannot be served beside what can; with --strict nothing is served', async (context) => {
  const cwd = temporaryFolder(context);
  const bedrock = '  - { model_name: other, litellm_params: { model: bedrock/a } }\n';
  writeFileSync(join(cwd, 'mixed.yaml'), GOOD.replace('general_settings', `${bedrock}general_settings`));
  const { code, stdout } = await runSluice(context, { cwd, env, args: ['check', 'mixed.yaml'] });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /mixed\.yaml:6:51 warning .*"other" is not served.*"bedrock"/);
  assert.match(stdout, /can be served: 1 deployment; 1 cannot, and is left out\./);
  const strict = await runSluice(context, { cwd, env, args: ['check', '--strict', 'mixed.yaml'] });
  assert.equal(strict.code, 2, strict.stdout);
  assert.match(strict.stdout, /mixed\.yaml:6:51 error/);
});

test('check prints every finding of a bad file with its place, and ends with 2', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(join(cwd, 'bad.yaml'), BAD);
  const { code, stdout } = await runSluice(context, { cwd, env, args: ['check', 'bad.yaml'] });
  assert.equal(code, 2, stdout);
  assert.match(stdout, /bad\.yaml:4:7 .*modle/);
  assert.match(stdout, /bad\.yaml:6:\d+ .*gpt-5o/);
});

test('check --json prints one JSON document', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(join(cwd, 'bad.yaml'), BAD);
  const { code, stdout } = await runSluice(context, { cwd, env, args: ['check', '--json', 'bad.yaml'] });
  assert.equal(code, 2);
  const report = JSON.parse(stdout) as { ok: boolean; errors: number; findings: { line: number }[] };
  assert.equal(report.ok, false);
  assert.ok(report.errors >= 1 && report.findings.some(({ line }) => line === 4));
});

test('check of a file that is not there ends with 2 and names it', async (context) => {
  const { code, stdout } = await runSluice(context, { cwd: temporaryFolder(context), args: ['check', 'missing.yaml'] });
  assert.equal(code, 2);
  assert.match(stdout, /missing\.yaml/);
});

test('check without a file says what it needs', async (context) => {
  const { code, stderr } = await runSluice(context, { cwd: temporaryFolder(context), args: ['check'] });
  assert.deepEqual([code, stderr], [2, 'check needs a file: sluice check config.yaml\n']);
});
