/** Codex itself, which speaks nothing but the Responses API, over every provider. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { type Asked, askCodex, type Told } from './codex.ts';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { npmProgram, pinnedVersion } from './npm-program.ts';
import { providersOf } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

// Codex asks everything in two messages, of which the simulator hears the last; its answers repeat what a tool said.
const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in \w+ at noon/;

const installed = await npmProgram('codex');
const folder = 'folder' in installed ? installed.folder : '';
const tested: Journeys = { program: 'codex', version: pinnedVersion('codex') };

describe(`Codex ${tested.version}`, {
  skip: 'skip' in installed ? installed.skip : false,
  concurrency: 2,
}, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  const ask = (sandbox: Sandbox, asked: Asked): Promise<Told> => askCodex(folder, house, sandbox, asked);
  const askOnce = (asked: Asked): Promise<Told> => house.withSandbox((sandbox) => ask(sandbox, asked));
  const works = ({ errors, result }: Told): void => {
    assert.deepEqual(errors, []);
    assert.notEqual(result, '');
  };

  for (const provider of providersOf('codex')) {
    const { group: model } = provider;
    journey(tested, provider, 'answer', async () => {
      const told = await askOnce({ prompt: 'Tell me about harbours.', model });
      works(told);
      assert.ok(told.inputTokens > 1_000, `${told.inputTokens} tokens`);
    });

    journey(tested, provider, 'tools', async () => {
      const told = await askOnce({ prompt: TIDES, model });
      works(told);
      assert.deepEqual(told.calls, ['tide_table']);
      assert.match(told.result, HIGH_WATER);
    });

    journey(tested, provider, 'thinking', async () => {
      const told = await askOnce({ prompt: TIDES, model, effort: 'high' });
      works(told);
      assert.deepEqual(told.calls, ['tide_table']);
      assert.match(told.result, HIGH_WATER);
    });

    journey(tested, provider, 'turns', () =>
      house.withSandbox(async (sandbox) => {
        const first = await ask(sandbox, { prompt: 'Tell me about harbours.', model, effort: 'low' });
        const second = await ask(sandbox, { prompt: TIDES, model, effort: 'low', isNextTurn: true });
        const third = await ask(sandbox, { prompt: 'Tell me more.', model, effort: 'low', isNextTurn: true });
        for (const told of [first, second, third]) works(told);
        assert.deepEqual(second.calls, ['tide_table']);
        assert.ok(third.inputTokens > first.inputTokens, 'the third turn brings the first along');
      }),
    );

    journey(tested, provider, 'errors', async () => {
      const { errors } = await askOnce({ prompt: 'Tell me about harbours.', model: `${model}-too-long` });
      assert.match(errors.join('\n'), /context/i);
    });
  }
});
