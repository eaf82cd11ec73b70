/**
 * What people build with in Python over every provider: `openai` itself, OpenAI's Agents SDK and pydantic-ai with their defaults, and
 * Google's own package. The journeys of a program over one provider run in one process, because importing takes longer than they do.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { type Journey, PROGRAMS, type ProgramId, providersOf } from './programs.ts';
import { PYTHON_GENAI, PYTHON_SDKS, pinnedPackage } from './python-packages.ts';
import { type PythonPackages, pythonProgram } from './python-program.ts';

const BASIC: readonly Journey[] = ['answer', 'stream', 'tools', 'schema'];
const AGENT: readonly Journey[] = [...BASIC, 'thinking', 'turns'];

/** A program, where its package is, its file in `python/`, what is asked of it, and further arguments of the file. */
interface PythonSdk {
  readonly program: ProgramId;
  readonly from: PythonPackages;
  readonly name: string;
  readonly file: string;
  readonly journeys: readonly Journey[];
  readonly more?: readonly string[];
}

const PYDANTIC = { from: PYTHON_SDKS, name: 'pydantic-ai-slim', file: 'pydantic_ai_default.py', journeys: AGENT };
const PYTHON: readonly PythonSdk[] = [
  {
    ...{ program: 'openai-python', from: PYTHON_SDKS, name: 'openai', file: 'openai_sdk.py' },
    journeys: [...BASIC, 'errors'],
  },
  {
    ...{ program: 'agents-python', from: PYTHON_SDKS, name: 'openai-agents', file: 'agents_sdk.py' },
    journeys: AGENT,
  },
  { ...PYDANTIC, program: 'pydantic-ai', more: ['openai'] },
  { ...PYDANTIC, program: 'pydantic-ai-google', more: ['google'] },
  {
    ...{ program: 'google-genai-python', from: PYTHON_GENAI, name: 'google-genai', file: 'google_genai.py' },
    journeys: [...AGENT, 'errors'],
  },
];

for (const { program, from, name, file, journeys, more = [] } of PYTHON) {
  const installed = await pythonProgram(from);
  const tested: Journeys = { program, version: pinnedPackage(from, name) };
  describe(`${PROGRAMS[program].title} ${tested.version}`, {
    skip: 'skip' in installed ? installed.skip : false,
  }, () => {
    let house: House;
    before(async () => {
      house = await openHouse();
    });
    after(() => house.close());

    /** Runs all journeys of the file; returns what failed, by journey. */
    const tour = (group: string): Promise<Map<string, string | null>> =>
      house.withSandbox(async (sandbox) => {
        const { stdout, stderr } = await sandbox.run({
          command: 'python' in installed ? installed.python : '',
          args: [join(import.meta.dirname, 'python', file), house.gateway.url, house.gateway.masterKey, group, ...more],
          env: { PYTHONDONTWRITEBYTECODE: '1' },
          deadlineMs: 100_000,
        });
        const lines = stdout.split('\n').filter((line) => line.startsWith('{"journey"'));
        if (lines.length === 0) throw new Error(`${file} said nothing.\n${stderr}`);
        const outcomes = lines.map((line) => JSON.parse(line) as { journey: string; failure: string | null });
        return new Map(outcomes.map(({ journey: each, failure }) => [each, failure]));
      });

    for (const provider of providersOf(program)) {
      let told: Promise<Map<string, string | null>> | undefined;
      for (const asked of journeys) {
        journey(tested, provider, asked, async () => {
          told ??= tour(provider.group);
          const failure = (await told).get(asked);
          assert.equal(failure, null, failure ?? 'It did not get there.');
        });
      }
    }
  });
}
