/** The loop that Anthropic's SDK runs by itself, over message threads unless the gateway refuses them as the provider would. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
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

describe("Anthropic's toolRunner", { timeout: 60_000 }, () => {
  const tested: Journeys = { program: 'anthropic-tool-runner', version: ownVersion('@anthropic-ai/sdk') };
  const harbours: string[] = [];
  const tideTable = betaTool({
    name: 'tide_table',
    description: 'Says when the water is high in a harbour.',
    inputSchema: HARBOUR,
    run: ({ harbour }) => {
      harbours.push(harbour);
      return `high water in ${harbour} at noon`;
    },
  });
  const client = () => new Anthropic({ authToken: house.gateway.masterKey, baseURL: house.gateway.url, maxRetries: 0 });
  const wordsOf = (content: readonly Anthropic.Beta.BetaContentBlock[]): string =>
    content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const settings = (model: string) => ({
    model,
    max_tokens: 4_000,
    tools: [tideTable],
    messages: [{ role: 'user' as const, content: TIDES }],
  });

  for (const provider of providersOf('anthropic-tool-runner')) {
    const { group: model } = provider;
    journey(tested, provider, 'tools', async () => {
      harbours.length = 0;
      const message = await client().beta.messages.toolRunner(settings(model));
      assert.deepEqual(harbours, ['Dover']);
      assert.match(wordsOf(message.content), HIGH_WATER);
      assert.equal(message.model, model);
    });

    journey(tested, provider, 'stream', async () => {
      const texts: string[] = [];
      for await (const stream of client().beta.messages.toolRunner({ ...settings(model), stream: true })) {
        let text = '';
        for await (const event of stream) {
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
        }
        texts.push(text);
      }
      assert.equal(texts.length, 2);
      assert.match(texts[1] ?? '', HIGH_WATER);
    });

    journey(tested, provider, 'thinking', async () => {
      const thinking = { type: 'enabled', budget_tokens: 2_000 } as const;
      const message = await client().beta.messages.toolRunner({ ...settings(model), thinking });
      assert.match(wordsOf(message.content), HIGH_WATER);
    });

    journey(tested, provider, 'turns', async () => {
      const runner = client().beta.messages.toolRunner(settings(model));
      const first = await runner;
      const messages = [...runner.params.messages, { role: first.role, content: first.content }];
      const again = { role: 'user' as const, content: 'What is the tide table of Calais?' };
      const second = client().beta.messages.toolRunner({ ...settings(model), messages: [...messages, again] });
      assert.match(wordsOf((await second).content), /high water in Calais at noon/);
      const last = { role: 'user' as const, content: 'Say: good night' };
      const third = await client().beta.messages.toolRunner({
        ...settings(model),
        messages: [...second.params.messages, last],
      });
      assert.equal(wordsOf(third.content), 'good night');
    });
  }
});
