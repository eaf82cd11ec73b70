/** `sluice try guard NAME`: one line for each text, in order, and nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMAND, temporaryFolder } from './sluice-process.ts';

interface Told {
  readonly score?: number;
  readonly flagged?: boolean;
  readonly spans?: readonly { type: string; start: number; end: number }[];
  readonly ms?: number;
  readonly error?: string;
}

function tryOut(words: readonly string[], input: string, env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'try', 'guard', ...words], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  const told = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
  return { status, told, stderr };
}

const lines = (...rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

test('prints score, flag, spans in UTF-16 units and time for each text, in order', () => {
  const { status, told, stderr } = tryOut(
    ['personal-data'],
    lines({ text: '😀 ann@example.org' }, { text: 'Nothing.', from: 'tool' }),
  );
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(
    told.map(({ ms, ...rest }) => (typeof ms === 'number' ? rest : undefined)),
    [
      { score: 1, flagged: true, spans: [{ type: 'EMAIL_ADDRESS', start: 3, end: 18 }] },
      { score: 0, flagged: false, spans: [] },
    ],
  );
});

test('a line that cannot be read keeps its place', () => {
  const { status, told } = tryOut(
    ['secrets'],
    `{"text":1}\nnonsense\n${lines({ text: 'a', from: 'mars' }, { text: 'a' })}`,
  );
  assert.equal(status, 1);
  assert.deepEqual(
    told.map(({ error }) => error !== undefined),
    [true, true, true, false],
  );
});

test('an unknown guardrail is named with the nearest known one', () => {
  const { status, told, stderr } = tryOut(['secret'], '');
  assert.deepEqual([status, told], [2, []]);
  assert.match(stderr, /Did you mean secrets\?/);
  assert.equal(tryOut([], '').status, 2);
});

test('secrets that the configuration holds are found though they have no form', (context) => {
  const folder = temporaryFolder(context);
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    'model_list:\n  - model_name: m\n    litellm_params: { model: openai/gpt-4o, api_key: os.environ/THE_KEY }\n',
  );
  const input = lines({ text: 'see plain-words-only here' }, { text: 'see other words' });
  const { status, told } = tryOut(['secrets', '--config', file], input, {
    THE_KEY: 'plain-words-only',
    LITELLM_MASTER_KEY: 'sk-a-long-master-key-for-tests',
  });
  assert.equal(status, 0);
  assert.deepEqual(
    told.map(({ spans }) => spans),
    [[{ type: 'CONFIGURED_SECRET', start: 4, end: 20 }], []],
  );
});
