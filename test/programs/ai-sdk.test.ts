/** Vercel's AI SDK over every provider: by its default for OpenAI, which is the Responses API, and by its package for Google. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, type LanguageModel, type ModelMessage, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { npmProgram, ownVersion, pinnedVersion } from './npm-program.ts';
import { type ProgramId, providersOf } from './programs.ts';

const WORDS = 'night and day';
const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in Dover at noon/;
const Harbour = z.object({ name: z.string(), depth: z.int() });
const tools = {
  tide_table: tool({
    description: 'Says when the water is high in a harbour.',
    inputSchema: z.object({ harbour: z.string() }),
    execute: ({ harbour }: { harbour: string }) => `high water in ${harbour} at noon`,
  }),
};

/** What a package is: how it makes a model, and what it calls thinking. */
interface Package {
  readonly program: ProgramId;
  readonly version: string;
  readonly skip: string | false;
  readonly thinking: NonNullable<Parameters<typeof generateText>[0]['providerOptions']>;
  modelOf(house: House, group: string): Promise<LanguageModel>;
}

const google = await npmProgram('ai-sdk-google');

const PACKAGES: readonly Package[] = [
  {
    program: 'ai-sdk',
    version: ownVersion('@ai-sdk/openai'),
    skip: false,
    thinking: { openai: { reasoningEffort: 'high', reasoningSummary: 'auto', store: false, forceReasoning: true } },
    modelOf: async ({ gateway }, group) =>
      createOpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` })(group),
  },
  {
    program: 'ai-sdk-google',
    version: pinnedVersion('ai-sdk-google'),
    skip: 'skip' in google ? google.skip : false,
    thinking: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2_048 } } },
    async modelOf({ gateway }, group) {
      const folder = 'folder' in google ? google.folder : '';
      const entry = pathToFileURL(join(folder, 'node_modules/@ai-sdk/google/dist/index.js')).href;
      const { createGoogleGenerativeAI } = (await import(entry)) as {
        createGoogleGenerativeAI(options: { apiKey: string; baseURL: string }): (model: string) => LanguageModel;
      };
      return createGoogleGenerativeAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1beta` })(group);
    },
  },
];

for (const { program, version, skip, thinking, modelOf } of PACKAGES) {
  const tested: Journeys = { program, version };
  describe(`the AI SDK by ${program}`, { skip }, () => {
    let house: House;
    before(async () => {
      // Warnings about names of models that it does not know are of no interest here.
      Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
      house = await openHouse();
    });
    after(() => house.close());
    const settings = async (group: string) => ({ model: await modelOf(house, group), maxRetries: 0 });

    for (const provider of providersOf(program)) {
      const { group } = provider;
      journey(tested, provider, 'answer', async () => {
        const { text, usage } = await generateText({ ...(await settings(group)), prompt: `Say: ${WORDS}` });
        assert.equal(text, WORDS);
        assert.ok((usage.totalTokens ?? 0) > 0);
      });

      journey(tested, provider, 'stream', async () => {
        const { textStream, usage } = streamText({ ...(await settings(group)), prompt: `Say: ${WORDS}` });
        const pieces: string[] = [];
        for await (const piece of textStream) pieces.push(piece);
        assert.equal(pieces.join(''), WORDS);
        assert.ok(((await usage).totalTokens ?? 0) > 0);
      });

      journey(tested, provider, 'tools', async () => {
        const { text, steps } = await generateText({
          ...(await settings(group)),
          ...{ prompt: TIDES, tools, stopWhen: stepCountIs(3) },
        });
        assert.match(text, HIGH_WATER);
        assert.equal(steps.length, 2);
      });

      journey(tested, provider, 'thinking', async () => {
        const { text, steps } = streamText({
          ...(await settings(group)),
          ...{ prompt: TIDES, tools, stopWhen: stepCountIs(3), providerOptions: thinking },
        });
        assert.match(await text, HIGH_WATER);
        assert.equal((await steps).length, 2);
      });

      journey(tested, provider, 'turns', async () => {
        const talk: ModelMessage[] = [];
        const ask = async (content: string): Promise<string> => {
          talk.push({ role: 'user', content });
          const asked = { ...(await settings(group)), messages: talk, tools, stopWhen: stepCountIs(3) };
          const { text, response } = await generateText(asked);
          talk.push(...response.messages);
          return text;
        };
        assert.equal(await ask('Say: first words'), 'first words');
        assert.match(await ask(TIDES), HIGH_WATER);
        assert.equal(await ask('Say: last words'), 'last words');
      });

      journey(tested, provider, 'schema', async () => {
        const asked = { prompt: 'Describe the harbour of Dover in JSON.', output: Output.object({ schema: Harbour }) };
        const { output } = await generateText({ ...(await settings(group)), ...asked });
        Harbour.parse(output);
        Harbour.parse(await streamText({ ...(await settings(group)), ...asked }).output);
      });

      journey(tested, provider, 'errors', async () => {
        await assert.rejects(generateText({ ...(await settings(`${group}-too-long`)), prompt: 'Hello' }), {
          name: 'AI_APICallError',
          statusCode: 400,
        });
      });
    }
  });
}
