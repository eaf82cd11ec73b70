import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claudeAbilities } from './claude-models.ts';

test('a model is known by its version under every vendor’s way to write its name', () => {
  const names = [
    'claude-opus-4-6',
    'anthropic/claude-opus-4.6',
    'us.anthropic.claude-opus-4-6-v1:0',
    'claude-opus-4-6@20260205',
    'claude-opus-4-6-20260205',
  ];
  for (const name of names) {
    const abilities = claudeAbilities(name);
    assert.deepEqual(
      [abilities.adaptiveThinking, abilities.budgetThinking, abilities.sampling],
      [true, true, true],
      name,
    );
  }
  assert.deepEqual(claudeAbilities('claude-opus-4-20250514').efforts, []);
  assert.equal(claudeAbilities('claude-3-7-sonnet-20250219').structuredOutput, false);
});

test('models before 4.6 think by budget only, models after it by effort only', () => {
  for (const name of [
    'claude-haiku-4-5-20251001',
    'claude-sonnet-4-5',
    'claude-opus-4-1',
    'claude-3-7-sonnet-latest',
  ]) {
    const { adaptiveThinking, budgetThinking } = claudeAbilities(name);
    assert.deepEqual([adaptiveThinking, budgetThinking], [false, true], name);
  }
  for (const name of [
    'claude-opus-4-7',
    'claude-sonnet-5',
    'claude-haiku-5-5',
    'claude-fable-5',
    'claude-mythos-preview',
  ]) {
    const { adaptiveThinking, budgetThinking, sampling } = claudeAbilities(name);
    assert.deepEqual([adaptiveThinking, budgetThinking, sampling], [true, false, false], name);
  }
});

test('a model of tomorrow is taken to be like the newest known, a name that says nothing to take all', () => {
  assert.deepEqual(claudeAbilities('claude-opus-6'), claudeAbilities('claude-opus-5-5'));
  const unknown = claudeAbilities('kimi-k2');
  assert.ok(unknown.sampling && unknown.budgetThinking && unknown.structuredOutput && unknown.forcedToolUse);
});

test('what cannot be disabled or forced is known by family', () => {
  assert.equal(claudeAbilities('claude-opus-5').canDisableThinking, true);
  assert.equal(claudeAbilities('claude-opus-5-5').canDisableThinking, false);
  assert.equal(claudeAbilities('claude-fable-5').forcedToolUse, true);
  assert.equal(claudeAbilities('claude-fable-5-1').forcedToolUse, false);
  assert.equal(claudeAbilities('claude-haiku-5-5').forcedToolUse, true);
  assert.equal(claudeAbilities('claude-sonnet-5-5').betweenToolsThinking, true);
});
