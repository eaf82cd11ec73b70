/** Settings that protect requests and do nothing yet stop the start; a misspelt secret does as well. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadText } from './load-text.ts';

const MODEL = 'model_name: m, litellm_params: {model: openai/m, api_key: os.environ/OPENAI_API_KEY';
const MODELS = `model_list: [{${MODEL}}}]\n`;
const errorsOf = (text: string) => loadText(text).findings.filter(({ severity }) => severity === 'error');

/** Each with the name that lets it start. */
const PROTECTIONS: readonly (readonly [text: string, name: string])[] = [
  ['guardrails: [{guardrail_name: g, litellm_params: {guardrail: presidio, mode: pre_call}}]', 'guardrails'],
  ['policies: {p: {guardrails: {add: [g]}}}', 'policies'],
  ['policy_attachments: [{policy: p, teams: [t]}]', 'policy_attachments'],
  ...[
    ['enable_jwt_auth: true', 'enable_jwt_auth'],
    ['litellm_jwtauth: {user_id_jwt_field: sub}', 'litellm_jwtauth'],
    ['enable_oauth2_auth: true', 'enable_oauth2_auth'],
    ['enable_oauth2_proxy_auth: true', 'enable_oauth2_proxy_auth'],
    ['custom_auth: my_auth.check', 'custom_auth'],
    ['enforce_rbac: true', 'enforce_rbac'],
    ['role_permissions: [{role: internal_user, models: [m]}]', 'role_permissions'],
    ['service_account_settings: {enforced_params: [user]}', 'service_account_settings'],
  ].map(([text, name]) => [`general_settings: {${text}}`, name ?? ''] as const),
  ...[
    ['callbacks: [presidio]', 'callbacks'],
    ['callbacks: [prometheus, lakera_prompt_injection]', 'callbacks'],
    ['callbacks: [llamaguard_moderations]', 'callbacks'],
    ['callbacks: [openai_moderations]', 'callbacks'],
    ['callbacks: [hide_secrets]', 'callbacks'],
    ['callbacks: [banned_keywords]', 'callbacks'],
    ['callbacks: [my_hooks.handler]', 'callbacks'],
    ['guardrails: [{p: {callbacks: [presidio]}}]', 'guardrails'],
    ['post_call_rules: my.rules', 'post_call_rules'],
    ['pre_call_rules: my.rules', 'pre_call_rules'],
    ['banned_keywords_list: [secret]', 'banned_keywords_list'],
    ['prompt_injection_params: {heuristics_check: true}', 'prompt_injection_params'],
  ].map(([text, name]) => [`litellm_settings: {${text}}`, name ?? ''] as const),
  ['user_api_key_list: [{api_key: a-key-of-a-tenant, guardrails: [g]}]', 'guardrails'],
  ['user_api_key_list: [{api_key: a-key-of-a-tenant, policies: [g]}]', 'policies'],
  ['teams: [{team_id: t, guardrails: [g]}]', 'guardrails'],
  ['users: [{user_id: u, policies: [p]}]', 'policies'],
];

describe('a setting that protects requests and does nothing yet', () => {
  for (const [text, name] of PROTECTIONS) {
    test(`stops the start: ${text}`, () => {
      const [error, ...more] = errorsOf(`${MODELS}${text}\n`);
      assert.deepEqual(more, []);
      assert.equal(error?.code, 'unprotected');
      assert.equal(`${error.file}:${error.line}`, 'config.yaml:2');
      assert.ok(error.column > 0);
      assert.ok(error.message.includes(`ignore_settings: [${name}]`), error.message);
      assert.deepEqual(errorsOf(`${MODELS}${text}\nignore_settings: [${name}]\n`), []);
    });
  }

  test('stops it also at a deployment', () => {
    for (const member of ['guardrails: [g]', 'rules: [r]'])
      assert.equal(errorsOf(`model_list: [{${MODEL}, ${member}}}]\n`)[0]?.code, 'unprotected', member);
    const path = 'ignore_settings: [model_list.litellm_params.guardrails]';
    assert.deepEqual(errorsOf(`model_list: [{${MODEL}, guardrails: [g]}}]\n${path}\n`), []);
  });

  test('all of them are reported at once, and one accepted name accepts no other', () => {
    const text = `${MODELS}guardrails: [{guardrail_name: g}]\ngeneral_settings: {enable_jwt_auth: true, enforce_rbac: true}\n`;
    assert.equal(errorsOf(text).length, 3);
    assert.equal(errorsOf(`${text}ignore_settings: [guardrails]\n`).length, 2);
  });

  test('stops nothing if it is off, or if what it asks for holds already', () => {
    for (const text of [
      'guardrails: []',
      'general_settings: {enable_jwt_auth: false, enforce_rbac: false, enforced_params: []}',
      'litellm_settings: {turn_off_message_logging: true, redact_user_api_key_info: true, redact_messages_in_exceptions: true}',
      'litellm_settings: {callbacks: [prometheus, langfuse], success_callback: [s3]}',
      'general_settings: {disable_master_key_return: true, scope_spend_list_endpoints_to_caller: true}',
      'general_settings: {pass_through_endpoints: [{path: /x, target: "https://x", auth: true}]}',
    ]) {
      assert.deepEqual(errorsOf(`${MODELS}${text}\n`), [], text);
    }
  });

  test('an ignored name that nothing needs is a warning', () => {
    const { findings } = loadText(`${MODELS}ignore_settings: [guardrail]\n`);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'warning').map(({ message }) => /names "guardrail"/.test(message)),
      [true],
    );
  });
});

describe('a misspelt secret', () => {
  for (const name of [
    'api_keyy',
    'apikey',
    'api-key',
    'API_KEY',
    'apiKey',
    'api_kye',
    'apii_key',
    'ap_key',
    'openai_api_key',
    'api_key_2',
    'bearer_token',
    'authorization',
    'client_secrets',
    'aws_secret_acces_key',
    'password',
  ]) {
    test(`in litellm_params stops the start and shows no value: ${name}`, () => {
      const { config, findings } = loadText(
        `model_list: [{model_name: m, litellm_params: {model: openai/m, ${name}: sk-canary-value-123}}]\n`,
      );
      assert.equal(config, undefined);
      const errors = findings.filter(({ severity }) => severity === 'error');
      assert.equal(errors.length, 1);
      assert.match(errors[0]?.message ?? '', new RegExp(`"${name}"`));
      assert.ok(!JSON.stringify(findings).includes('canary'));
    });
  }

  test('in other sections and in credentials stops the start as well', () => {
    for (const text of [
      'general_settings: {master_keys: sk-canary}',
      'general_settings: {masterkey: sk-canary}',
      'general_settings: {database_urll: "postgres://u:canary@h/d"}',
      'router_settings: {redis_passwort: canary}',
      'user_api_key_list: [{api_keyy: canary}]',
    ]) {
      const errors = errorsOf(`${MODELS}${text}\n`);
      assert.ok(
        errors.some(({ code }) => code === 'unknown-key'),
        text,
      );
      assert.ok(!JSON.stringify(errors).includes('canary'));
    }
    const credential = 'credential_list: [{credential_name: c, credential_values: {api_keyy: canary}}]';
    const models = 'model_list: [{model_name: m, litellm_params: {model: openai/m, litellm_credential_name: c}}]';
    assert.ok(errorsOf(`${models}\n${credential}\n`).some(({ code }) => code === 'unknown-key'));
  });

  test('a request field of a deployment is not one', () => {
    const fields = 'max_tokens: 5, prompt_cache_key: k, top_k: 4, keep_alive: 5m, budget_tokens: 9, my_own_field: 1';
    assert.deepEqual(errorsOf(`model_list: [{${MODEL}, ${fields}}}]\n`), []);
  });
});
