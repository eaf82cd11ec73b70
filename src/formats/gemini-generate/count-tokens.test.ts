import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FormatError } from '../format.ts';
import { counting } from './count-tokens.ts';

describe('counting tokens', () => {
  it('asks for the whole request under the name of its model', () => {
    const written = counting.writeRequest(
      {
        model: 'group',
        turns: [
          { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
          { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
        ],
        sampling: {},
        stream: false,
        streamUsage: false,
        extensions: { format: 'anthropic-messages', fields: {} },
      },
      { model: 'gemini-2.5-pro', traits: {} },
    );
    assert.deepEqual(written, {
      body: {
        generateContentRequest: {
          model: 'models/gemini-2.5-pro',
          contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
          systemInstruction: { parts: [{ text: 'Be brief.' }] },
        },
      },
      dropped: [],
    });
  });

  it('reads the count, and refuses an answer without one', () => {
    assert.equal(counting.readAnswer({ totalTokens: 31 }), 31);
    assert.equal(counting.readAnswer({}), 0);
    assert.throws(() => counting.readAnswer({ totalTokens: 'many' }), FormatError);
  });
});
