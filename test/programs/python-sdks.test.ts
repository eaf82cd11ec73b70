/**
 * What people build with in Python over every provider: `openai` itself, OpenAI's Agents SDK and pydantic-ai with their defaults, and
 * Google's own package. The journeys of a program over one provider run in one process, because importing takes longer than they do.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { type House, openHouse } from './house.ts';
import { type Journeys, journey } from './journey.ts';
import { type Journey, type ProgramId, providersOf } from './programs.ts';
import { pythonProgram } from './python-program.ts';
import { PYTHON_SDKS } from './python-sdks.ts';

const installed = await pythonProgram(PYTHON_SDKS);
const python = 'python' in installed ? installed.python : '';
const versionOf = (name: string): string =>
  PYTHON_SDKS.packages.find((spec) => spec.replace(/\[.*\]/, '').startsWith(`${name}==`))?.split('==')[1] ?? '';

const BASIC: readonly Journey[] = ['answer', 'stream', 'tools', 'schema'];
const AGENT: readonly Journey[] = [...BASIC, 'thinking', 'turns'];

/** A program, its package, its file in `python/`, what is asked of it, and further arguments of the file. */
const PROGRAMS: readonly (readonly [ProgramId, string, string, readonly Journey[], ...string[]])[] = [
  ['openai-python', 'openai', 'openai_sdk.py', [...BASIC, 'errors']],
  ['agents-python', 'openai-agents', 'agents_sdk.py', AGENT],
  ['pydantic-ai', 'pydantic-ai-slim', 'pydantic_ai_default.py', AGENT, 'openai'],
  ['pydantic-ai-google', 'pydantic-ai-slim', 'pydantic_ai_default.py', AGENT, 'google'],
  ['google-genai-python', 'google-genai', 'google_genai.py', [...AGENT, 'errors']],
];

describe("Python's packages", { skip: 'skip' in installed ? installed.skip : false }, () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  /** Runs all journeys of a file; returns what failed, by journey. */
  const tour = (file: string, group: string, more: readonly string[]): Promise<Map<string, string | null>> =>
    house.withSandbox(async (sandbox) => {
      const { stdout, stderr } = await sandbox.run({
        command: python,
        args: [join(import.meta.dirname, 'python', file), house.gateway.url, house.gateway.masterKey, group, ...more],
        env: { PYTHONDONTWRITEBYTECODE: '1' },
        deadlineMs: 100_000,
      });
      const lines = stdout.split('\n').filter((line) => line.startsWith('{"journey"'));
      if (lines.length === 0) throw new Error(`${file} said nothing.\n${stderr}`);
      return new Map(
        lines.map((line) => {
          const { journey, failure } = JSON.parse(line) as { journey: string; failure: string | null };
          return [journey, failure];
        }),
      );
    });

  for (const [program, name, file, journeys, ...more] of PROGRAMS) {
    const tested: Journeys = { program, version: versionOf(name) };
    for (const provider of providersOf(program)) {
      let told: Promise<Map<string, string | null>> | undefined;
      for (const asked of journeys) {
        journey(tested, provider, asked, async () => {
          told ??= tour(file, provider.group, more);
          const outcomes = await told;
          assert.equal(outcomes.get(asked), null, `${outcomes.get(asked) ?? 'It did not get there.'}`);
        });
      }
    }
  }
});
