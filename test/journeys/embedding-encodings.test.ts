/** A client gets vectors in the encoding that it asked for, whatever a server of OpenAI's format returns. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { type ScriptedGateway, startScripted, whole } from '../support/scripted-upstream.ts';

/** Exact as 32-bit floats. */
const VECTORS: readonly (readonly number[])[] = [
  [0.5, -1, 0.25],
  [2, 0, -0.125],
];

function base64Of(vector: readonly number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}

const answerWith = (embeddings: readonly JsonValue[]): JsonObject => ({
  object: 'list',
  data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  model: 'their-name',
  usage: { prompt_tokens: 4, total_tokens: 4 },
});
const NUMBERS = VECTORS.map((vector) => [...vector]);
const TEXTS = VECTORS.map(base64Of);

describe('vectors from a server that does as it likes', { timeout: 60_000 }, () => {
  let scripted: ScriptedGateway;
  before(async () => {
    scripted = await startScripted({ local: 'hosted_vllm/bge', openai: 'openai/text-embedding-3-small' });
  });
  after(() => scripted.close());

  const ask = async (model: string, more: JsonObject): Promise<JsonObject> => {
    const answer = await scripted.gateway.post('/v1/embeddings', { model, input: ['a', 'b'], ...more });
    assert.equal(answer.status, 200);
    return (await answer.json()) as JsonObject;
  };

  for (const model of ['local', 'openai']) {
    for (const [asked, more, expected] of [
      ['base64', { encoding_format: 'base64' }, TEXTS],
      ['numbers', { encoding_format: 'float' }, NUMBERS],
      ['nothing', {}, NUMBERS],
    ] as const) {
      for (const [returned, embeddings] of [
        ['numbers', NUMBERS],
        ['base64', TEXTS],
      ] as const) {
        it(`come as asked from ${model}: ${asked} asked, ${returned} returned`, async () => {
          scripted.script(whole(answerWith(embeddings)));
          assert.deepEqual(await ask(model, more), { ...answerWith(expected), model });
        });
      }
    }
  }

  it("can be read by OpenAI's SDK, which asks for base64 by itself", async () => {
    const client = new OpenAI({ apiKey: scripted.gateway.masterKey, baseURL: `${scripted.gateway.url}/v1` });
    scripted.script(whole(answerWith(NUMBERS)));
    const answer = await client.embeddings.create({ model: 'local', input: ['a', 'b'] });
    assert.deepEqual(
      answer.data.map(({ embedding }) => Array.from(embedding)),
      VECTORS,
    );
  });

  it('stay as they are if they are no 32-bit floats, or the client asked for another encoding', async () => {
    for (const [embedding, more] of [
      ['AAE=', {}],
      [[[0.5], [1]], { encoding_format: 'base64' }],
      [[1, 0, 1], { encoding_format: 'ubinary' }],
    ] as const) {
      scripted.script(whole(answerWith([embedding as JsonValue])));
      assert.deepEqual(await ask('local', more), { ...answerWith([embedding as JsonValue]), model: 'local' });
    }
  });
});
