/** The guides for operators: their configurations load, their alert rules are valid and ask for metrics that there are, and every page is listed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { FEATURES } from '../../src/features/index.ts';
import { providers } from '../../src/providers/index.ts';
import { methodsServing } from '../../src/server/routes.ts';
import {
  COOLDOWN_METRIC,
  DEPLOYMENT_STATE_METRIC,
  READINGS,
  REMAINING_METRICS,
  SERIES_METRICS,
} from '../../src/telemetry/metrics.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { ensureDebianPackage } from '../support/debian.ts';

const root = join(import.meta.dirname, '../..');
const pageOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const blocksOf = (path: string, language: string): string[] =>
  [...pageOf(path).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text ?? '',
  );

describe('the page about providers', () => {
  for (const [index, text] of blocksOf('docs/guides/providers.md', 'yaml').entries()) {
    test(`has a configuration that loads (${index + 1})`, () => {
      const env = { GROQ_API_KEY: 'key-of-groq', EXAMPLE_API_KEY: 'key-of-example' };
      const { config, findings } = loadConfig({
        files: ['config.yaml'],
        env,
        knownProviders: providers,
        readFile: () => text,
      });
      assert.deepEqual(findings, []);
      assert.ok((config?.deployments.length ?? 0) > 0);
    });
  }

  test('names every provider by its prefix', () => {
    const page = pageOf('docs/guides/providers.md');
    for (const { name } of providers) assert.ok(page.includes(`\`${name}/\``), name);
  });
});

describe('the page about monitoring', () => {
  const [scrape = ''] = blocksOf('docs/guides/monitoring.md', 'yaml');

  test('has a scrape configuration that promtool accepts', (context) => {
    const promtool = ensureDebianPackage('prometheus', 'promtool');
    const folder = temporaryFolder(context);
    copyFileSync(join(root, 'deploy', 'prometheus', 'rules.yml'), join(folder, 'rules.yml'));
    writeFileSync(join(folder, 'sluice-key'), 'sk-test');
    const here = scrape.replace('/etc/prometheus/sluice-key', join(folder, 'sluice-key'));
    writeFileSync(join(folder, 'prometheus.yml'), here);
    const checked = execFileSync(promtool, ['check', 'config', 'prometheus.yml'], { cwd: folder, encoding: 'utf8' });
    assert.match(checked, /SUCCESS: 1 rule files found/);
  });

  test('asks for metrics and labels that there are', () => {
    const all = [
      ...SERIES_METRICS,
      ...READINGS,
      ...REMAINING_METRICS,
      DEPLOYMENT_STATE_METRIC,
      COOLDOWN_METRIC,
      ...FEATURES.flatMap(({ metrics = [] }) => metrics),
    ];
    const names = new Set(all.map(({ name }) => name));
    const labels = new Set(
      all.flatMap((metric): readonly string[] => ('labels' in metric ? (metric.labels ?? []) : [])),
    );
    const page = pageOf('docs/guides/monitoring.md');
    const asked = [...page.matchAll(/\b((?:litellm|sluice)_\w+?)(?:_bucket)?(?=[\s{[)`])/g)].map(
      ([, name]) => name ?? '',
    );
    const unknown = asked.filter((name) => !names.has(name) && name !== 'litellm_model_name');
    assert.deepEqual(unknown, []);
    assert.ok(asked.length > 5);
    for (const [, list = ''] of page.matchAll(/\bby \(([^)]*)\)/g)) {
      for (const label of list.split(', ')) assert.ok(labels.has(label) || label === 'le', label);
    }
  });
});

test('the routes that the pages for operators name are served', () => {
  for (const page of ['troubleshooting', 'install', 'upgrade', 'providers']) {
    for (const [, method = '', path = ''] of pageOf(`docs/guides/${page}.md`).matchAll(/`(GET|POST) (\/[\w/]+)[?`]/g))
      assert.ok(methodsServing(path).includes(method), `${page}: ${method} ${path}`);
  }
});

test('the index of the documentation has every guide', () => {
  const index = pageOf('docs/README.md');
  for (const file of readdirSync(join(root, 'docs/guides'))) assert.ok(index.includes(`(guides/${file})`), file);
});

test('the README is short', () => {
  assert.ok(pageOf('README.md').split('\n').length <= 81);
});
