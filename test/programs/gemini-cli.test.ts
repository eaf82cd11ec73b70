/**
 * Gemini CLI over every provider by Gemini's own format, with its own tools and one small tool server. With `--resume` it repeats the
 * results of earlier tool calls (0.61.0, 2026-11-28). In translation they are read once; what goes to Gemini is relayed, and refused
 * as it would be without us.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { npmProgram, pinnedVersion } from './npm-program.ts';
import { providersOf } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

const TIDES = 'What is the tide table of Dover?';
const HIGH_WATER = /high water in Dover at noon/;
const HARBOUR = join(import.meta.dirname, 'harbour-server.mjs');

const installed = await npmProgram('gemini-cli');
const skip = 'skip' in installed ? installed.skip : false;
const tested: Journeys = { program: 'gemini-cli', version: pinnedVersion('gemini-cli') };

const SETTINGS = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
  mcpServers: { harbour: { command: process.execPath, args: [HARBOUR], trust: true } },
};

describe('Gemini CLI', { skip }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  /** Asks one prompt; returns its answer and the tools that it called. */
  async function gemini(sandbox: Sandbox, model: string, prompt: string, ...more: readonly string[]) {
    sandbox.write('~/.gemini/settings.json', JSON.stringify(SETTINGS));
    const folder = join('folder' in installed ? installed.folder : '', 'node_modules/@google/gemini-cli');
    const { stdout, stderr, code } = await sandbox.run({
      command: process.execPath,
      args: [
        join(folder, 'bundle/gemini.js'),
        '--model',
        model,
        '--prompt',
        prompt,
        '--output-format',
        'json',
        ...more,
      ],
      env: {
        GEMINI_API_KEY: house.gateway.masterKey,
        GOOGLE_GEMINI_BASE_URL: house.gateway.url,
        GEMINI_CLI_TRUST_WORKSPACE: 'true',
      },
    });
    const start = stdout.indexOf('{');
    assert.ok(code === 0 && start >= 0, `${stdout}\n${stderr}`);
    const { response, stats } = JSON.parse(stdout.slice(start)) as JsonObject;
    const tools = isJsonObject(stats) && isJsonObject(stats.tools) ? stats.tools : {};
    return { response: String(response), calls: isJsonObject(tools.byName) ? Object.keys(tools.byName) : [] };
  }

  for (const provider of providersOf('gemini-cli')) {
    const { group: model } = provider;
    journey(tested, provider, 'stream', () =>
      house.withSandbox(async (sandbox) => {
        assert.equal((await gemini(sandbox, model, 'Say: good night')).response, 'good night');
      }),
    );

    journey(tested, provider, 'tools', () =>
      house.withSandbox(async (sandbox) => {
        const { response, calls } = await gemini(sandbox, model, TIDES);
        assert.match(response, HIGH_WATER);
        assert.deepEqual(calls, ['mcp_harbour_tide_table']);
      }),
    );

    if (provider.id === 'gemini') continue;
    journey(tested, provider, 'turns', () =>
      house.withSandbox(async (sandbox) => {
        const first = await gemini(sandbox, model, TIDES);
        const second = await gemini(sandbox, model, 'Say: last words', '--resume', 'latest');
        assert.match(first.response, HIGH_WATER);
        assert.match(second.response, /last words/);
      }),
    );
  }
});
