import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, loadText } from './load-text.ts';

const models = (...names: readonly string[]): string =>
  `model_list: [${names.map((name) => `{ model_name: ${name}, litellm_params: { model: openai/m } }`).join(', ')}]\n`;

function findings(text: string, withNotes = false): { readonly lines: readonly string[]; readonly messages: string } {
  const result = loadText(text);
  return {
    lines: brief(result.findings, withNotes),
    messages: result.findings.map(({ message }) => message).join('\n'),
  };
}

test('fallbacks in a circle are named once, where the circle closes', () => {
  const { lines, messages } = findings(`${models('a', 'b', 'c', 'd')}router_settings:
  fallbacks:
    - a: [d, b]
    - b: [c]
    - c: [a, d]
`);
  assert.deepEqual(lines, ['6:11 warning fallback-cycle']);
  assert.match(messages, /fallbacks lead in a circle: a → b → c → a; a request never tries a group twice/);
});

test('a group that falls back to itself, also by an alias, gets a finding that the step does nothing', () => {
  const { lines, messages } = findings(`${models('a', 'b')}router_settings:
  model_group_alias: { short: a }
  fallbacks: [{ a: [a, short, b] }]
  context_window_fallbacks: { b: b }
`);
  assert.deepEqual(lines, [
    '4:21 warning fallback-cycle',
    '4:24 warning fallback-cycle',
    '5:34 warning fallback-cycle',
  ]);
  assert.match(messages, /fallbacks: "a" falls back to itself; that step is skipped/);
});

test('default fallbacks, chains and fallbacks of different kinds make no circle', () => {
  const { lines } = findings(`${models('a', 'b', 'c')}router_settings:
  fallbacks: [{ a: [b] }, { b: [c] }, { "*": [a] }]
  context_window_fallbacks: [{ c: [a] }]
  default_fallbacks: [a, b]
`);
  assert.deepEqual(lines, []);
});

test('what router_settings says of a group replaces the step that litellm_settings had', () => {
  const { lines } = findings(`${models('a', 'b', 'c')}litellm_settings: { fallbacks: [{ a: [b] }, { b: [c] }] }
router_settings: { fallbacks: [{ c: [b] }, { b: [a] }, { a: [] }] }
`);
  assert.deepEqual(lines, []);
});

test('a chain of thousands of groups is walked without a stack of calls', () => {
  const count = 5_000;
  const steps = Array.from({ length: count }, (_, index) => `    - m${index}: [m${(index + 1) % count}]\n`);
  const { messages } = findings(`${models('m0')}router_settings:\n  fallbacks:\n${steps.join('')}`);
  assert.match(messages, /lead in a circle: m0 → m1 → m2 → m3 → m4 → m5 → m6 → … → m0/);
});

test('misspelt words are errors that name what was meant', () => {
  const { lines, messages } = findings(`${models('a')}router_settings:
  routing_strategy: least-bussy
  fallback_on: [timeout, rate_limit_exeeded, whatever]
  mid_stream: contine
  retry_policy: { RateLimitErorRetries: 2 }
  allowed_fails: -1
  max_attempts: 0
  routing_groups: [{ models: [a], routing_stratgy: least-busy }]
`);
  assert.deepEqual(lines, [
    '3:21 error wrong-type least-busy',
    '4:26 error wrong-type rate_limit_exceeded',
    '4:46 error wrong-type',
    '5:15 error wrong-type continue',
    '6:19 error unknown-key RateLimitErrorRetries',
    '7:18 error wrong-type',
    '8:17 error wrong-type',
    '9:20 warning missing-key',
    '9:35 error unknown-key routing_strategy',
  ]);
  assert.match(messages, /fallback_on must hold only "timeout", .*, but holds the text "whatever"/);
  assert.match(messages, /allowed_fails must be a whole number, 0 or more, but is -1/);
  assert.match(messages, /max_attempts must be a whole number, 1 or more, but is 0/);
});

test('settings of a group that does not exist are warnings', () => {
  const { lines } = findings(`${models('chat', '"openai/*"')}router_settings:
  model_group_settings: { chta: { mid_stream: error }, "openai/gpt-4o": {}, "openai/*": {} }
  model_group_retry_policy: { nothing-like-it: {} }
  model_group_affinity_config: { chat: [session_affinity], caht: [] }
  routing_groups: [{ models: [chat, chatt, "op*"], routing_strategy: least-busy }]
`);
  assert.deepEqual(lines, [
    '3:27 warning unknown-group chat',
    '4:31 warning unknown-group',
    '5:60 warning unknown-group chat',
    '6:37 warning unknown-group chat',
  ]);
});

test('what must be a map or a list of texts is said so', () => {
  const { lines } = findings(`${models('a')}router_settings:
  model_group_settings: { a: 1 }
  model_group_affinity_config: { a: [{}] }
  routing_groups: [just text]
  fallbacks: text
`);
  assert.deepEqual(lines, [
    '3:30 error wrong-type',
    '4:37 error wrong-type',
    '5:20 error wrong-type',
    '6:14 error wrong-type',
  ]);
});

test('a group in which some deployments have an order and others none gets a note', () => {
  const { lines, messages } = findings(
    `
model_list:
  - { model_name: a, litellm_params: { model: openai/a, order: 1 } }
  - { model_name: a, litellm_params: { model: openai/b } }
  - { model_name: b, litellm_params: { model: openai/b } }
  - { model_name: c, litellm_params: { model: openai/b, order: 2 } }
`,
    true,
  );
  assert.deepEqual(lines, ['4:5 note mixed-order']);
  assert.match(messages, /some deployments of "a" have an order and this one does not: it is tried after all of them/);
});
