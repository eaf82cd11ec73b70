import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError } from '../format.ts';
import { embedding } from './embeddings.ts';

describe('embeddings', () => {
  it('are asked for in one batch, the model named in every request', () => {
    assert.deepEqual(
      embedding.writeRequest(
        {
          model: 'group',
          inputs: ['a', 'b'].map((text) => ({ kind: 'text', text })),
          isSingle: false,
          dimensions: 8,
          extensions: { taskType: 'CLUSTERING' },
        },
        'gemini-embedding-001',
      ),
      {
        requests: ['a', 'b'].map((text) => ({
          model: 'models/gemini-embedding-001',
          content: { parts: [{ text }] },
          taskType: 'CLUSTERING',
          outputDimensionality: 8,
        })),
      },
    );
  });

  it('are read in their order, with usage if it is given', () => {
    assert.deepEqual(embedding.readAnswer({ embeddings: [{ values: [1, 2] }, { values: [3] }] }), {
      vectors: [[1, 2], [3]],
    });
    assert.deepEqual(embedding.readAnswer({ embedding: { values: [1] }, usageMetadata: { promptTokenCount: 4 } }), {
      vectors: [[1]],
      usage: { inputTokens: 4, outputTokens: 0 },
    });
    assert.deepEqual(embedding.readAnswer({ embeddings: [{ values: [1], statistics: { tokenCount: 2 } }] }).usage, {
      inputTokens: 2,
      outputTokens: 0,
    });
  });

  it('are refused by place if they are invalid', () => {
    for (const body of [{}, { embeddings: {} }, { embeddings: [{ values: ['x'] }] }, { embeddings: [null] }]) {
      assert.throws(() => embedding.readAnswer(body), FormatError);
    }
  });
});
