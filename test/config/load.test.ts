import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { configFileSchema } from '../../src/config/file-schema.ts';
import { findingsAsJson, renderFindings } from '../../src/config/finding.ts';
import { configFromEnvironment, loadConfig } from '../../src/config/load.ts';
import type { SettingRow, SettingRows } from '../../src/config/setting-rows.ts';
import { TOP_LEVEL } from '../../src/config/settings/top-level.ts';
import { FEATURE_SETTINGS } from '../../src/features/index.ts';
import { brief, configOf, FULL_ENVIRONMENT, loadText, loadTexts, PROVIDERS } from './load-text.ts';

const root = join(import.meta.dirname, '../..');

test('variables stand for whole values and inside texts, with defaults, nested defaults and an escape', () => {
  const { deployments } = configOf(
    `
model_list:
  - model_name: a
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/KEY
      api_base: https://\${REGION}.example/\${VERSION:-v1}
      organization: \${NONE:-\${REGION}}
      api_version: $\${REGION}
      timeout: \${SECONDS}
      extra_headers: { x: "\${EMPTY:-filled}" }
`,
    { env: { KEY: `k \${REGION}`, REGION: 'eu', SECONDS: '3', EMPTY: '' } },
  );
  const [deployment] = deployments;
  assert.equal(deployment?.apiKey, `k \${REGION}`);
  assert.equal(deployment?.apiBase, 'https://eu.example/v1');
  assert.equal(deployment?.organization, 'eu');
  assert.equal(deployment?.apiVersion, `\${REGION}`);
  assert.equal(deployment?.timeoutMs, 3000);
  assert.deepEqual(deployment?.extraHeaders, { x: 'filled' });
});

test('environment_variables win over the environment, are reported, and reach provider keys too', () => {
  const { config, findings } = loadText(
    `
environment_variables: { OPENAI_API_KEY: from-file, COPY: os.environ/OTHER, PORT: 4100 }
model_list:
  - { model_name: a, litellm_params: { model: openai/a } }
  - { model_name: b, litellm_params: { model: openai/b, api_key: os.environ/COPY } }
`,
    { env: { OPENAI_API_KEY: 'from-environment', OTHER: 'other' } },
  );
  assert.deepEqual(
    config?.deployments.map(({ apiKey }) => apiKey),
    ['from-file', 'other'],
  );
  assert.equal(config?.server.port, 4100);
  assert.deepEqual(brief(findings, true), ['2:26 note shadowed-variable']);
});

test('files are merged: maps deeply, top-level lists one after the other, later scalars win', () => {
  const texts = {
    'a.yaml': `
model_list: [{ model_name: a, litellm_params: { model: openai/a } }]
router_settings: { timeout: 1, model_group_alias: { x: a }, default_fallbacks: [a] }
litellm_settings:
`,
    'b.yaml': `
model_list: [{ model_name: b, litellm_params: { model: openai/b } }]
router_settings: { timeout: 2, model_group_alias: { y: b }, default_fallbacks: [b] }
general_settings:
`,
  };
  const { config } = loadTexts(texts, { files: ['a.yaml', 'b.yaml'] });
  assert.deepEqual(
    config?.deployments.map(({ group, position }) => [group, position]),
    [
      ['a', 'a.yaml:2:14'],
      ['b', 'b.yaml:2:14'],
    ],
  );
  assert.equal(config?.routing.timeoutMs, 2000);
  assert.deepEqual([...(config?.routing.aliases.keys() ?? [])], ['x', 'y']);
  assert.deepEqual(config?.routing.fallbacks.get('*'), ['b']);
});

test('include reads further files relative to the one that names them', () => {
  const texts = {
    'conf/main.yaml': 'include: [models/one.yaml, ../two.yaml]\nrouter_settings: { timeout: 1 }\n',
    'conf/models/one.yaml':
      'include: more.yaml\nmodel_list: [{ model_name: a, litellm_params: { model: openai/a } }]\nrouter_settings: { timeout: 2 }\n',
    'conf/models/more.yaml': 'model_list: [{ model_name: b, litellm_params: { model: openai/b } }]',
    'two.yaml': 'model_list: [{ model_name: c, litellm_params: { model: openai/c } }]',
  };
  const { config } = loadTexts(texts);
  assert.deepEqual(
    config?.deployments.map(({ group }) => group),
    ['a', 'b', 'c'],
  );
  assert.equal(config?.routing.timeoutMs, 2000);
  assert.deepEqual(config?.files, [
    'conf/main.yaml',
    'conf/models/one.yaml',
    'conf/models/more.yaml',
    'conf/../two.yaml',
  ]);
});

test('an include that leads back, goes too deep, or names nothing is an error at its place', () => {
  const circle = loadTexts({ 'a.yaml': 'include: [b.yaml]\n', 'b.yaml': 'x-y: 1\ninclude:\n  - a.yaml\n' });
  assert.deepEqual(brief(circle.findings), ['3:5 error include-cycle']);
  assert.equal(circle.findings.find(({ severity }) => severity === 'error')?.file, 'b.yaml');
  const deep = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`f${index}.yaml`, `include: [f${index + 1}.yaml]\n`]),
  );
  assert.deepEqual(brief(loadTexts(deep).findings), ['1:11 error include-too-deep']);
  assert.deepEqual(brief(loadTexts({ 'a.yaml': 'include: [b.yaml]' }).findings), ['1:11 error file-not-read']);
  assert.deepEqual(brief(loadTexts({ 'a.yaml': 'include: { b: c }' }).findings), ['1:10 error wrong-type']);
});

test('what cannot be read is said once and plainly', () => {
  const { findings } = loadConfig({ files: ['no-such-file.yaml'], env: {}, knownProviders: [] });
  assert.equal(
    renderFindings(findings),
    'no-such-file.yaml error   cannot read "no-such-file.yaml": there is no such file\n',
  );
  assert.match(renderFindings(loadConfig({ files: [root], env: {}, knownProviders: [] }).findings), /it is a folder/);
  const bytes = loadText('', { readFile: () => new Uint8Array([0xff, 0xfe, 0x41]) });
  assert.match(renderFindings(bytes.findings), /not UTF-8/);
  assert.deepEqual(brief(loadText('- a\n- b\n').findings), ['1:1 error not-a-config']);
  assert.deepEqual(brief(loadText('a: [1\nb: }').findings).slice(0, 1), ['2:1 error not-yaml']);
});

test('bombs are refused quickly: aliases, nesting, size, many keys, prototype keys', () => {
  const levels = Array.from(
    { length: 20 },
    (_, index) => `x-${index + 1}: &a${index + 1} [${`*a${index}, `.repeat(9)}*a${index}]`,
  );
  const started = performance.now();
  assert.ok(brief(loadText(`x-0: &a0 [lol]\n${levels.join('\n')}\n`).findings)[0]?.endsWith('file-too-large'));
  assert.ok(brief(loadText(`x: ${'['.repeat(100_000)}`).findings)[0]?.includes('error'));
  assert.ok(brief(loadText(`x: ${'['.repeat(200)}${']'.repeat(200)}`).findings)[0]?.endsWith('file-too-large'));
  assert.ok(brief(loadText(`#${'x'.repeat(5 * 1024 * 1024)}`).findings)[0]?.endsWith('file-too-large'));
  assert.equal(brief(loadText('x-a: &a [*a]').findings)[0], '1:10 error not-yaml');
  const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join('');
  assert.ok(loadText(`x-a: { a: 1 }\nenvironment_variables:\n${keys.replaceAll(/^/gm, '  ')}`).config);
  assert.equal(
    brief(loadText('model_list: []\ngeneral_settings: { __proto__: { port: 1 } }').findings)[1],
    '2:21 error forbidden-key',
  );
  assert.ok(performance.now() - started < 10_000);
});

// About 2.4 s on two shared cores, of which parsing is 1.7 s. Measured against parsing, so that a busy machine does not fail it.
test('fifty thousand models load for little more than it costs to parse their YAML', () => {
  const entry = (index: number): string =>
    `  - model_name: m-${index}\n    litellm_params:\n      model: openai/gpt-4o\n      api_key: os.environ/KEY\n`;
  const text = `model_list:\n${Array.from({ length: 50_000 }, (_, index) => entry(index)).join('')}`;
  const beforeParsing = performance.now();
  parseDocument(text);
  const beforeLoading = performance.now();
  const { config } = loadText(text, { env: { KEY: 'k' } });
  const loadingMs = performance.now() - beforeLoading;
  assert.equal(config?.deployments.length, 50_000);
  assert.equal(new Set(config?.deployments.map(({ id }) => id)).size, 50_000);
  const allowedMs = 3 * (beforeLoading - beforeParsing);
  assert.ok(loadingMs < allowedMs, `${loadingMs} ms, allowed ${allowedMs}`);
});

test('many keys, aliases and dangling names do not make the checks slow', () => {
  const lines = (count: number, line: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => line(index)).join('');
  const text = `general_settings: { master_key: "\${GATEWAY_MASTER_KEY}" }
model_list:
${lines(3000, (i) => `  - { model_name: m-${i}, litellm_params: { model: openai/a, api_bas: x } }\n`)}user_api_key_list:
${lines(3000, (i) => `  - { api_key: k-${i}, max_budget: 5, models: [m-${i}, "m-1*", nothing-${i}] }\n`)}router_settings:
  fallbacks:
${lines(3000, (i) => `    - { m-${i}: [zz-${i}] }\n`)}  model_group_alias:
${lines(3000, (i) => `    a-${i}: ${i < 2999 ? `a-${i + 1}` : 'm-1'}\n`)}`;
  const started = performance.now();
  const { config } = loadText(text, { priceKnown: () => false });
  assert.equal(config?.routing.aliases.get('a-0')?.group, 'm-1');
  assert.ok(performance.now() - started < 10_000);
});

test('no text makes loading throw', () => {
  const keys = fc.constantFrom(
    ...[
      'model_list',
      'litellm_params',
      'model',
      'api_key',
      'model_name',
      'router_settings',
      'fallbacks',
      'cache',
      'include',
    ],
    ...[
      'model_group_alias',
      'general_settings',
      'user_api_key_list',
      'models',
      'model_info',
      'environment_variables',
      '<<',
      '*',
    ],
    ...[
      'credential_list',
      'credential_values',
      'default_litellm_params',
      'extra_headers',
      'tags',
      'constructor',
      '__proto__',
    ],
  );
  const scalars = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('openai/*', '*', `\${A:-\${B}}`, 'os.environ/'),
  );
  const trees = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium' },
      scalars,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(keys, trees.tree, { maxKeys: 6 }), (tree) => {
      const { findings, config } = loadText(JSON.stringify(tree), { priceKnown: () => false });
      assert.equal(
        config === undefined,
        findings.some(({ severity }) => severity === 'error'),
      );
      renderFindings(findings, { color: true });
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 200 }),
        fc.string({ unit: fc.constantFrom(...'ab:-[]{}&*!|>%@`"\'#,?\n \t$~<'), maxLength: 60 }),
      ),
      (text) => {
        const { findings } = loadText(text);
        for (const { line, column } of findings) assert.ok(line >= 0 && column >= 0);
      },
    ),
    { numRuns: 2000 },
  );
});

test('findings are written for people and for machines', () => {
  const { findings } = loadText('moddel_list: []\nmodel_list: []\n');
  assert.equal(
    renderFindings(findings),
    'config.yaml:1:1 error   unknown key "moddel_list" — did you mean "model_list"?\n' +
      'config.yaml:2:13 warning model_list is empty: no model is served; add an entry with model_name and litellm_params\n',
  );
  assert.ok(renderFindings(findings, { color: true }).includes('\u001b[31merror  \u001b[0m unknown'));
  const report: unknown = JSON.parse(findingsAsJson(findings));
  assert.deepEqual(report, { ok: false, errors: 1, warnings: 1, notes: 0, findings });
  assert.equal(renderFindings([]), '');
});

test('keys in the environment become wildcard groups; without one there is nothing', () => {
  assert.equal(configFromEnvironment({ env: {}, knownProviders: PROVIDERS }), undefined);
  assert.equal(configFromEnvironment({ env: { OPENAI_API_KEY: '' }, knownProviders: PROVIDERS }), undefined);
  const env = { ZAI_API_KEY: 'z', OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://local', AZURE_API_KEY: 'no address' };
  const config = configFromEnvironment({ env, knownProviders: PROVIDERS });
  assert.deepEqual(
    config?.deployments.map(({ group, provider, model, apiKey, apiBase }) => [group, provider, model, apiKey, apiBase]),
    [
      ['openai/*', 'openai', '*', 'o', 'http://local'],
      ['gpt-*', 'openai', 'gpt-*', 'o', 'http://local'],
      ['o1*', 'openai', 'o1*', 'o', 'http://local'],
      ['text-embedding-*', 'openai', 'text-embedding-*', 'o', 'http://local'],
      ['zai/*', 'zai', '*', 'z', undefined],
      ['zhipuai/*', 'zai', '*', 'z', undefined],
      ['glm-*', 'zai', 'glm-*', 'z', undefined],
    ],
  );
  assert.equal(config?.server.host, '127.0.0.1');
  assert.equal(new Set(config?.deployments.map(({ id }) => id)).size, 7);
});

test('the example passes without a warning when its variables are set', () => {
  const { findings, config } = loadConfig({
    files: [join(root, 'config.example.yaml')],
    features: FEATURE_SETTINGS,
    env: { ...FULL_ENVIRONMENT, GEMINI_API_KEY: 'g', ANTHROPIC_API_KEY_2: 'a', TEAM_A_KEY: 't' },
    knownProviders: [
      ...PROVIDERS,
      { name: 'gemini', keyVariables: ['GEMINI_API_KEY'], defaultBaseUrl: 'https://gemini' },
    ],
    priceKnown: () => true,
  });
  assert.equal(renderFindings(findings), '');
  assert.equal(config?.deployments.length, 5);
});

test('the editor schema takes the example and refuses what the linter refuses', () => {
  const schema = JSON.parse(readFileSync(join(root, 'docs/reference/config.schema.json'), 'utf8'));
  const validate = new Ajv({ strict: false, logger: false }).compile(schema);
  assert.equal(
    validate(parse(readFileSync(join(root, 'config.example.yaml'), 'utf8'))),
    true,
    JSON.stringify(validate.errors),
  );
  assert.equal(validate({ 'x-anchor': 1, general_settings: { port: `\${PORT}`, master_key: null } }), true);
  assert.equal(validate({ moddel_list: [] }), false);
  assert.equal(validate({ general_settings: { port: 'abc' } }), false);
  assert.equal(validate({ router_settings: { timeout: -1 } }), false);
  assert.equal(
    validate({ model_list: [{ model_name: 'a', litellm_params: { model: 'openai/a', temperature: 1 } }] }),
    true,
  );
  assert.equal(z.toJSONSchema(configFileSchema(TOP_LEVEL), { io: 'input' }).type, 'object');
});

test('every known setting says what it does in a sentence', () => {
  const names = new Set<string>();
  const check = (rows: SettingRows): void => {
    for (const [name, row] of Object.entries<SettingRow>(rows)) {
      assert.match(row.doc, /^\S.*[.…)]$/, name);
      assert.match(name, /^[A-Za-z0-9_]+$/);
      names.add(name);
      if (row.members !== undefined) check(row.members.rows);
    }
  };
  check(TOP_LEVEL);
  assert.ok(names.size > 500);
});

test('the generated reference is up to date', () => {
  const done = spawnSync(process.execPath, [join(root, 'scripts/generate-config-reference.ts'), '--check'], {
    encoding: 'utf8',
  });
  assert.equal(done.status, 0, done.stdout);
});
