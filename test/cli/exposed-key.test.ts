/** A well-known master key on an address that other machines reach is no start, from wherever the two come. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSluice, temporaryFolder } from './sluice-process.ts';

const MODELS = 'model_list: [{model_name: m, litellm_params: {model: openai/gpt-4o, api_key: none}}]\n';
const general = (text: string): string => `${MODELS}general_settings: {${text}}\n`;

const STARTS: readonly {
  readonly name: string;
  readonly text: string;
  readonly env?: Record<string, string>;
  readonly args?: readonly string[];
}[] = [
  { name: 'key and host of the environment', text: MODELS, env: { LITELLM_MASTER_KEY: 'sk-1234', HOST: '0.0.0.0' } },
  { name: 'key of the file, host of a flag', text: general('master_key: sk-1234'), args: ['--host', '::'] },
  {
    name: 'key of the environment, host of the file',
    text: general('host: 0.0.0.0'),
    env: { SLUICE_MASTER_KEY: 'changeme' },
  },
];

for (const { name, text, env, args = [] } of STARTS) {
  test(`a well-known master key is refused where others can connect: ${name}`, async (context) => {
    const cwd = temporaryFolder(context);
    const config = join(cwd, 'config.yaml');
    writeFileSync(config, text);
    const { code, stderr } = await runSluice(context, {
      cwd,
      ...(env !== undefined && { env }),
      args: ['--config', config, '--port', '0', ...args],
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /error +the master key is one that attackers try first/);
    assert.ok(!stderr.includes('sk-1234') && !stderr.includes('changeme'), stderr);
  });
}

test('the same key on loopback is a warning', async (context) => {
  const cwd = temporaryFolder(context);
  const config = join(cwd, 'config.yaml');
  writeFileSync(config, general('master_key: sk-1234'));
  const { code, stdout } = await runSluice(context, { cwd, args: ['check', config] });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /warning the master key is one that attackers try first/);
});
