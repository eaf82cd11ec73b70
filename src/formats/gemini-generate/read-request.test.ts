import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { readRequest } from './read-request.ts';

function pathOfFault(body: JsonObject): string {
  try {
    readRequest(body);
  } catch (error) {
    if (error instanceof FormatError) return error.path;
    throw error;
  }
  return 'accepted';
}

const withPart = (part: JsonObject): JsonObject => ({ contents: [{ parts: [{ text: 'a' }, part] }] });
const contents = [{ parts: [{ text: 'a' }] }];

describe('a wrong request of a client', () => {
  it('is refused by the exact path', () => {
    const cases: [JsonObject, string][] = [
      [{}, 'contents'],
      [{ contents: 1 }, 'contents'],
      [{ contents: ['a'] }, 'contents[0]'],
      [{ contents: [{ role: 'assistant', parts: [] }] }, 'contents[0].role'],
      [{ contents: [{ parts: 'a' }] }, 'contents[0].parts'],
      [withPart({}), 'contents[0].parts[1]'],
      [withPart({ text: 1 }), 'contents[0].parts[1].text'],
      [withPart({ inlineData: { data: 'x' } }), 'contents[0].parts[1].inlineData.mimeType'],
      [withPart({ inline_data: { data: 'x' } }), 'contents[0].parts[1].inline_data.mimeType'],
      [withPart({ fileData: {} }), 'contents[0].parts[1].fileData.fileUri'],
      [withPart({ functionCall: {} }), 'contents[0].parts[1].functionCall.name'],
      [withPart({ functionCall: { name: 'f', args: [] } }), 'contents[0].parts[1].functionCall.args'],
      [withPart({ functionResponse: { name: 'f', response: 'x' } }), 'contents[0].parts[1].functionResponse.response'],
      [{ contents, system_instruction: 'x' }, 'system_instruction'],
      [
        { contents, tools: [{ functionDeclarations: [{ description: 'x' }] }] },
        'tools[0].functionDeclarations[0].name',
      ],
      [{ contents, tools: [1] }, 'tools[0]'],
      [{ contents, toolConfig: { functionCallingConfig: { mode: 'SOME' } } }, 'toolConfig.functionCallingConfig.mode'],
      [{ contents, generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
      [{ contents, generation_config: { top_k: 'x' } }, 'generation_config.top_k'],
      [{ contents, generationConfig: { seed: 1.5 } }, 'generationConfig.seed'],
      [{ contents, generationConfig: { stopSequences: ['a', 1] } }, 'generationConfig.stopSequences[1]'],
      [{ contents, generationConfig: { responseMimeType: 'text/x.enum' } }, 'generationConfig.responseMimeType'],
      [
        { contents, generationConfig: { thinkingConfig: { thinkingLevel: 'deep' } } },
        'generationConfig.thinkingConfig.thinkingLevel',
      ],
    ];
    for (const [body, path] of cases) assert.equal(pathOfFault(body), path, JSON.stringify(body));
  });
});

describe('the contents of a client', () => {
  const call = { functionCall: { id: 'c1', name: 'f', args: {} } };
  const result = (output: string): JsonObject => ({
    functionResponse: { id: 'c1', name: 'f', response: { output } },
  });
  const partsOf = (parts: readonly JsonObject[]) =>
    readRequest({
      contents: [
        { role: 'model', parts: [call] },
        { role: 'user', parts: [...parts] },
      ],
    }).request.turns;

  it('hold a result once, although a client sends it twice', () => {
    assert.equal(partsOf([result('a'), result('a')]).at(-1)?.parts.length, 1);
    assert.equal(partsOf([result('a'), result('b')]).at(-1)?.parts.length, 2);
  });

  it('hold a thought in one piece, signed by its last', () => {
    const thought = (text: string, more: JsonObject = {}): JsonObject => ({ text, thought: true, ...more });
    const parts = [thought('It '), thought('rains.'), thought('', { thoughtSignature: 'c2lnbg==' }), { text: 'Yes.' }];
    const { turns } = readRequest({ contents: [{ role: 'model', parts }] }).request;
    assert.deepEqual(turns[0]?.parts, [
      { type: 'reasoning', text: 'It rains.', signature: { origin: 'google', value: 'c2lnbg==' } },
      { type: 'text', text: 'Yes.' },
    ]);
  });
});
