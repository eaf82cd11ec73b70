/** The loop that OpenAI's SDK runs by itself: it calls the tools, hands back the results and asks again. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import OpenAI from 'openai';
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { ownVersion } from './npm-program.ts';
import { providersOf } from './programs.ts';

const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in Dover at noon/;
const HARBOUR = { type: 'object', properties: { harbour: { type: 'string' } }, required: ['harbour'] } as const;

let house: House;
before(async () => {
  house = await openHouse();
});
after(() => house.close());

describe("OpenAI's runTools", { timeout: 60_000 }, () => {
  const tested: Journeys = { program: 'openai-run-tools', version: ownVersion('openai') };
  const harbours: string[] = [];
  const tideTable: RunnableToolFunctionWithParse<{ harbour: string }> = {
    type: 'function',
    function: {
      name: 'tide_table',
      description: 'Says when the water is high in a harbour.',
      parameters: { ...HARBOUR, required: [...HARBOUR.required] },
      parse: JSON.parse,
      function: ({ harbour }) => {
        harbours.push(harbour);
        return `high water in ${harbour} at noon`;
      },
    },
  };
  const client = () =>
    new OpenAI({ apiKey: house.gateway.masterKey, baseURL: `${house.gateway.url}/v1`, maxRetries: 0 });
  const ask = (content: string): OpenAI.ChatCompletionMessageParam => ({ role: 'user', content });

  for (const provider of providersOf('openai-run-tools')) {
    const { group: model } = provider;
    journey(tested, provider, 'tools', async () => {
      harbours.length = 0;
      const runner = client().chat.completions.runTools({ model, messages: [ask(TIDES)], tools: [tideTable] });
      assert.match((await runner.finalContent()) ?? '', HIGH_WATER);
      assert.deepEqual(harbours, ['Dover']);
      for (const completion of runner.allChatCompletions()) assert.equal(completion.model, model);
    });

    journey(tested, provider, 'stream', async () => {
      const runner = client().chat.completions.runTools({
        ...{ model, messages: [ask(TIDES)], tools: [tideTable] },
        stream: true,
      });
      let pieces = 0;
      runner.on('content', () => {
        pieces += 1;
      });
      assert.match((await runner.finalContent()) ?? '', HIGH_WATER);
      assert.ok(pieces > 3, `${pieces} pieces`);
    });

    journey(tested, provider, 'thinking', async () => {
      const runner = client().chat.completions.runTools({
        ...{ model, messages: [ask(TIDES)], tools: [tideTable] },
        reasoning_effort: 'high',
      });
      assert.match((await runner.finalContent()) ?? '', HIGH_WATER);
    });

    journey(tested, provider, 'turns', async () => {
      const tools = [tideTable];
      const first = client().chat.completions.runTools({ model, messages: [ask(TIDES)], tools });
      await first.done();
      const messages = [...first.messages, ask('What is the tide table of Calais?')];
      const second = client().chat.completions.runTools({ model, messages, tools });
      assert.match((await second.finalContent()) ?? '', /high water in Calais at noon/);
      const last = [...second.messages, ask('Say: good night')];
      const third = client().chat.completions.runTools({ model, messages: last, tools });
      assert.equal(await third.finalContent(), 'good night');
    });
  }
});
