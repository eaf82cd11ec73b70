/** Claude Code itself, against every provider: no group has the name that the provider gives the model. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { type Asked, askClaudeCode, type Told } from './claude-code.ts';
import { CLAUDE_ALIASES, type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { npmProgram, pinnedVersion } from './npm-program.ts';
import { type Journey, providersOf, type TestedProvider } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in Dover at noon/;
/** Two versions, because they differ in what they hand back: the older one drops the thinking of a model with another name. */
const VERSIONS: Readonly<Record<'claude-code' | 'claude-code-2.1.197', readonly Journey[]>> = {
  'claude-code': ['answer', 'stream', 'tools', 'search', 'thinking', 'turns', 'efforts', 'errors', 'aliases'],
  'claude-code-2.1.197': ['tools', 'turns', 'aliases'],
};
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];

for (const name of ['claude-code', 'claude-code-2.1.197'] as const) {
  const installed = await npmProgram(name);
  const folder = 'folder' in installed ? installed.folder : '';
  const tested: Journeys = { program: 'claude-code', version: pinnedVersion(name), wanted: VERSIONS[name] };

  describe(`Claude Code ${tested.version}`, {
    skip: 'skip' in installed ? installed.skip : false,
    concurrency: 2,
  }, () => {
    let house: House;
    before(async () => {
      house = await openHouse();
    });
    after(() => house.close());

    const ask = (sandbox: Sandbox, asked: Asked): Promise<Told> => askClaudeCode(folder, house, sandbox, asked);
    const askOnce = (asked: Asked): Promise<Told> => house.withSandbox((sandbox) => ask(sandbox, asked));
    const works = ({ result, isError }: Told): void => assert.equal(isError, false, result);
    const wasAsked = (words: RegExp): boolean =>
      house.gateway.simulator.requests.some(({ rawBody }) => words.test(rawBody.toString()));

    for (const provider of providersOf('claude-code')) {
      const { group: model } = provider;
      journey(tested, provider, 'answer', async () => {
        const told = await askOnce({ prompt: 'Say: good morning', model });
        works(told);
        assert.equal(told.result, 'good morning');
      });

      journey(tested, provider, 'stream', async () => {
        const told = await askOnce({ prompt: 'Say: good morning to every sailor in this part of the world', model });
        works(told);
        assert.equal(told.pieces.join(''), 'good morning to every sailor in this part of the world');
        assert.ok(told.pieces.length > 3, `${told.pieces.length} pieces`);
        assert.deepEqual([...new Set(told.models)], [model]);
      });

      journey(tested, provider, 'tools', async () => {
        const told = await askOnce({ prompt: TIDES, model });
        works(told);
        assert.deepEqual(told.calls, ['mcp__harbour__tide_table']);
        assert.match(told.result, HIGH_WATER);
      });

      journey(tested, provider, 'search', async () => {
        const told = await askOnce({ prompt: 'Search for Harbour', model, searchesTools: true });
        works(told);
        assert.deepEqual(told.calls, ['ToolSearch']);
        assert.match(told.result, /tool_reference/);
      });

      journey(tested, provider, 'thinking', () => thinksAndCalls(model, provider));

      journey(tested, provider, 'turns', () =>
        house.withSandbox(async (sandbox) => {
          const turn = (prompt: string, isNextTurn: boolean) =>
            ask(sandbox, { prompt, model, isNextTurn, thinks: true });
          const first = await turn(`Say: first words for ${model}`, false);
          const second = await turn(TIDES, true);
          const third = await turn('Say: last words', true);
          for (const told of [first, second, third]) works(told);
          assert.equal(first.result, `first words for ${model}`);
          assert.match(second.result, HIGH_WATER);
          assert.equal(third.result, 'last words');
          const whole = new RegExp(`first words for ${model}[\\s\\S]*high water in Dover at noon[\\s\\S]*last words`);
          assert.ok(wasAsked(whole), 'the provider did not get the whole conversation');
        }),
      );

      journey(tested, provider, 'efforts', async () => {
        for (const effort of EFFORTS) {
          const told = await askOnce({ prompt: `Say: with ${effort}`, model, effort });
          works(told);
          assert.equal(told.result, `with ${effort}`);
        }
      });

      journey(tested, provider, 'errors', async () => {
        const tooLong = await askOnce({ prompt: 'Say: too much', model: `${model}-too-long` });
        assert.ok(tooLong.isError);
        assert.match(tooLong.result, /prompt is too long/i);
        const unknown = await askOnce({ prompt: 'Say: hello', model: `${model}-of-yesterday` });
        assert.ok(unknown.isError);
        assert.match(unknown.result, /model/i);
      });
      if (provider.id !== 'anthropic') continue;

      journey(tested, provider, 'aliases', async () => {
        for (const alias of Object.keys(CLAUDE_ALIASES)) await thinksAndCalls(alias, provider);
      });
    }

    async function thinksAndCalls(model: string, { id }: TestedProvider): Promise<void> {
      const told = await askOnce({ prompt: TIDES, model, thinks: true });
      works(told);
      assert.match(told.result, HIGH_WATER);
      assert.deepEqual([...new Set(told.models)], [model]);
      if (id === 'anthropic') assert.ok(told.thinking > 0, 'it saw no thinking');
    }
  });
}
