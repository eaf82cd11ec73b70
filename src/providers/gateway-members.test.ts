import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GATEWAY_MEMBERS, isGatewayMember } from './gateway-members.ts';

test('what is meant for the gateway never reaches a provider', () => {
  for (const name of [
    'fallbacks',
    'api_base',
    'api_key',
    'mock_response',
    'guardrails',
    'cache',
    'litellm_session_id',
  ]) {
    assert.equal(isGatewayMember(name, 'openai-chat'), true, name);
  }
  for (const name of ['model', 'messages', 'tools', 'user', 'temperature', 'toString', '__proto__', 'constructor']) {
    assert.equal(isGatewayMember(name, 'openai-chat'), false, name);
  }
});

test('metadata goes upstream only to be stored, and always in Anthropic’s own format', () => {
  assert.equal(isGatewayMember('metadata', 'openai-chat'), true);
  assert.equal(
    isGatewayMember('metadata', 'openai-chat', (name) => name === 'store'),
    false,
  );
  assert.equal(isGatewayMember('metadata', 'anthropic-messages'), false);
});

test('every member says what it means', () => {
  for (const [name, { meaning }] of Object.entries(GATEWAY_MEMBERS)) assert.match(meaning, /^[A-Z].*\.$/, name);
});
