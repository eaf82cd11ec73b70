import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayConfig } from '../../src/config/gateway-config.ts';
import type { AlertConfig } from '../../src/features/alerts/settings.ts';
import { brief, configOf, loadText } from './load-text.ts';

const MODELS = 'model_list: [{ model_name: gpt-4o, litellm_params: { model: openai/gpt-4o } }]\n';
const USD = 10n ** 12n;

/** Configuration of a text that is served without any finding, notes included. */
function cleanly(text: string, env?: Record<string, string>) {
  const options = env === undefined ? {} : { env: { OPENAI_API_KEY: 'key', ...env } };
  const { config, findings } = loadText(`${MODELS}${text}`, options);
  assert.deepEqual(brief(findings, true), []);
  assert.ok(config !== undefined);
  return config;
}

/** Findings of a text, with its lines counted from the first after the models. */
function finds(text: string, expected: readonly string[], env?: Record<string, string>): string {
  const { findings } = loadText(
    `${MODELS}${text}`,
    env === undefined ? {} : { env: { OPENAI_API_KEY: 'key', ...env } },
  );
  const lines = brief(findings).filter((line) => !line.endsWith('secret-in-plain-text'));
  const moved = lines.map((line) => line.replace(/^\d+/, (digits) => String(Math.max(Number(digits) - 1, 0))));
  assert.deepEqual(moved, expected);
  return findings.map(({ message }) => message).join('\n');
}

const alertsOf = ({ features }: GatewayConfig): AlertConfig => features.alerts as AlertConfig;

test('without any setting about money there are no budgets, and the defaults hold', () => {
  const config = configOf(MODELS);
  const { budgets, stores, management } = config;
  const alerts = alertsOf(config);
  assert.equal(budgets.globalMax, undefined);
  assert.equal(budgets.mode, 'learned');
  assert.equal(budgets.timeZone, 'UTC');
  assert.equal(budgets.whenAway.key, 'share');
  assert.equal(budgets.whenAway.provider, 'open');
  assert.deepEqual(stores, {
    databasePoolSize: 10,
    keepsPrompts: false,
    withoutErrorRows: false,
    journalFsync: false,
    serveWithoutJournal: true,
    withoutRows: false,
  });
  assert.equal(management.requireTeam, false);
  assert.deepEqual(alerts, { webhooks: [], slack: [], digest: 'weekly' });
});

test('everything LiteLLM says of budgets for all is read into its place', () => {
  const { budgets } = cleanly(`
litellm_settings:
  max_budget: 0.1
  budget_duration: 30d
  timezone: Europe/Berlin
  max_end_user_budget: 2
  max_end_user_budget_id: small
  max_internal_user_budget: 3
  internal_user_budget_duration: 1mo
  token_rate_limit_type: output
general_settings:
  budget_alert_threshold: 0.75
  enforce_user_param: true
  user_header_name: X-End-User
  reject_clientside_metadata_tags: true
router_settings:
  provider_budget_config:
    openai: { budget_limit: 100, time_period: 1d }
    zhipuai: { max_budget: "0.5", budget_duration: 7d }
    anthropic: { budget_limit: 7 }
`);
  assert.deepEqual(budgets, {
    globalMax: USD / 10n,
    globalPeriod: '30d',
    mode: 'learned',
    debtRatio: 0.005,
    timeZone: 'Europe/Berlin',
    whenAway: configOf(MODELS).budgets.whenAway,
    unpricedCeiling: { input: 15_000_000n, output: 75_000_000n },
    clientNames: 'open',
    freeRequestsPerMinute: 600,
    allowEvictingRedis: false,
    tokenRateLimitType: 'output',
    providers: {
      openai: { max: 100n * USD, period: '1d' },
      zai: { max: USD / 2n, period: '7d' },
      anthropic: { max: 7n * USD },
    },
    customerDefault: { max: 2n * USD },
    customerDefaultBudgetId: 'small',
    userDefault: { max: 3n * USD, period: '1mo' },
    requireCustomer: true,
    customerHeader: 'x-end-user',
    refuseClientTags: true,
    refuseUnpriced: false,
    rollover: false,
    withoutCustomers: false,
    neverReset: false,
  });
});

test("the guide's global_max_budget wins over LiteLLM's max_budget, whose 0 means none", () => {
  assert.equal(cleanly('litellm_settings: { max_budget: 0 }').budgets.globalMax, undefined);
  assert.equal(cleanly('general_settings: { global_max_budget: 0 }').budgets.globalMax, 0n);
  const both = cleanly('general_settings: { global_max_budget: 5 }\nlitellm_settings: { max_budget: 7 }');
  assert.equal(both.budgets.globalMax, 5n * USD);
});

test('budget_settings says how limits are kept', () => {
  const config = cleanly(
    `
budget_settings:
  mode: strict
  debt_ratio: 0.01
  when_away: { key: closed, provider: share }
  journal_fsync: true
  serve_without_journal: false
  alert_webhooks: https://a.example/hook
  alert_slack: ["https://b.example/1", "https://b.example/2"]
  alert_signing_secret: "\${SIGNING}"
`,
    { SIGNING: 'signing-secret' },
  );
  const { budgets, stores } = config;
  assert.equal(budgets.mode, 'strict');
  assert.equal(budgets.debtRatio, 0.01);
  assert.deepEqual(
    [budgets.whenAway.key, budgets.whenAway.provider, budgets.whenAway.team, budgets.whenAway.deployment],
    ['closed', 'share', 'share', 'open'],
  );
  assert.deepEqual([stores.journalFsync, stores.serveWithoutJournal], [true, false]);
  assert.deepEqual(alertsOf(config), {
    digest: 'weekly',
    webhooks: ['https://a.example/hook'],
    slack: ['https://b.example/1', 'https://b.example/2'],
    signingSecret: 'signing-secret',
  });
});

test('one word of when_away holds for every kind, and fail_closed_budget_enforcement is such a word', () => {
  const words = (text: string) => [...new Set(Object.values(cleanly(text).budgets.whenAway))];
  assert.deepEqual(words('budget_settings: { when_away: open }'), ['open']);
  assert.deepEqual(words('general_settings: { fail_closed_budget_enforcement: true }'), ['closed']);
  const both = cleanly(
    'general_settings: { fail_closed_budget_enforcement: true }\nbudget_settings: { when_away: { tag: open } }',
  ).budgets.whenAway;
  assert.deepEqual([both.tag, both.key], ['open', 'closed']);
});

test('what budget_settings does not know stops the start when it is a slip of the pen', () => {
  finds('budget_settings: { mod: strict }', ['1:20 error unknown-key mode']);
  finds('budget_settings: { mode: strct }', ['1:26 error wrong-type strict']);
  finds('budget_settings: { when_away: shut }', ['1:31 error wrong-type']);
  finds('budget_settings: { when_away: { kye: open } }', ['1:33 error unknown-key key']);
  finds('budget_settings: { when_away: { key: opn } }', ['1:38 error wrong-type open']);
  finds('budget_settings: { debt_ratio: 2 }', ['1:32 error wrong-type']);
});

test('an invalid period, time zone, amount or length of time is an error at its place, with what was probably meant', () => {
  finds('litellm_settings: { budget_duration: montly }', ['1:38 error wrong-type monthly']);
  finds('litellm_settings: { budget_duration: 1month }', ['1:38 error wrong-type']);
  finds('litellm_settings: { budget_duration: 30 }', ['1:38 error wrong-type']);
  finds('litellm_settings: { timezone: Europe/Berln }', ['1:31 error wrong-type Europe/Berlin']);
  finds('litellm_settings: { max_budget: -1 }', ['1:33 error wrong-type']);
  finds('general_settings: { maximum_spend_logs_retention_period: soon }', ['1:58 error wrong-type']);
  finds('user_api_key_list: [{ api_key: k, max_budget: -0.01 }]', ['1:47 error wrong-type']);
  finds('user_api_key_list: [{ api_key: k, budget_reset_period: dayly }]', ['1:56 error wrong-type daily']);
  finds('user_api_key_list: [{ api_key: k, model_max_budget: { gpt-4o: { budget_limit: 1, time_period: wekly } } }]', [
    '1:95 error wrong-type weekly',
  ]);
  const message = finds('router_settings: { provider_budget_config: { opnai: { budget_limit: 1 } } }', [
    '1:46 error unknown-provider openai',
  ]);
  assert.match(message, /its budget would hold nothing/);
});

test('a length of time is that long, a month of it 30 days', () => {
  const { stores } = cleanly(
    'general_settings: { maximum_spend_logs_retention_period: 30d, maximum_audit_logs_retention_period: 2mo, disable_spend_logs: true }',
  );
  const day = 86_400_000;
  assert.deepEqual([stores.ledgerRetentionMs, stores.auditRetentionMs, stores.withoutRows], [30 * day, 60 * day, true]);
});

test('the database is a Postgres of the file, else of the environment, in one piece or in parts', () => {
  const url = 'postgresql://user:pass@db.example:5432/sluice?sslmode=require';
  const { stores } = cleanly(
    'general_settings: { database_url: os.environ/MY_DATABASE, database_connection_pool_limit: 3 }',
    { MY_DATABASE: url, DATABASE_URL: 'postgres://other/other' },
  );
  assert.deepEqual([stores.databaseUrl, stores.databasePoolSize], [url, 3]);
  assert.equal(cleanly('', { DATABASE_URL: url }).stores.databaseUrl, url);
  const parts = { DATABASE_HOST: 'h:1', DATABASE_USERNAME: 'u@', DATABASE_PASSWORD: 'p/', DATABASE_NAME: 'n' };
  assert.equal(cleanly('', parts).stores.databaseUrl, 'postgresql://u%40:p%2F@h:1/n');
  assert.equal(cleanly('', { ...parts, DATABASE_PASSWORD: '' }).stores.databaseUrl, undefined);
});

test('another database is refused where the file names it, passed over where the environment does, and never shown', () => {
  const url = 'mysql://user:secret-word@db/sluice';
  const named = finds('general_settings: { database_url: os.environ/DB }', ['1:35 error wrong-type'], { DB: url });
  const found = finds('', ['0:0 warning wrong-type'], { DATABASE_URL: url });
  for (const message of [named, found]) {
    assert.match(message, /postgresql:\/\/USER.*begins with mysql:/);
    assert.doesNotMatch(message, /secret-word/);
  }
  finds('general_settings: { database_url: os.environ/DB }', ['1:35 error wrong-type'], { DB: 'just-a-name' });
  finds('general_settings: { database_url: os.environ/DB }', ['1:35 error wrong-type'], { DB: 'postgres:///nowhere' });
});

test("LiteLLM's alerts go where its variables say", () => {
  const env = { SLACK_WEBHOOK_URL: 'https://slack.example/s', WEBHOOK_URL: 'https://hook.example/w' };
  assert.deepEqual(cleanly('general_settings: { alerting: [slack, webhook] }', env).features.alerts, {
    webhooks: ['https://hook.example/w'],
    digest: 'weekly',
    slack: ['https://slack.example/s'],
  });
  assert.deepEqual(cleanly('', env).features.alerts, { webhooks: [], slack: [], digest: 'weekly' });
  const own = `general_settings:
  alerting: [slack]
  alert_to_webhook_url: { budget_alerts: ["https://slack.example/budget"] }`;
  assert.deepEqual(alertsOf(cleanly(own, env)).slack, ['https://slack.example/budget']);
});

test('an alert that cannot go out is said: no address, no URL, a way or a kind of later releases', () => {
  const message = finds('general_settings: { alerting: [slack] }', ['1:31 warning unset-variable'], {});
  assert.match(message, /SLACK_WEBHOOK_URL/);
  const wrong = finds('budget_settings: { alert_webhooks: [hooks.example/secret-path] }', ['1:36 error wrong-type']);
  assert.doesNotMatch(wrong, /secret-path/);
  const { notYetInEffect } = configOf(`${MODELS}general_settings:
  alerting: [email]
  alert_types: [llm_too_slow, budget_alerts]
  alert_to_webhook_url: { llm_exceptions: "https://a.example" }
`);
  assert.deepEqual(
    notYetInEffect.map(({ path }) => path),
    [
      'general_settings.alerting: email',
      'general_settings.alert_types: llm_too_slow',
      'general_settings.alert_to_webhook_url: llm_exceptions',
    ],
  );
});

test('alert_types without budget_alerts sends none of them', () => {
  const config = configOf(`${MODELS}general_settings: { alerting: [slack], alert_types: [llm_exceptions] }\n`, {
    env: { SLACK_WEBHOOK_URL: 'https://slack.example/s' },
  });
  assert.deepEqual(alertsOf(config).slack, []);
});

test('what new objects get and are held to keeps every parameter, with the known ones checked', () => {
  const { management } = cleanly(`
litellm_settings:
  default_key_generate_params: { max_budget: 1.5, models: [gpt-4o], duration: 30d, anything: [1, { deep: true }] }
  upperbound_key_generate_params: { max_budget: 100, duration: 30d, tpm_limit: 1000 }
  default_team_params: { budget_duration: 1mo }
  default_internal_user_params: { user_role: internal_user_viewer }
  key_generation_settings: { team_key_generation: { allowed_team_member_roles: [admin], required_params: [tags] } }
  enable_key_alias_format_validation: true
general_settings: { default_team_disabled: true }
`);
  assert.deepEqual(management, {
    defaultKeyParams: { max_budget: 1.5, models: ['gpt-4o'], duration: '30d', anything: [1, { deep: true }] },
    upperboundKeyParams: { max_budget: 100, duration: '30d', tpm_limit: 1000 },
    defaultTeamParams: { budget_duration: '1mo' },
    defaultUserParams: { user_role: 'internal_user_viewer' },
    keyGeneration: { team_key_generation: { allowed_team_member_roles: ['admin'], required_params: ['tags'] } },
    checkKeyAliasFormat: true,
    requireTeam: true,
  });
  finds('litellm_settings: { upperbound_key_generate_params: { duration: long } }', ['1:65 error wrong-type']);
});

test('settings whose reason does not exist here say why', () => {
  const { findings } = loadText(`${MODELS}general_settings:
  disable_budget_reservation: true
  use_redis_transaction_buffer: true
  proxy_batch_write_at: 5
  allow_requests_on_db_unavailable: true
`);
  assert.deepEqual(brief(findings, true), [
    '3:3 note no-meaning-here',
    '4:3 note no-meaning-here',
    '5:3 note no-meaning-here',
    '6:3 note no-meaning-here',
  ]);
});

test('a price that is missing under the budget of a provider or of a declared team is said', () => {
  const missing = (text: string): string =>
    loadText(`${MODELS}${text}`, { priceKnown: () => false }).findings.find(
      ({ code }) => code === 'unpriced-under-budget',
    )?.message ?? '';
  assert.match(
    missing('router_settings: { provider_budget_config: { openai: 5 } }'),
    /the budget of the provider openai/,
  );
  assert.match(missing('teams: [{ team_id: t, team_alias: Blue, max_budget: 5 }]'), /the budget of the team "Blue"/);
  assert.match(missing('user_api_key_list: [{ api_key: k, model_max_budget: { gpt-4o: 1 } }]'), /the budget of a key/);
  assert.equal(missing('teams: [{ team_id: t, max_budget: 5, models: [other] }]'), '');
});
