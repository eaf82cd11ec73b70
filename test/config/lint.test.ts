import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, FULL_ENVIRONMENT, loadText } from './load-text.ts';

const MODELS = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o }
`;

function finds(text: string, expected: readonly string[], options: Parameters<typeof loadText>[1] = {}): string {
  const { findings, config } = loadText(text, options);
  assert.deepEqual(brief(findings), expected);
  assert.equal(
    config === undefined,
    expected.some((line) => line.includes(' error ')),
  );
  return findings
    .filter(({ severity }) => severity !== 'note')
    .map(({ message }) => message)
    .join('\n');
}

test('an unknown key at the top level is an error with the word that was meant', () => {
  finds('moddel_list: []\n', ['1:1 error unknown-key model_list']);
});

test('an unknown key that resembles nothing is ignored aloud', () => {
  const message = finds(`${MODELS}something_quite_different: 1\n`, ['5:1 warning unknown-key']);
  assert.match(message, /unknown key "something_quite_different"; it is ignored/);
});

test('unknown keys are found at every level', () => {
  finds(
    `${MODELS}    modle_info: {}
router_settings:
  num_retires: 2
  quite_new_setting: 1
general_settings:
  master_kye: x
litellm_settings:
  cache_params: { typ: redis }
user_api_key_list:
  - { api_key: "\${GATEWAY_MASTER_KEY}", alowed_models: [gpt-4o] }
`,
    [
      '5:5 error unknown-key model_info',
      '7:3 error unknown-key num_retries',
      '8:3 warning unknown-key',
      '10:3 error unknown-key master_key',
      '12:19 error unknown-key type',
      '14:41 error unknown-key allowed_models',
    ],
  );
});

test('a request field in litellm_params is fine, a misspelt setting among them is pointed out', () => {
  const text = `
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      temperature: 0.5
      some_vendor_field: 1
      api_bse: https://x
`;
  finds(text, ['8:7 warning unknown-key api_base']);
});

test('wrong types are errors that say what is wanted and what is there', () => {
  const message = finds(
    `${MODELS}general_settings:
  port: "abc"
  max_request_size_mb: [1]
  enable_prometheus_metrics: maybe
router_settings:
  timeout: -1
litellm_settings: { log_level: loud }
`,
    [
      '6:9 error wrong-type',
      '7:24 error wrong-type',
      '8:30 error wrong-type',
      '10:12 error wrong-type',
      '11:32 error wrong-type',
    ],
  );
  assert.match(message, /general_settings\.port must be a port, a whole number from 0 to 65535, but is the text "abc"/);
  assert.match(message, /router_settings\.timeout must be a number of seconds, 0 or more, but is -1/);
  assert.match(message, /max_request_size_mb must be a number, 0 or more, but is a list/);
});

test('a section that is not a map, and a value that should be a list, are errors', () => {
  finds('model_list: { a: 1 }\nrouter_settings: [1]\n', ['1:13 error wrong-type', '2:18 error wrong-type']);
});

test('entries that lack what they need are errors', () => {
  finds(
    `model_list:
  - litellm_params: { model: openai/gpt-4o }
  - model_name: b
  - model_name: c
    litellm_params: { api_key: none }
  - just text
user_api_key_list:
  - user_id: u
`,
    [
      '2:5 error missing-key',
      '3:5 error missing-key',
      '5:21 error missing-key',
      '6:5 error wrong-type',
      '8:5 error missing-key',
    ],
  );
});

test('secrets in plain text are pointed out and never printed', () => {
  const secret = 'very-secret-value-0123456789';
  const providerKey = `sk-ant-${'x'.repeat(30)}`;
  const { findings } = loadText(`
model_list:
  - model_name: a
    litellm_params: { model: openai/a, api_key: ${secret}, aws_secret_access_key: "${secret}" }
  - model_name: b
    litellm_params: { model: openai/a, api_key: none, extra_headers: { x: ${providerKey} } }
general_settings:
  master_key: "\${UNSET:-${secret}}"
user_api_key_list: [{ api_key: ${secret}, models: [a] }]
`);
  assert.deepEqual(brief(findings), [
    '4:49 warning secret-in-plain-text',
    '4:102 warning secret-in-plain-text',
    '6:75 warning secret-in-plain-text',
    '8:15 warning secret-in-plain-text',
    '9:32 warning secret-in-plain-text',
  ]);
  assert.doesNotMatch(JSON.stringify(findings), new RegExp(`${secret}|sk-ant`));
});

test('a guessable master key is a warning on this machine and an error for all others', () => {
  const text = (key: string, host: string): string =>
    `${MODELS}general_settings: { master_key: ${key}, host: ${host} }\n`;
  finds(text('sk-1234', '127.0.0.1'), ['5:33 warning secret-in-plain-text', '5:33 warning weak-master-key']);
  finds(text('sk-1234', '0.0.0.0'), ['5:33 warning secret-in-plain-text', '5:33 error weak-master-key']);
  finds(text(`"\${KEY}"`, '0.0.0.0'), ['5:33 warning weak-master-key'], { env: { ...FULL_ENVIRONMENT, KEY: 'short' } });
  finds(text(`"\${GATEWAY_MASTER_KEY}"`, '0.0.0.0'), []);
});

test('unset variables: an error for the master key and declared keys, else a warning that names the deployment', () => {
  const message = finds(
    `
model_list:
  - model_name: mine
    litellm_params: { model: zai/glm-4, api_key: "\${MY_KEY}", temperature: "\${TEMPERATURE}" }
  - model_name: other
    litellm_params: { model: openai/gpt-4o, api_key: os.environ/MY_KEY }
general_settings: { master_key: os.environ/MY_MASTER_KEY, alerting: ["\${WEBHOOK}"] }
user_api_key_list: [{ api_key: "\${TENANT}" }]
`,
    [
      '4:50 warning unset-variable',
      '4:76 warning unset-variable',
      '6:54 warning unset-variable',
      '7:33 error unset-variable',
      '7:70 warning unset-variable',
      '8:32 error unset-variable',
    ],
  );
  assert.match(
    message,
    /the variable "MY_KEY" is not set, but model_list\[\]\.litellm_params\.api_key of the deployment "mine"/,
  );
});

test('fallbacks to groups that do not exist are warnings; wildcards, aliases and deployment ids exist', () => {
  finds(
    `
model_list:
  - { model_name: gpt-4o, litellm_params: { model: openai/gpt-4o }, model_info: { id: one } }
  - { model_name: "claude-*", litellm_params: { model: "anthropic/claude-*" } }
router_settings:
  model_group_alias: { short: gpt-4o }
  fallbacks:
    - gpt-4o: [claude-3, short, one, gpt-4o-mini]
    - gpt-5: [gpt-4]
  default_fallbacks: [nothing]
`,
    [
      '8:26 warning fallback-cycle',
      '8:38 warning unknown-group',
      '9:7 warning unknown-group gpt-4o',
      '9:15 warning unknown-group gpt-4o',
      '10:23 warning unknown-group',
    ],
  );
});

test('an alias that leads in a circle or to nothing is an error', () => {
  finds(
    `${MODELS}router_settings:
  model_group_alias:
    good: better
    better: gpt-4o
    a: b
    b: c
    c: a
    d: gpt-4p
    e: { hidden: true }
`,
    [
      '9:5 error alias-cycle',
      '10:5 error alias-cycle',
      '11:5 error alias-cycle',
      '12:5 error unknown-group gpt-4o',
      '13:8 error wrong-type',
    ],
  );
});

test('a price unknown for a group under a budget is a warning, under a budget only', () => {
  const known = (provider: string, _model: string, info: { input_cost_per_token?: unknown }): boolean =>
    provider === 'openai' || info.input_cost_per_token !== undefined;
  const models = `
model_list:
  - { model_name: a, litellm_params: { model: openai/a } }
  - { model_name: b, litellm_params: { model: anthropic/b } }
  - { model_name: c, litellm_params: { model: anthropic/c, input_cost_per_token: 0.1 } }
  - { model_name: d, litellm_params: { model: deepseek/d } }
  - { model_name: "e/*", litellm_params: { model: "deepseek/*" } }
`;
  const options = { priceKnown: known };
  finds(models, [], options);
  finds(
    `${models}general_settings: { global_max_budget: 5 }\n`,
    ['4:5 warning unpriced-under-budget', '6:5 warning unpriced-under-budget'],
    options,
  );
  const message = finds(
    `${models}user_api_key_list: [{ api_key: "\${GATEWAY_MASTER_KEY}", user_id: u, max_budget: 1, models: [a, b] }]\n`,
    ['4:5 warning unpriced-under-budget'],
    options,
  );
  assert.match(message, /"b" is under the budget of u, but no price is known for anthropic\/b/);
});

test('a key that reaches no model is a warning, as is each model it names in vain', () => {
  const key = `"\${GATEWAY_MASTER_KEY}"`;
  finds(`${MODELS}user_api_key_list: [{ api_key: ${key}, models: [nothing] }]\n`, ['5:21 warning key-without-model']);
  finds(`${MODELS}user_api_key_list: [{ api_key: ${key}, models: [gpt-4o, gpt-4p] }]\n`, [
    '5:74 warning unknown-group gpt-4o',
  ]);
  finds(`${MODELS}user_api_key_list: [{ api_key: ${key}, models: ["gpt-*", all-proxy-models] }]\n`, []);
});

test('a key declared twice and an id given twice', () => {
  finds(
    `
model_list:
  - { model_name: a, litellm_params: { model: openai/a }, model_info: { id: x } }
  - { model_name: b, litellm_params: { model: openai/a }, model_info: { id: x } }
user_api_key_list:
  - { api_key: "\${GATEWAY_MASTER_KEY}" }
  - { api_key: "\${GATEWAY_MASTER_KEY}" }
`,
    ['4:5 warning duplicate-id', '7:5 error duplicate-declared-key'],
  );
});

test('an unknown provider is a warning with the word that was meant, and an error if the file is read strictly', () => {
  const text = `
model_list:
  - { model_name: a, litellm_params: { model: opnai/gpt-4o } }
  - { model_name: b, litellm_params: { model: mystery } }
  - { model_name: c, litellm_params: { model: x, custom_llm_provider: anthropc } }
`;
  const message = finds(text, [
    '3:47 warning not-served openai',
    '4:47 warning not-served',
    '5:71 warning not-served anthropic',
  ]);
  assert.match(message, /"a" is not served: this release does not know its provider "opnai"/);
  assert.match(message, /write "provider\/mystery"/);
  finds(text, ['3:47 error not-served openai', '4:47 error not-served', '5:71 error not-served anthropic'], {
    isStrict: true,
  });
});

test('a provider without an address of its own needs api_base', () => {
  finds('model_list: [{ model_name: a, litellm_params: { model: azure/a, api_key: none } }]', [
    '1:56 warning not-served',
  ]);
  finds('model_list: [{ model_name: a, litellm_params: { model: azure/a, api_key: none } }]', [], {
    env: { AZURE_API_BASE: 'https://x' },
  });
});

test('an empty model_list is a warning, a missing one a note', () => {
  finds('model_list: []', ['1:13 warning empty-model-list']);
  finds('model_list:', ['1:12 warning empty-model-list']);
  assert.deepEqual(brief(loadText('litellm_settings: {}').findings, true), ['0:0 note empty-model-list']);
});

test('a key written twice is an error at the second place', () => {
  finds('model_list: []\nrouter_settings: { timeout: 1, timeout: 2 }\n', [
    '1:13 warning empty-model-list',
    '2:32 error duplicate-key',
  ]);
});

test('a setting that does nothing yet is noted once for all deployments that have it', () => {
  const entries = Array.from(
    { length: 3 },
    (_, index) => `  - { model_name: m${index}, litellm_params: { model: openai/m, vertex_project: p } }\n`,
  );
  const { findings, config } = loadText(`model_list:\n${entries.join('')}`);
  assert.deepEqual(brief(findings, true), ['2:58 note not-yet-in-effect']);
  assert.match(
    findings[0]?.message ?? '',
    /litellm_params\.vertex_project is accepted but not yet in effect \(here and in 2 more places\)/,
  );
  assert.deepEqual(config?.notYetInEffect, [
    { path: 'model_list[].litellm_params.vertex_project', position: 'config.yaml:2:58' },
  ]);
});

test('a setting without meaning here is noted with the reason', () => {
  const { findings } = loadText(`${MODELS}general_settings: { custom_sso: my.module }\n`);
  assert.deepEqual(brief(findings, true), ['5:21 note no-meaning-here']);
  assert.match(findings[0]?.message ?? '', /Python/);
});

test('all findings come at once, but of one kind no more than can be read', () => {
  const many = Array.from({ length: 1000 }, (_, index) => `  zzz_${index}_zzz: 1\n`).join('');
  const { findings } = loadText(`router_settings:\n${many}moddel_list: []\n`);
  assert.equal(findings.filter(({ code }) => code === 'unknown-key').length, 200);
  assert.match(findings.at(-1)?.message ?? '', /801 more findings "unknown-key"/);
});

test('what already is as the value wants it is not called missing', () => {
  const text = `${MODELS}litellm_settings: { callbacks: [prometheus], cache: false, enable_cache: false }
router_settings: { enable_pre_call_checks: false }
general_settings: { cancel_on_disconnect: true }
`;
  assert.deepEqual(brief(loadText(text).findings, true), []);
  const callbacks = loadText(`${MODELS}litellm_settings: { callbacks: [prometheus, langfuse] }\n`);
  assert.deepEqual(brief(callbacks.findings, true), ['5:21 note not-yet-in-effect']);
});

test('an unset master key is said with a way out', () => {
  const message = finds('model_list:\ngeneral_settings: { master_key: os.environ/NONE }\n', [
    '1:12 warning empty-model-list',
    '2:33 error unset-variable',
  ]);
  assert.match(message, /or remove the line to have a key made/);
});
