/** Every expression of every panel and rule, asked of a real Prometheus that read a gateway under load. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { DASHBOARDS } from '../../scripts/dashboards/index.ts';
import { ensureDebianPackage } from '../support/debian.ts';
import { startTestPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { startBusyGateway } from './busy-gateway.ts';

const root = join(import.meta.dirname, '..', '..');
const prometheus = join(root, 'deploy', 'prometheus');

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: { readonly runbook: string };
}

const rules: readonly Rule[] = parse(readFileSync(join(prometheus, 'rules.yml'), 'utf8')).groups.flatMap(
  ({ rules: all }: { rules: Rule[] }) => all,
);

test('promtool accepts the rules and their tests', () => {
  const binary = ensureDebianPackage('prometheus', 'promtool');
  const checked = spawnSync(binary, ['check', 'config', '--syntax-only', join(prometheus, 'prometheus.yml')], {
    encoding: 'utf8',
  });
  assert.equal(checked.status, 0, checked.stderr);
  const tested = spawnSync(binary, ['test', 'rules', 'rules.test.yml'], { cwd: prometheus, encoding: 'utf8' });
  assert.equal(tested.status, 0, tested.stdout + tested.stderr);
  execFileSync(binary, ['check', 'rules', join(prometheus, 'rules.yml')]);
});

test('each alert is tested to fire, and has a page that says what to do', () => {
  const tests: readonly { alert_rule_test?: readonly { alertname: string; exp_alerts?: readonly object[] }[] }[] =
    parse(readFileSync(join(prometheus, 'rules.test.yml'), 'utf8')).tests;
  const firing = new Set(
    tests
      .flatMap(({ alert_rule_test: all = [] }) => all.filter(({ exp_alerts: alerts = [] }) => alerts.length > 0))
      .map(({ alertname }) => alertname),
  );
  const pages = readdirSync(join(root, 'docs', 'runbooks'));
  const index = readFileSync(join(root, 'docs', 'runbooks', 'README.md'), 'utf8');
  for (const { alert, annotations } of rules) {
    if (alert === undefined) continue;
    assert.ok(firing.has(alert), `${alert} fires in a test`);
    assert.ok(annotations && existsSync(join(root, annotations.runbook)), `${alert} has a runbook`);
    assert.ok(pages.includes(annotations.runbook.split('/').at(-1) ?? ''));
    assert.match(readFileSync(join(root, annotations.runbook), 'utf8'), new RegExp(`\\b${alert}\\b`));
    assert.match(index, new RegExp(`\\b${alert}\\b`));
  }
});

test('every expression of every panel and rule has data', { timeout: 240_000 }, async (context) => {
  const gateway = await startBusyGateway(context);
  const asked = await startTestPrometheus([gateway.port], gateway.masterKey, join(prometheus, 'rules.yml'));
  context.after(() => asked.close());
  const load = gateway.load();
  const missing = new Map<string, string>();
  for (const { title, expr } of expressions()) missing.set(expr, title);
  const deadline = Date.now() + 180_000;
  // Rates need two scrapes after something happened.
  while (missing.size > 0 && Date.now() < deadline) {
    await load.round();
    await dropAnswered(asked, missing);
  }
  assert.deepEqual(
    [...missing].map(([expr, title]) => `${title}: ${expr}`),
    [],
  );
});

/** Forgets the expressions that have data now. */
async function dropAnswered(asked: TestPrometheus, missing: Map<string, string>): Promise<void> {
  for (const expr of [...missing.keys()]) {
    const samples = await asked.query(expr);
    if (samples.some(({ value: [, value] }) => value !== 'NaN')) missing.delete(expr);
  }
}

/** What panels ask, as Grafana would fill it in, and the series that rules look at. */
function expressions(): { readonly title: string; readonly expr: string }[] {
  const ofPanels = DASHBOARDS.flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        panel.queries.map(({ expr }) => ({
          title: `${title}, ${panel.title}`,
          expr: expr
            .replaceAll('$__rate_interval', '30s')
            .replaceAll('$__range', '3m')
            .replaceAll('$group', 'mixed')
            .replaceAll('$team', 'search'),
        })),
      ),
    ),
  );
  assert.ok(ofPanels.length >= 40, `${ofPanels.length} expressions`);
  // An alert has no data unless it fires: what it compares must have.
  const ofRules = rules.flatMap(({ record, alert, expr }) => {
    const selectors = expr.match(/\b(?:litellm_(?!model_name)|sluice|process_|up\b)[\w:]*(?:\{[^}]*\})?/g) ?? [];
    assert.ok(selectors.length > 0, expr);
    return [
      ...(record === undefined ? [] : [{ title: record, expr: record }]),
      ...selectors.map((selector) => ({ title: record ?? alert ?? '', expr: selector })),
    ];
  });
  return [...ofPanels, ...ofRules];
}
