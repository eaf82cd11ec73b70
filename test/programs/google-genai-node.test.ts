/** Google's package for Node.js over every provider, by Gemini's own format. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { ApiError, type GenerateContentConfig, type GenerateContentResponse, GoogleGenAI } from '@google/genai';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { ownVersion } from './npm-program.ts';
import { providersOf } from './programs.ts';

const WORDS = 'night and day';
const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in Dover at noon/;
const HARBOUR = {
  type: 'object',
  properties: { name: { type: 'string' }, depth: { type: 'integer' } },
  required: ['name', 'depth'],
};
const TOOLS: GenerateContentConfig = {
  tools: [
    {
      functionDeclarations: [
        {
          name: 'tide_table',
          description: 'Says when the water is high in a harbour.',
          parametersJsonSchema: {
            type: 'object',
            properties: { harbour: { type: 'string' } },
            required: ['harbour'],
          },
        },
      ],
    },
  ],
};

/** What a tool says to each call of an answer. */
function resultsOf({ functionCalls = [] }: GenerateContentResponse) {
  assert.deepEqual(
    functionCalls.map(({ name, args }) => [name, args]),
    [['tide_table', { harbour: 'Dover' }]],
  );
  return functionCalls.map(({ id, name = '' }) => ({
    functionResponse: { ...(id !== undefined && { id }), name, response: { output: 'high water in Dover at noon' } },
  }));
}

describe("Google's package for Node.js", () => {
  const tested: Journeys = { program: 'google-genai-node', version: ownVersion('@google/genai') };
  let house: House;
  let client: GoogleGenAI;
  before(async () => {
    house = await openHouse();
    client = new GoogleGenAI({ apiKey: house.gateway.masterKey, httpOptions: { baseUrl: house.gateway.url } });
  });
  after(() => house.close());

  async function text(stream: AsyncGenerator<GenerateContentResponse>): Promise<string> {
    let said = '';
    for await (const chunk of stream) said += chunk.text ?? '';
    return said;
  }

  for (const provider of providersOf('google-genai-node')) {
    const { group: model } = provider;
    journey(tested, provider, 'answer', async () => {
      const answer = await client.models.generateContent({ model, contents: `Say: ${WORDS}` });
      assert.equal(answer.text, WORDS);
      assert.equal(answer.modelVersion, model);
      assert.ok((answer.usageMetadata?.totalTokenCount ?? 0) > 0);
    });

    journey(tested, provider, 'stream', async () => {
      assert.equal(await text(await client.models.generateContentStream({ model, contents: `Say: ${WORDS}` })), WORDS);
    });

    journey(tested, provider, 'tools', async () => {
      const chat = client.chats.create({ model, config: TOOLS });
      const called = await chat.sendMessage({ message: TIDES });
      assert.match((await chat.sendMessage({ message: resultsOf(called) })).text ?? '', HIGH_WATER);
    });

    journey(tested, provider, 'thinking', async () => {
      const config = { ...TOOLS, thinkingConfig: { includeThoughts: true, thinkingBudget: 2_048 } };
      const chat = client.chats.create({ model, config });
      const called = await chat.sendMessage({ message: TIDES });
      assert.match((await chat.sendMessage({ message: resultsOf(called) })).text ?? '', HIGH_WATER);
    });

    journey(tested, provider, 'turns', async () => {
      const chat = client.chats.create({ model, config: TOOLS });
      assert.equal((await chat.sendMessage({ message: 'Say: first words' })).text, 'first words');
      const called = await chat.sendMessage({ message: TIDES });
      assert.match(await text(await chat.sendMessageStream({ message: resultsOf(called) })), HIGH_WATER);
      assert.equal(await text(await chat.sendMessageStream({ message: 'Say: last words' })), 'last words');
    });

    journey(tested, provider, 'schema', async () => {
      const config = { responseMimeType: 'application/json', responseJsonSchema: HARBOUR };
      const answer = await client.models.generateContent({ model, contents: 'Describe Dover.', config });
      const { name, depth } = JSON.parse(answer.text ?? '') as { name?: unknown; depth?: unknown };
      assert.equal(typeof name, 'string', answer.text);
      assert.ok(Number.isInteger(depth), answer.text);
    });

    journey(tested, provider, 'errors', async () => {
      await assert.rejects(
        client.models.generateContent({ model: `${model}-too-long`, contents: 'Hello' }),
        (error) => error instanceof ApiError && error.status === 400 && /INVALID_ARGUMENT/.test(error.message),
      );
    });
  }
});
