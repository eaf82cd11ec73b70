/** Files as people write them: what LiteLLM reads is read, and what is broken is named at its place, with what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, configOf, loadText } from './load-text.ts';

const found = (text: string): readonly string[] => brief(loadText(text).findings);
/** The first finding with its message. */
function firstOf(text: string): string {
  const [finding] = loadText(text).findings.filter(({ severity }) => severity !== 'note');
  return `${finding?.line}:${finding?.column} ${finding?.severity} ${finding?.message}`;
}
const entry = (params: string): string =>
  `model_list: [{ model_name: a, litellm_params: { model: openai/gpt-4o, ${params} } }]`;

test('numbers in groups of digits are numbers, and texts keep their underscores', () => {
  const { deployments } = configOf(entry('tpm: 20_000, rpm: +1_000, organization: 20_24'));
  assert.deepEqual([deployments[0]?.tpm, deployments[0]?.rpm, deployments[0]?.organization], [20_000, 1_000, '20_24']);
  const prices = configOf(entry('input_cost_per_token: 0.000_001, output_cost_per_token: 1_0.0e-6')).deployments[0];
  assert.deepEqual(
    [prices?.modelInfo.input_cost_per_token, prices?.modelInfo.output_cost_per_token],
    [0.000001, 0.00001],
  );
  assert.equal(
    configOf('model_list: [{ model_name: gpt_4, litellm_params: { model: openai/gpt-4o } }]').deployments[0]?.group,
    'gpt_4',
  );
  assert.deepEqual(found(entry('tpm: "20_000"')), ['1:76 error wrong-type']);
  assert.deepEqual(found(entry('tpm: 1:30')), ['1:76 error wrong-type']);
});

test('a number that LiteLLM reads as octal is a warning', () => {
  assert.match(firstOf(entry('tpm: 0100')), /^1:76 warning 0100 is read as 100, but by YAML 1\.1, .* as 64/);
});

test('words count in any case', () => {
  assert.equal(configOf('litellm_settings: { log_level: INFO }').telemetry.logLevel, 'info');
  assert.equal(configOf('router_settings: { routing_strategy: Simple-Shuffle }').routing.strategy, 'simple-shuffle');
});

test('drop_params takes a list, as LiteLLM does, and says what was probably meant', () => {
  for (const [list, isOn] of [
    ['[temperature]', true],
    ['[]', false],
  ] as const) {
    const { config, findings } = loadText(`litellm_settings: { drop_params: ${list} }`);
    assert.equal(config?.dropParams, isOn);
    assert.deepEqual(brief(findings), ['1:34 warning wrong-type']);
    assert.equal(configOf(entry(`drop_params: ${list}`)).deployments[0]?.dropParams, isOn);
  }
  assert.match(firstOf('litellm_settings: { drop_params: [a] }'), /additional_drop_params/);
  assert.deepEqual(found('litellm_settings: { drop_params: { a: 1 } }'), ['1:34 error wrong-type']);
});

test('a strategy of the operator is named and replaced; a slip stays an error', () => {
  const { config, findings } = loadText('router_settings: { routing_strategy: my_company.CheapestFirst }');
  assert.equal(config?.routing.strategy, 'simple-shuffle');
  assert.match(findings.at(-1)?.message ?? '', /"my_company\.CheapestFirst", a strategy that does not exist here/);
  assert.deepEqual(found('router_settings: { routing_strategy: least-buzy }'), ['1:38 error wrong-type least-busy']);
});

test('service_callback, as LiteLLM spells it, is known', () => {
  assert.deepEqual(found('litellm_settings: { service_callback: [prometheus_system] }'), []);
});

test('a setting in a wrong section learns where it belongs', () => {
  const misplaced: readonly [text: string, home: string][] = [
    ['router_settings: { drop_params: true }', 'litellm_settings'],
    ['litellm_settings: { routing_strategy: least-busy }', 'router_settings'],
    ['general_settings: { num_retries: 3 }', 'litellm_settings or router_settings'],
    ['general_settings: { cache: true }', 'litellm_settings'],
    ['router_settings: { master_key: os.environ/GATEWAY_MASTER_KEY }', 'general_settings'],
    ['fallbacks: [{ a: [b] }]', 'litellm_settings or router_settings'],
    ['model_list: [{ model_name: a, rpm: 5, litellm_params: { model: openai/gpt-4o } }]', 'its litellm_params'],
    ['model_list: [{ model_name: a, base_model: b, litellm_params: { model: openai/gpt-4o } }]', 'its model_info'],
  ];
  for (const [text, home] of misplaced) {
    const [finding] = loadText(text).findings.filter(({ code }) => code === 'misplaced-key');
    assert.equal(finding?.severity, 'warning', text);
    assert.ok(finding?.message.endsWith(`it belongs in ${home}`), `${text}: ${finding?.message}`);
  }
});

test('a weight on some deployments of a group is a warning at one that has none', () => {
  const text = `
model_list:
  - { model_name: a, litellm_params: { model: openai/a, weight: 1 } }
  - { model_name: a, litellm_params: { model: openai/b } }
  - { model_name: b, litellm_params: { model: openai/c } }
`;
  assert.deepEqual(found(text), ['4:5 warning mixed-weight']);
  assert.deepEqual(found(text.replace('openai/b', 'openai/b, weight: 0')), []);
});

test('what is no YAML is named at the line that has to be fixed, with advice', () => {
  const broken: readonly [text: string, expected: RegExp][] = [
    [
      'model_list: []\n---\nrouter_settings: {}\n',
      /^2:1 error not valid YAML: a second YAML document begins here.*"include"/,
    ],
    ['model_list:\n  - model_name: a\n   litellm_params:\n     model: x\n', /^3:4 error .*indented differently/],
    [
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: x\n   - model_name: b\n',
      /^5:4 error .*indented differently/,
    ],
    ['router_settings:\n  timeout: 1\n num_retries: 2\n', /^3:2 error .*indented differently/],
    [
      'model_list:\n- model_name: a\n  litellm_params: {}\n- model_name\n model: x\n',
      /^4:3 error .*indented differently/,
    ],
    ['router_settings:\n\ttimeout: 1\n', /^2:1 error .*a tab indents this line; YAML takes spaces alone/],
    ["general_settings:\n  master_key: 'abc\n  port: 1\n", /^2:15 error .*begins with ' here has no ' at its end/],
    [
      'general_settings:\n  master_key: "abc\n  port: 1\nrouter_settings: {}\n',
      /^2:15 error .*begins with " here has no " at its end/,
    ],
    ['router_settings:\n  timeout: 1: 2\n', /^2:12 error .*two colons.*in quotes/],
    [
      'general_settings:\n  master_key: @home\n',
      /^2:15 error .*may not begin with this character; put the text in quotes/,
    ],
    ['litellm_settings:\n  callbacks: [a, b\nrouter_settings: {}\n', /^3:1 error .*has no "\]" at its end/],
  ];
  for (const [text, expected] of broken) {
    assert.match(firstOf(text), expected, text);
    assert.equal(loadText(text).config, undefined);
  }
  assert.deepEqual(found('---\nmodel_list: []\n...\n'), ['2:13 warning empty-model-list']);
});
