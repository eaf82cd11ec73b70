/** Google's own package speaks Gemini's format to every provider format. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Content, FunctionCallingConfigMode, GoogleGenAI, type Part } from '@google/genai';
import { ALL_CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, PNG_BASE64, TWO_CITIES_QUESTION } from '../support/samples.ts';

let gateway: TestGateway;
let client: GoogleGenAI;
before(async () => {
  gateway = await startTestGateway();
  client = new GoogleGenAI({ apiKey: gateway.masterKey, httpOptions: { baseUrl: gateway.url } });
});
after(() => gateway.close());

const tools = [
  {
    functionDeclarations: [
      { name: 'get_weather', description: 'The weather in a city', parametersJsonSchema: CITY_SCHEMA },
    ],
  },
];

/** An answer, whole or streamed: its parts in their order. */
async function partsOf(model: string, contents: Content[], config: object, isStream: boolean): Promise<Part[]> {
  if (!isStream) {
    const answer = await client.models.generateContent({ model, contents, config });
    return answer.candidates?.[0]?.content?.parts ?? [];
  }
  const parts: Part[] = [];
  for await (const chunk of await client.models.generateContentStream({ model, contents, config })) {
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
  }
  return parts;
}

const textOf = (parts: readonly Part[]): string =>
  parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');

for (const model of [...ALL_CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro', 'deepseek-reasoner']) {
  describe(`Google's client speaks to ${model}`, { timeout: 30_000 }, () => {
    for (const isStream of [false, true]) {
      const how = isStream ? 'streamed' : 'whole';
      it(`gets words, ${how}`, async () => {
        const parts = await partsOf(model, [{ role: 'user', parts: [{ text: 'say: hello there' }] }], {}, isStream);
        assert.match(textOf(parts), /hello there/);
      });

      it(`calls two tools at once, thinking, and tells their results, ${how}`, async () => {
        const contents: Content[] = [{ role: 'user', parts: [{ text: TWO_CITIES_QUESTION }] }];
        const config = { tools, thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } };
        const called = await partsOf(model, contents, config, isStream);
        const calls = called.flatMap((part) => part.functionCall ?? []);
        assert.deepEqual(
          calls.map((call) => [call.name, call.args]),
          [
            ['get_weather', { city: 'Paris' }],
            ['get_weather', { city: 'London' }],
          ],
        );
        contents.push({ role: 'model', parts: called });
        contents.push({
          role: 'user',
          parts: calls.map(({ id, name = '' }, index) => ({
            functionResponse: { ...(id !== undefined && { id }), name, response: { output: `degrees: ${20 + index}` } },
          })),
        });
        const told = await partsOf(model, contents, config, isStream);
        assert.match(textOf(told), /degrees: 20.*degrees: 21/s);
      });
    }

    it('gets instructions, calls a forced tool, and sees a picture', async () => {
      const answer = await client.models.generateContent({
        model,
        contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
        config: {
          systemInstruction: 'Be brief.',
          temperature: 0.5,
          maxOutputTokens: 400,
          tools,
          toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
        },
      });
      // A model that always thinks cannot be forced.
      if (model !== 'deepseek-reasoner') assert.equal(answer.functionCalls?.[0]?.name, 'get_weather');
      const seen = await client.models.generateContent({
        model: 'claude-sonnet',
        contents: [{ inlineData: { data: PNG_BASE64, mimeType: 'image/png' } }, { text: 'say: seen' }],
      });
      assert.match(seen.text ?? '', /seen/);
    });

    it('counts tokens', async () => {
      const { totalTokens } = await client.models.countTokens({ model, contents: 'Hello, how are you?' });
      assert.ok((totalTokens ?? 0) > 3);
    });
  });
}

describe('what Google’s client asks besides', { timeout: 30_000 }, () => {
  it('embeds one text and several, over OpenAI and Gemini', async () => {
    for (const model of ['text-embedding-3-small', 'gemini-embedding']) {
      const one = await client.models.embedContent({ model, contents: 'sea' });
      assert.ok((one.embeddings?.[0]?.values?.length ?? 0) > 1);
      const two = await client.models.embedContent({ model, contents: ['sea', 'shore'] });
      assert.equal(two.embeddings?.length, 2);
    }
  });

  it('lists the models', async () => {
    const names: string[] = [];
    for await (const { name } of await client.models.list()) names.push(name ?? '');
    assert.ok(names.includes('models/claude-sonnet'), names.join());
    assert.equal((await client.models.get({ model: 'gpt-4o' })).name, 'models/gpt-4o');
  });

  it('takes the key in the address, in both versions of the API, and in the spelling of protobuf', async () => {
    const body = {
      contents: [{ parts: [{ text: 'say: key' }] }],
      system_instruction: { parts: [{ text: 'Be kind.' }] },
      generation_config: { max_output_tokens: 50 },
    };
    for (const version of ['v1', 'v1beta']) {
      const path = `/${version}/models/claude-sonnet:generateContent?key=${gateway.masterKey}`;
      const answer = await fetch(`${gateway.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
      assert.equal(answer.status, 200, await answer.clone().text());
      const listed = await fetch(`${gateway.url}/${version}/models?key=${gateway.masterKey}`);
      assert.ok(((await listed.json()) as { models: unknown[] }).models.length > 3);
    }
    const wrong = await fetch(`${gateway.url}/v1beta/models/gpt-4o:generateContent?key=wrong`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    assert.equal(wrong.status, 401);
    const { error } = (await wrong.json()) as { error: { status: string; code: number } };
    assert.deepEqual([error.status, error.code], ['UNAUTHENTICATED', 401]);
  });

  it('gets a growing array without alt=sse', async () => {
    const path = '/v1beta/models/deepseek-chat:streamGenerateContent';
    const answer = await gateway.post(path, { contents: [{ parts: [{ text: 'Tell me about tides.' }] }] });
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    const items = (await answer.json()) as unknown[];
    assert.ok(items.length > 2);
  });
});
