import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AlertConfig } from '../../src/features/alerts/settings.ts';
import { loadTexts } from './load-text.ts';

/** The guide's own fragments, as our fixtures; the original files are read too where they lie beside the project. */
const FIXTURES: Readonly<Record<string, string>> = {
  'minimum.yaml': `model_list:
  - model_name: deepseek-v4
    litellm_params:
      model: deepseek/deepseek-chat-v4
      api_key: "\${DEEPSEEK_API_KEY}"
      api_base: "https://api.deepseek.com"
      timeout: 60
      num_retries: 2
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: "\${OPENAI_API_KEY}"
      timeout: 60
litellm_settings:
  drop_params: true
  disable_pii_logging: true
general_settings:
  master_key: "\${GATEWAY_MASTER_KEY}"
  port: 4000
  host: "0.0.0.0"
`,
  'fallback.yaml': `router_settings:
  default_fallback_models: ["claude-3.7-sonnet", "glm-4"]
  fallback_on: ["timeout", "rate_limit_exceeded", "internal_server_error", "api_connection_error"]
  enable_pre_call_checks: true
  max_retries_per_fallback: 1
`,
  'cache.yaml': `litellm_settings:
  enable_cache: true
  cache:
    type: "redis"
    host: "redis"
    port: 6379
    db: 0
  cache_ttl: 3600
  cache_system_prompt_only: true
`,
  'tenants.yaml': `user_api_key_list:
  - api_key: "tenant-a-key"
    user_id: "tenant-a"
    max_budget: 1000
    budget_reset_period: "monthly"
    rpm_limit: 1000
    allowed_models: ["deepseek-v4", "glm-4"]
general_settings:
  global_max_budget: 10000
  budget_alert_threshold: 0.8
`,
  'monitoring.yaml': `general_settings:
  enable_prometheus_metrics: true
  prometheus_metrics_url: "/metrics"
litellm_settings:
  log_level: "info"
  log_format: "json"
`,
};
const COMPOSE = `version: '3.8'
services:
  litellm-1:
    image: ghcr.io/berriai/litellm:latest
    command: --config /app/config.yaml
`;

function* orders(names: readonly string[]): Generator<readonly string[]> {
  if (names.length === 0) yield [];
  for (const [index, name] of names.entries()) {
    for (const rest of orders(names.toSpliced(index, 1))) yield [name, ...rest];
  }
}

function checkAll(texts: Readonly<Record<string, string>>): void {
  const names = Object.keys(texts);
  for (const name of names) {
    const { config, findings } = loadTexts(texts, { files: [name] });
    assert.ok(config !== undefined, `${name}: ${findings.map(({ message }) => message).join('; ')}`);
  }
  for (const order of orders(names)) {
    const { config } = loadTexts(texts, { files: order });
    assert.ok(config !== undefined, order.join(' '));
    assert.deepEqual(config.files, order);
    assert.deepEqual(
      config.deployments.map(({ group, provider, model, apiKey, timeoutMs }) => [
        group,
        provider,
        model,
        apiKey,
        timeoutMs,
      ]),
      [
        ['deepseek-v4', 'deepseek', 'deepseek-chat-v4', 'deepseek-key-from-environment', 60_000],
        ['gpt-4o', 'openai', 'gpt-4o', 'openai-key-from-environment', 60_000],
      ],
    );
    assert.equal(config.dropParams, true);
    assert.equal(config.server.host, '0.0.0.0');
    assert.equal(config.server.port, 4000);
    assert.equal(config.server.masterKey, 'sk-a-long-enough-master-key-0123456789');
    assert.deepEqual(config.routing.fallbacks.get('*'), ['claude-3.7-sonnet', 'glm-4']);
    assert.equal(config.routing.fallbackOn.length, 4);
    assert.equal(config.routing.maxRetriesPerFallback, 1);
    assert.equal(config.routing.enablePreCallChecks, true);
    // Only the provider's own cache of prompts: no answer is ever given again.
    assert.equal(config.cache, undefined);
    assert.equal(config.keys[0]?.key, 'tenant-a-key');
    assert.deepEqual(config.keys[0]?.limits, {
      maxBudget: 1_000n * 10n ** 12n,
      budgetDuration: '1mo',
      rpmLimit: 1000,
    });
    assert.deepEqual(config.keys[0]?.models, ['deepseek-v4', 'glm-4']);
    assert.equal(config.budgets.globalMax, 10_000n * 10n ** 12n);
    assert.equal((config.features.alerts as AlertConfig).threshold, 0.8);
    assert.deepEqual(config.telemetry, {
      logLevel: 'info',
      logFormat: 'json',
      hidePersonalData: true,
      endUserLabel: false,
      metrics: {
        ...{ enabled: true, path: '/metrics', requireAuth: true },
        ...{ topKeys: 300, maxSeries: 1_000, histogramsPerKey: false },
      },
    });
  }
}

test("the guide's configurations load alone and merged in every order", () => checkAll(FIXTURES));

test("the guide's compose file is recognised and skipped, alone and among the others", () => {
  for (const files of [['compose.yaml'], ['compose.yaml', ...Object.keys(FIXTURES)]]) {
    const { config, findings } = loadTexts({ ...FIXTURES, 'compose.yaml': COMPOSE }, { files });
    assert.equal(config?.deployments.length, files.length === 1 ? 0 : 2);
    const [finding] = findings.filter(({ file }) => file === 'compose.yaml');
    assert.deepEqual([finding?.severity, finding?.code, finding?.line], ['warning', 'not-a-config', 2]);
    assert.match(finding?.message ?? '', /Docker Compose/);
  }
});

test('all that the guide configures takes effect', () => {
  const { config, findings } = loadTexts(FIXTURES, { files: Object.keys(FIXTURES) });
  assert.deepEqual(config?.notYetInEffect, []);
  assert.deepEqual(
    findings.filter(({ code }) => code === 'not-yet-in-effect'),
    [],
  );
});

const seedsFolder = join(import.meta.dirname, '../../../shared/seeds');

test('the original files of the guide load verbatim', {
  skip: existsSync(seedsFolder) ? false : '../shared/seeds is absent',
}, () => {
  const texts: Record<string, string> = {};
  for (const name of readdirSync(seedsFolder).filter((each) => each.endsWith('.yaml') && !each.includes('compose'))) {
    texts[name] = readFileSync(join(seedsFolder, name), 'utf8');
  }
  checkAll(texts);
});
