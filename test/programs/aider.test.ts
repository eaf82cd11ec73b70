/** aider over every provider: it answers, and it edits a file by what the model writes. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { providersOf } from './programs.ts';
import { PYTHON_AIDER, pinnedPackage } from './python-packages.ts';
import { pythonProgram } from './python-program.ts';
import type { Sandbox } from './sandbox.ts';

const FLAGS = ['--yes-always', '--no-git', '--no-check-update', '--no-show-release-notes', '--analytics-disable'];
FLAGS.push('--no-show-model-warnings', '--no-pretty', '--no-auto-lint', '--map-tokens', '0');

const DEADLINE_MS = 100_000;

const installed = await pythonProgram(PYTHON_AIDER);
const skip = 'skip' in installed ? installed.skip : false;
const tested: Journeys = { program: 'aider', version: pinnedPackage(PYTHON_AIDER, 'aider-chat') };

describe('aider', { skip }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function aider(sandbox: Sandbox, model: string, ...args: string[]): Promise<string> {
    // Under a name that it does not know it asks for a temperature, which models that reason refuse.
    const settings = [{ name: `openai/${model}`, use_temperature: false }];
    sandbox.write('.aider.model.settings.yml', JSON.stringify(settings));
    const { stdout, stderr, code } = await sandbox.run({
      command: 'python' in installed ? installed.python : '',
      args: ['-m', 'aider', '--model', `openai/${model}`, ...FLAGS, ...args],
      // Its own list of prices, instead of the newest from the network.
      env: {
        OPENAI_API_BASE: `${house.gateway.url}/v1`,
        OPENAI_API_KEY: house.gateway.masterKey,
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      },
      deadlineMs: DEADLINE_MS,
    });
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    return stdout;
  }

  for (const provider of providersOf('aider')) {
    const { group } = provider;
    journey(tested, provider, 'answer', () =>
      house.withSandbox(async (sandbox) => {
        const said = await aider(sandbox, group, '--no-stream', '--edit-format', 'ask', '--message', 'Say: good night');
        assert.match(said, /^good night$/m);
      }),
    );

    // A streamed answer, of which aider takes what it writes into the file.
    journey(tested, provider, 'edit', () =>
      house.withSandbox(async (sandbox) => {
        sandbox.write('tides.txt', 'low water\n');
        const words = 'Say: tides.txt\n```\nhigh water\n```\n';
        await aider(sandbox, group, 'tides.txt', '--stream', '--edit-format', 'whole', '--message', words);
        assert.equal(sandbox.read('tides.txt'), 'high water\n');
      }),
    );
  }
});
