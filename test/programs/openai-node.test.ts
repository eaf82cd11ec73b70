/** OpenAI's package for Node.js over every provider: both of its endpoints, whole, streamed and parsed. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { ownVersion } from './npm-program.ts';
import { providersOf } from './programs.ts';

const WORDS = 'night and day';
const ASK = [{ role: 'user' as const, content: `Say: ${WORDS}` }];
const DESCRIBE = 'Describe the harbour of Dover in JSON.';
const Harbour = z.object({ name: z.string(), depth: z.int() });

const TIDES = 'What is the tide table of Dover?';
const TIDE_TABLE = {
  type: 'function' as const,
  name: 'tide_table',
  description: 'Says when the water is high in a harbour.',
  parameters: {
    type: 'object',
    properties: { harbour: { type: 'string' } },
    required: ['harbour'],
    additionalProperties: false,
  },
  strict: true,
};

describe("OpenAI's package for Node.js", () => {
  const tested: Journeys = { program: 'openai-node', version: ownVersion('openai') };
  let house: House;
  let client: OpenAI;
  before(async () => {
    house = await openHouse();
    client = new OpenAI({ apiKey: house.gateway.masterKey, baseURL: `${house.gateway.url}/v1`, maxRetries: 0 });
  });
  after(() => house.close());

  for (const provider of providersOf('openai-node')) {
    const { group: model } = provider;
    journey(tested, provider, 'answer', async () => {
      const completion = await client.chat.completions.create({ model, messages: ASK });
      assert.equal(completion.choices[0]?.message.content, WORDS);
      assert.equal(completion.model, model);
      const response = await client.responses.create({ model, input: ASK });
      assert.equal(response.output_text, WORDS);
      assert.equal(response.model, model);
    });

    journey(tested, provider, 'stream', async () => {
      const completion = client.chat.completions.stream({
        ...{ model, messages: ASK },
        stream_options: { include_usage: true },
      });
      let text = '';
      completion.on('content', (delta) => {
        text += delta;
      });
      assert.ok(((await completion.totalUsage()).total_tokens ?? 0) > 0);
      assert.equal(text, WORDS);
      text = '';
      const response = client.responses.stream({ model, input: ASK });
      for await (const event of response) if (event.type === 'response.output_text.delta') text += event.delta;
      assert.equal(text, WORDS);
      assert.ok(((await response.finalResponse()).usage?.total_tokens ?? 0) > 0);
    });

    journey(tested, provider, 'schema', async () => {
      const asked = { model, messages: [{ role: 'user' as const, content: DESCRIBE }] };
      const response_format = zodResponseFormat(Harbour, 'harbour');
      const completion = await client.chat.completions.parse({ ...asked, response_format });
      Harbour.parse(completion.choices[0]?.message.parsed);
      const streamed = await client.chat.completions.stream({ ...asked, response_format }).finalChatCompletion();
      Harbour.parse(streamed.choices[0]?.message.parsed);

      const text = { format: zodTextFormat(Harbour, 'harbour') };
      Harbour.parse((await client.responses.parse({ model, input: DESCRIBE, text })).output_parsed);
      const last = await client.responses.stream({ model, input: DESCRIBE, text }).finalResponse();
      Harbour.parse(last.output_parsed);
    });

    journey(tested, provider, 'turns', async () => {
      const settings = { model, tools: [TIDE_TABLE], store: false, include: ['reasoning.encrypted_content' as const] };
      const talk: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'Say: first words' }];
      const ask = async (): Promise<OpenAI.Responses.Response> => {
        const answer = await client.responses.create({ ...settings, input: talk, reasoning: { effort: 'low' } });
        // Its types call what an answer holds something else than what a question may hold.
        talk.push(...(answer.output as OpenAI.Responses.ResponseInputItem[]));
        return answer;
      };
      await ask();
      talk.push({ role: 'user', content: TIDES });
      const calls = (await ask()).output.filter((item) => item.type === 'function_call');
      assert.deepEqual(
        calls.map((call) => JSON.parse(call.arguments)),
        [{ harbour: 'Dover' }],
      );
      for (const { call_id } of calls) {
        talk.push({ type: 'function_call_output', call_id, output: 'high water in Dover at noon' });
      }
      assert.match((await ask()).output_text, /high water in Dover at noon/);
      talk.push({ role: 'user', content: 'Say: last words' });
      assert.equal((await ask()).output_text, 'last words');
    });

    journey(tested, provider, 'errors', async () => {
      const refused = { status: 400, code: 'context_length_exceeded' };
      await assert.rejects(client.chat.completions.create({ model: `${model}-too-long`, messages: ASK }), refused);
      await assert.rejects(client.responses.create({ model: `${model}-too-long`, input: ASK }), refused);
    });
  }
});
