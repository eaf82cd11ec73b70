import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { JsonObject } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { readError, readUsage } from './index.ts';
import { readEmbeddingRequest, readEmbeddingResponse } from './read-embeddings.ts';
import { readBase64Vector, writeBase64Vector } from './vectors.ts';
import { writeEmbeddingRequest, writeEmbeddingResponse } from './write-embeddings.ts';

const requests: readonly JsonObject[] = [
  { model: 'm', input: 'Hi' },
  { model: 'm', input: ['Hi'] },
  { model: 'm', input: ['a', 'b'], encoding_format: 'base64', dimensions: 8, user: 'u', input_type: 'query' },
  { model: 'm', input: [1, 2, 3] },
  { model: 'm', input: [[1], [2, 3]] },
];
for (const body of requests) {
  test(`an embeddings request is read and written back equal: ${JSON.stringify(body.input)}`, () => {
    assert.deepEqual(writeEmbeddingRequest(readEmbeddingRequest(body), 'm'), body);
  });
}

const wrong: readonly (readonly [string, JsonObject, RegExp])[] = [
  ['model', { input: 'a' }, /non-empty string/],
  ['input', { model: 'm' }, /missing/],
  ['input', { model: 'm', input: [] }, /empty array/],
  ['input', { model: 'm', input: 5 }, /a string, an array/],
  ['input[1]', { model: 'm', input: ['a', { image: 'b' }] }, /a string or an array of tokens/],
  ['input[0][0]', { model: 'm', input: [['a']] }, /a token number/],
  ['input[1]', { model: 'm', input: [1, 'a'] }, /a token number/],
  ['encoding_format', { model: 'm', input: 'a', encoding_format: 'int8' }, /'float' or 'base64'/],
  ['dimensions', { model: 'm', input: 'a', dimensions: 0 }, /at least 1/],
];
for (const [path, body, message] of wrong) {
  test(`an embeddings request that is wrong at ${path} is refused: ${message.source}`, () => {
    assert.throws(
      () => readEmbeddingRequest(body),
      (error) => error instanceof FormatError && error.path === path && message.test(error.message),
    );
  });
}

test('vectors survive base64 as 32-bit floats', () => {
  const vector = fc.array(fc.float({ noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(vector, (numbers) => {
      assert.deepEqual(readBase64Vector(writeBase64Vector(numbers), 'data[0].embedding'), numbers);
    }),
  );
  assert.throws(() => readBase64Vector('AAA=', 'data[0].embedding'), FormatError);
});

test('an answer with vectors out of order and in base64 is read in the order of the inputs', () => {
  const response = readEmbeddingResponse({
    object: 'list',
    model: 'm',
    data: [
      { object: 'embedding', index: 1, embedding: [0.5, 1] },
      { object: 'embedding', index: 0, embedding: writeBase64Vector([0.25, 2]) },
    ],
    usage: { prompt_tokens: 7, total_tokens: 7 },
  });
  assert.deepEqual(response, {
    model: 'm',
    vectors: [
      [0.25, 2],
      [0.5, 1],
    ],
    usage: { inputTokens: 7, outputTokens: 0 },
  });
});

test('an answer that holds no embeddings is a FormatError, and an error body is no answer', () => {
  assert.throws(() => readEmbeddingResponse({ model: 'm' }), FormatError);
  assert.throws(() => readEmbeddingResponse({ data: [{ embedding: ['a'] }] }), FormatError);
  assert.throws(() => readEmbeddingResponse({ data: [5] }), FormatError);
  assert.equal(readError({ error: { message: 'no' } })?.message, 'no');
  assert.equal(readUsage({ usage: { prompt_tokens: 3, total_tokens: 3 } })?.inputTokens, 3);
});

for (const encoding of ['float', 'base64'] as const) {
  test(`OpenAI's own client reads a written answer in ${encoding}`, async () => {
    const body = writeEmbeddingResponse({ model: 'x', vectors: [[0.5, -1]] }, { model: 'group', encoding });
    const client = new OpenAI({
      apiKey: 'k',
      fetch: () => Promise.resolve(Response.json(body)),
    });
    const answer = await client.embeddings.create({
      model: 'group',
      input: 'a',
      ...(encoding === 'float' ? { encoding_format: encoding } : {}),
    });
    // Where no encoding is named, the client asks for base64 and decodes it itself.
    assert.deepEqual(Array.from(answer.data[0]?.embedding ?? []), [0.5, -1]);
    assert.deepEqual(answer.usage, { prompt_tokens: 0, total_tokens: 0 });
  });
}
