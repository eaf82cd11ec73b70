import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODEL_ROWS, modelAbilities } from './model-table.ts';

test('every row has a link and a date', () => {
  for (const { models, source } of MODEL_ROWS) {
    assert.match(source, /https:\/\/\S+/, models);
    assert.match(source, /\(20\d\d-\d\d-\d\d\)/, models);
  }
});

test('a model is known under prefixes, dates and in capitals', () => {
  for (const name of ['gpt-4o', 'openai/gpt-4o', 'ft:gpt-4o:acme', 'my-gpt-4o', 'GPT-4o-2024-08-06', 'gpt-4o-mini']) {
    assert.equal(modelAbilities(name, 'azure').maxOutputTokens, 16_384, name);
  }
  assert.deepEqual(modelAbilities('some-model', 'openai'), {});
});

test('who serves a model counts before its maker', () => {
  const efforts = (model: string, provider: string) => {
    const { reasoning } = modelAbilities(model, provider);
    return reasoning?.how === 'effort' ? reasoning.efforts : reasoning?.how;
  };
  assert.deepEqual(efforts('openai/gpt-oss-120b', 'groq'), ['low', 'medium', 'high']);
  assert.equal(efforts('llama-3.3-70b-versatile', 'groq'), 'never');
  assert.equal(efforts('mistralai/mistral-large', 'hosted_vllm'), 'never');
  assert.deepEqual(efforts('mistralai/mistral-small-2603', 'hosted_vllm'), ['low', 'medium', 'high']);
  assert.equal(efforts('mistral-medium-2508', 'mistral'), 'never');
});

test('what the operator says counts before the table', () => {
  const reasoningOf = (model: string, supports: Record<string, boolean>) =>
    modelAbilities(model, 'openai', { supports }).reasoning;
  assert.deepEqual(reasoningOf('gpt-5', { supports_reasoning: false }), { how: 'never' });
  assert.equal(reasoningOf('gpt-4o', { supports_reasoning: true }), undefined);
  const told = reasoningOf('gpt-5', {
    supports_xhigh_reasoning_effort: true,
    supports_minimal_reasoning_effort: false,
  });
  assert.deepEqual(told?.how === 'effort' && told.efforts, ['low', 'medium', 'high', 'xhigh']);
  assert.equal(modelAbilities('gpt-4o', 'openai', { supports: {}, maxOutputTokens: 4_000 }).maxOutputTokens, 4_000);
});
