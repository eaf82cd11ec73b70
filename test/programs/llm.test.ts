/** Python's command-line program `llm` over every provider, with models of its own list. */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { PROVIDERS, providersOf } from './programs.ts';
import { PYTHON_LLM, pinnedPackage } from './python-packages.ts';
import { pythonProgram } from './python-program.ts';
import type { Sandbox } from './sandbox.ts';

const installed = await pythonProgram(PYTHON_LLM);
const skip = 'skip' in installed ? installed.skip : false;
const tested: Journeys = { program: 'llm', version: pinnedPackage(PYTHON_LLM, 'llm') };

const TOOL = 'def tide_table(harbour: str) -> str:\n    return f"high water in {harbour} at noon"\n';

describe('llm', { skip }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  async function llm(sandbox: Sandbox, ...args: string[]): Promise<string> {
    const models = PROVIDERS.map(({ group }) => ({
      ...{ model_id: group, model_name: group, api_base: `${house.gateway.url}/v1`, api_key_name: 'sluice' },
      ...{ supports_tools: true, supports_schema: true },
    }));
    // JSON is YAML.
    sandbox.write('~/llm/extra-openai-models.yaml', JSON.stringify(models));
    sandbox.write('~/llm/keys.json', JSON.stringify({ sluice: house.gateway.masterKey }));
    const { stdout, stderr, code } = await sandbox.run({
      command: 'python' in installed ? installed.python : '',
      args: ['-m', 'llm', 'prompt', ...args],
      env: { LLM_USER_PATH: `${sandbox.home}/llm` },
    });
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    return stdout.trim();
  }
  const once = (...args: string[]): Promise<string> => house.withSandbox((sandbox) => llm(sandbox, ...args));

  for (const provider of providersOf('llm')) {
    const model = ['--model', provider.group];
    journey(tested, provider, 'answer', async () => {
      assert.equal(await once(...model, '--no-stream', 'Say: good night'), 'good night');
    });

    journey(tested, provider, 'stream', async () => {
      assert.equal(await once(...model, 'Say: good night'), 'good night');
    });

    journey(tested, provider, 'tools', async () => {
      const said = await once(...model, '--functions', TOOL, 'What is the tide table of Dover?');
      assert.match(said, /high water in Dover at noon/);
    });

    journey(tested, provider, 'turns', () =>
      house.withSandbox(async (sandbox) => {
        await llm(sandbox, ...model, 'Say: first words');
        const tools = ['--functions', TOOL];
        const second = await llm(sandbox, ...model, '--continue', ...tools, 'What is the tide table of Dover?');
        assert.match(second, /high water in Dover at noon/);
        assert.equal(await llm(sandbox, ...model, '--continue', ...tools, 'Say: last words'), 'last words');
      }),
    );

    journey(tested, provider, 'schema', async () => {
      const said = await once(...model, '--schema', 'harbour, depth int', 'Describe the harbour of Dover');
      const { harbour, depth } = JSON.parse(said) as { harbour?: unknown; depth?: unknown };
      assert.equal(typeof harbour, 'string', said);
      assert.ok(Number.isInteger(depth), said);
    });
  }
});
