import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReasoningRequest } from '../neutral/conversation.ts';
import { writeThinking } from './thinking.ts';

const config = (reasoning: ReasoningRequest, model: string): unknown => writeThinking(reasoning, model, {});

describe('how much to think', () => {
  it('is a level for Gemini 3, the next higher one where the model lacks it', () => {
    const levels = (model: string): unknown[] =>
      (['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map(
        (effort) => (config({ effort, include: true }, model) as { thinkingLevel: string }).thinkingLevel,
      );
    assert.deepEqual(levels('gemini-3-flash-preview'), ['MINIMAL', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH']);
    assert.deepEqual(levels('gemini-3-pro-preview'), ['LOW', 'LOW', 'LOW', 'HIGH', 'HIGH', 'HIGH', 'HIGH']);
    assert.deepEqual(levels('models/gemini-3.1-pro-preview'), ['LOW', 'LOW', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH']);
    for (const model of ['gemini-3.8-flash', 'gemini-4-argon', 'gemini-flash-latest']) {
      assert.deepEqual(levels(model), ['LOW', 'LOW', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH']);
    }
    for (const model of ['gemini-3.6-flash', 'gemini-3.5-flash-lite', 'gemini-flash-lite-latest']) {
      assert.equal(levels(model)[0], 'MINIMAL');
    }
    assert.deepEqual(config({ mode: 'enabled', budgetTokens: 1500 }, 'gemini-flash-latest'), {
      thinkingLevel: 'MEDIUM',
      includeThoughts: true,
    });
  });

  it('is a budget within the bounds of the model before', () => {
    assert.deepEqual(config({ effort: 'low' }, 'gemini-2.5-flash'), { thinkingBudget: 1024, includeThoughts: true });
    assert.deepEqual(config({ effort: 'none' }, 'gemini-2.5-flash'), { thinkingBudget: 0 });
    assert.deepEqual(config({ mode: 'disabled' }, 'gemini-2.5-pro'), { thinkingBudget: 128 });
    assert.deepEqual(config({ budgetTokens: 100 }, 'gemini-2.5-flash-lite'), {
      thinkingBudget: 512,
      includeThoughts: true,
    });
    assert.deepEqual(config({ budgetTokens: 99_999 }, 'gemini-2.5-pro'), {
      thinkingBudget: 32_768,
      includeThoughts: true,
    });
    assert.deepEqual(config({ mode: 'adaptive' }, 'gemini-2.5-pro'), { thinkingBudget: -1, includeThoughts: true });
  });

  it('is nothing where nothing was said, and refused by a model that cannot', () => {
    assert.equal(writeThinking(undefined, 'gemini-3-pro', {}), undefined);
    assert.equal(config({ effort: 'high' }, 'gemini-2.0-flash'), 'unsupported');
    assert.equal(config({ effort: 'none' }, 'gemini-2.0-flash'), undefined);
    assert.equal(writeThinking({ effort: 'high' }, 'tuned', { reasoning: false }), 'unsupported');
  });
});
