/** Vercel's AI SDK, by each of its three packages that take a base URL, and LangChain, against every provider format. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage, SystemMessage, type ToolMessage } from '@langchain/core/messages';
import { tool as langchainTool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { embedMany, generateObject, generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { TWO_CITIES_QUESTION } from '../support/samples.ts';

let gateway: TestGateway;
before(async () => {
  // Warnings about model names that the SDK does not know are of no interest here.
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  gateway = await startTestGateway();
});
after(() => gateway.close());

const City = z.object({ city: z.string() });
/** Groups whose provider takes no schema, only JSON. */
const WITHOUT_SCHEMA: readonly string[] = ['deepseek-chat', 'glm-4.6'];

const PACKAGES: Readonly<Record<string, (model: string) => LanguageModel>> = {
  '@ai-sdk/openai': (model) => createOpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` }).chat(model),
  '@ai-sdk/openai by the Responses API': (model) =>
    createOpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` })(model),
  '@ai-sdk/openai-compatible': (model) =>
    createOpenAICompatible({
      name: 'sluice',
      apiKey: gateway.masterKey,
      baseURL: `${gateway.url}/v1`,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })(model),
  '@ai-sdk/anthropic': (model) => createAnthropic({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` })(model),
};

for (const [name, modelOf] of Object.entries(PACKAGES)) {
  describe(`the AI SDK by ${name}`, { timeout: 30_000 }, () => {
    for (const group of CHAT_GROUPS) {
      it(`generates and streams the same text with ${group}, with usage`, async () => {
        const ask = { model: modelOf(group), prompt: 'Tell me about tides.', maxRetries: 0, maxOutputTokens: 200 };
        const whole = await generateText(ask);
        assert.match(whole.text, /tides/);
        assert.equal(whole.finishReason, 'stop');
        const streamed = streamText(ask);
        let text = '';
        for await (const piece of streamed.textStream) text += piece;
        assert.equal(text, whole.text);
        assert.equal(await streamed.finishReason, 'stop');
        const usage = await streamed.usage;
        assert.ok((usage.inputTokens ?? 0) > 0);
        assert.equal(usage.inputTokens, whole.usage.inputTokens);
        assert.equal(usage.outputTokens, whole.usage.outputTokens);
      });

      it(`runs tools in parallel over two steps with ${group}, whole and streamed`, async () => {
        const ask = {
          model: modelOf(group),
          prompt: TWO_CITIES_QUESTION,
          maxRetries: 0,
          stopWhen: stepCountIs(3),
          tools: {
            get_weather: tool({
              description: 'The weather in a city',
              inputSchema: City,
              execute: ({ city }: { city: string }) => `sunny in ${city}`,
            }),
          },
        };
        const whole = await generateText(ask);
        assert.equal(whole.steps.length, 2);
        assert.match(whole.text, /sunny in Paris.*sunny in London/);
        const streamed = streamText(ask);
        assert.match(await streamed.text, /sunny in Paris.*sunny in London/);
        assert.equal((await streamed.steps).length, 2);
      });

      if (WITHOUT_SCHEMA.includes(group)) continue;
      it(`generates an object with ${group}`, async () => {
        const { object } = await generateObject({
          model: modelOf(group),
          schema: City,
          prompt: 'Which city is the capital of France? Answer in JSON.',
          maxRetries: 0,
        });
        assert.equal(typeof object.city, 'string');
      });
    }
  });
}

describe('the AI SDK embeds', { timeout: 20_000 }, () => {
  it('many texts at once', async () => {
    const openai = createOpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` });
    const { embeddings, usage } = await embedMany({
      model: openai.embedding('text-embedding-3-small'),
      values: ['sea', 'shore'],
    });
    assert.equal(embeddings.length, 2);
    assert.ok(usage.tokens > 0);
  });
});

/** LangChain's types lose its usage here. */
const tokensOf = (message: object): number | undefined =>
  (message as { usage_metadata?: { total_tokens: number } }).usage_metadata?.total_tokens;

describe('LangChain by ChatOpenAI', { timeout: 30_000 }, () => {
  const chat = (model: string): ChatOpenAI =>
    new ChatOpenAI({
      model,
      apiKey: gateway.masterKey,
      maxRetries: 0,
      configuration: { baseURL: `${gateway.url}/v1` },
    });

  for (const group of CHAT_GROUPS) {
    it(`invokes and streams ${group}, with usage`, async () => {
      const messages = [new SystemMessage('Be brief.'), new HumanMessage('say: tides come and go')];
      const whole = await chat(group).invoke(messages);
      assert.equal(whole.content, 'tides come and go');
      let text = '';
      let tokens = 0;
      for await (const chunk of await chat(group).stream(messages)) {
        text += chunk.content;
        tokens = tokensOf(chunk) ?? tokens;
      }
      assert.equal(text, 'tides come and go');
      assert.ok(tokens > 0);
      assert.equal(tokens, tokensOf(whole));
    });

    it(`binds tools to ${group} and gives their results back`, async () => {
      const weather = langchainTool(({ city }: z.infer<typeof City>) => `sunny in ${city}`, {
        name: 'get_weather',
        description: 'The weather in a city',
        schema: City,
      });
      const model = chat(group).bindTools([weather]);
      const question = new HumanMessage(TWO_CITIES_QUESTION);
      const first = await model.invoke([question]);
      const results: ToolMessage[] = [];
      for (const call of first.tool_calls ?? []) results.push(await weather.invoke({ ...call, type: 'tool_call' }));
      assert.equal(results.length, 2);
      const second = await model.invoke([question, first, ...results]);
      assert.match(String(second.content), /sunny in Paris.*sunny in London/);
    });

    if (WITHOUT_SCHEMA.includes(group)) continue;
    it(`gets structured output of ${group}`, async () => {
      const answer = await chat(group)
        .withStructuredOutput(City, { name: 'city', method: 'jsonSchema' })
        .invoke('Which city is the capital of France? Answer in JSON.');
      assert.equal(typeof answer.city, 'string');
    });
  }

  it('embeds', async () => {
    const embedder = new OpenAIEmbeddings({
      model: 'text-embedding-3-small',
      apiKey: gateway.masterKey,
      configuration: { baseURL: `${gateway.url}/v1` },
    });
    assert.equal((await embedder.embedDocuments(['sea', 'shore'])).length, 2);
  });
});
