import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelAbilities } from './model-table.ts';

const wordsOf = (model: string, provider: string, supports: Record<string, boolean> = {}) =>
  modelAbilities(model, provider, { supports }).webSearch;

test('a model searches in the words of who serves it', () => {
  const known: readonly (readonly [model: string, provider: string, words: string | undefined])[] = [
    ['gpt-4o', 'openai', 'tool'],
    ['gpt-4o-mini-2024-07-18', 'openai', 'tool'],
    ['gpt-4.1-mini', 'openai', 'tool'],
    ['gpt-5.4-mini', 'openai', 'tool'],
    ['o3', 'openai', 'tool'],
    ['gpt-4.1-nano', 'openai', undefined],
    ['gpt-5-chat-latest', 'openai', undefined],
    ['gpt-4o-audio-preview', 'openai', undefined],
    ['o3-mini', 'openai', undefined],
    ['gpt-4o-mini-search-preview', 'openai', 'options'],
    ['gpt-5-search-api', 'openai', 'options'],
    ['gpt-4o', 'azure', undefined],
    ['claude-sonnet-4-5', 'anthropic', 'tool'],
    ['claude-3-7-sonnet-20250219', 'anthropic', 'tool'],
    ['claude-fable-5', 'anthropic', 'tool'],
    ['claude-3-opus-20240229', 'anthropic', undefined],
    ['anthropic/claude-sonnet-4.5', 'openrouter', 'server-tool'],
    ['gemini-2.5-pro', 'gemini', 'tool'],
    ['gemini-flash-latest', 'gemini', 'tool'],
    ['gemini-2.0-flash-lite', 'gemini', undefined],
    ['gemini-2.5-flash-image', 'gemini', undefined],
    ['gemini-1.5-pro', 'gemini', undefined],
    ['glm-4.6', 'zai', 'typed-tool'],
    ['sonar-pro', 'perplexity', 'options'],
    ['deepseek-chat', 'deepseek', undefined],
    ['grok-4', 'xai', undefined],
  ];
  for (const [model, provider, words] of known)
    assert.equal(wordsOf(model, provider), words, `${model} at ${provider}`);
});

test('the operator knows better whether a model searches', () => {
  assert.equal(wordsOf('gpt-4o', 'azure', { supports_web_search: true }), 'tool');
  assert.equal(wordsOf('glm-4.6', 'zai', { supports_web_search: true }), 'typed-tool');
  assert.equal(wordsOf('claude-sonnet-4-5', 'anthropic', { supports_web_search: false }), undefined);
});
