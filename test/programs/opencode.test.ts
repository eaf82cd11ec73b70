/** opencode over every provider, by each of the three packages with which it speaks to a provider of one's own. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { npmProgram, pinnedVersion } from './npm-program.ts';
import { type Asked, askOpencode, type OpencodePackage, type Told } from './opencode.ts';
import { type ProgramId, providersOf } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in Dover at noon/;

// npm has a package of opencode for each system; the one for Linux is locked here, without the need for a fast processor.
const isRunnable = process.platform === 'linux' && process.arch === 'x64';
const installed = isRunnable ? await npmProgram('opencode') : { skip: 'needs Linux on x64' };
const folder = 'folder' in installed ? installed.folder : '';
const version = pinnedVersion('opencode');

const WAYS: readonly (readonly [ProgramId, OpencodePackage])[] = [
  ['opencode', '@ai-sdk/openai-compatible'],
  ['opencode-responses', '@ai-sdk/openai'],
  ['opencode-anthropic', '@ai-sdk/anthropic'],
];

describe(`opencode ${version}`, { skip: 'skip' in installed ? installed.skip : false, concurrency: 2 }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function ask(sandbox: Sandbox, asked: Asked): Promise<Told> {
    const told = await askOpencode(folder, house, sandbox, asked);
    assert.deepEqual(told.errors, []);
    return told;
  }

  for (const [program, by] of WAYS) {
    const tested: Journeys = { program, version };
    for (const provider of providersOf(program)) {
      const { group: model } = provider;
      journey(tested, provider, 'stream', () =>
        house.withSandbox(async (sandbox) => {
          const told = await ask(sandbox, { prompt: 'Say: good night', model, by });
          assert.equal(told.result, 'good night');
          assert.ok(told.inputTokens > 1_000, `${told.inputTokens} tokens`);
        }),
      );

      journey(tested, provider, 'edit', () =>
        house.withSandbox(async (sandbox) => {
          const filePath = sandbox.write('tides.txt', 'low water at noon\n');
          const change = { filePath, oldString: 'low water', newString: 'high water' };
          // It edits only what it has read before.
          await ask(sandbox, { prompt: `Call: read ${JSON.stringify({ filePath })}`, model, by });
          const told = await ask(sandbox, {
            prompt: `Call: edit ${JSON.stringify(change)}`,
            model,
            by,
            isNextTurn: true,
          });
          assert.deepEqual(told.calls, ['edit']);
          assert.equal(sandbox.read('tides.txt'), 'high water at noon\n');
        }),
      );

      journey(tested, provider, 'turns', () =>
        house.withSandbox(async (sandbox) => {
          const first = await ask(sandbox, { prompt: 'Say: first words', model, by });
          const second = await ask(sandbox, { prompt: TIDES, model, by, isNextTurn: true });
          const third = await ask(sandbox, { prompt: 'Say: last words', model, by, isNextTurn: true });
          assert.deepEqual(second.calls, ['harbour_tide_table']);
          assert.match(second.result, HIGH_WATER);
          assert.equal(third.result, 'last words');
          assert.ok(third.inputTokens > first.inputTokens, 'the third turn brings the first along');
        }),
      );
    }
  }
});
