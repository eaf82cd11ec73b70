/**
 * `npm run test:full`: what takes too long for every change. Programs over all providers, fuzzing, memory, the reliability scenarios in
 * their true lengths, and chaos. `-- --only programs,fuzz` runs some parts, `-- --minutes 5` makes fuzzing and chaos longer.
 * What each part said last is kept in test/results and shown in docs/reference/test-full.md and docs/reference/clients.md.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Outcome } from '../test/programs/journey.ts';
import {
  FULL_PARTS,
  FULL_RESULTS,
  type FullPart,
  type FullResults,
  type PartId,
  type PartResult,
} from './full-parts.ts';
import { PROGRAM_RESULTS, type ProgramResults } from './program-results.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: { only: { type: 'string' }, minutes: { type: 'string', default: '1' } },
});

const known = Object.keys(FULL_PARTS) as PartId[];
const wanted = values.only === undefined ? known : known.filter((part) => values.only?.split(',').includes(part));
const today = new Date().toISOString().slice(0, 10);
const outcomes = mkdtempSync(join(tmpdir(), 'sluice-program-outcomes-'));
const results: FullResults = { parts: { ...(readJson<FullResults>(FULL_RESULTS)?.parts ?? {}) } };

try {
  for (const part of wanted) results.parts[part] = await runPart(part);
  if (wanted.includes('programs')) keepOutcomes();
  write(FULL_RESULTS, results);
} finally {
  rmSync(outcomes, { recursive: true, force: true });
}
spawnSync(process.execPath, [join(root, 'scripts/generate.ts')], { cwd: root, stdio: 'inherit' });
for (const part of wanted) process.stdout.write(`${part}: ${results.parts[part]?.said}\n`);
process.exitCode = wanted.length > 0 && wanted.every((part) => results.parts[part]?.passed === true) ? 0 : 1;

/** Runs one part, shows what it says, and keeps its last line. */
async function runPart(part: PartId): Promise<PartResult> {
  const { script, args, env = {}, says }: FullPart = FULL_PARTS[part];
  const argv = [script, ...args.map((arg) => (arg === 'MINUTES' ? values.minutes : arg))];
  process.stdout.write(`\n${part}: node ${argv.join(' ')}\n`);
  const startedAt = performance.now();
  const child = spawn(process.execPath, argv, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', ...env, SLUICE_PROGRAM_RESULTS: outcomes },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    passed: code === 0,
    ranOn: today,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    said: says(output, Number(values.minutes)),
  };
}

/** Joins what the processes of the test run wrote down. */
function keepOutcomes(): void {
  const lines = globSync('*.jsonl', { cwd: outcomes }).flatMap((file) =>
    readFileSync(join(outcomes, file), 'utf8').trim().split('\n'),
  );
  const all = lines.map((line) => JSON.parse(line) as Outcome);
  const key = ({ program, version, provider, journey }: Outcome) => [program, version, provider, journey].join(' ');
  // Programs that this run could not drive keep what became of them last.
  const driven = new Set(all.map(({ program }) => program));
  const earlier = readJson<ProgramResults>(PROGRAM_RESULTS)?.outcomes ?? [];
  all.push(...earlier.filter(({ program }) => !driven.has(program)));
  all.sort((left, right) => key(left).localeCompare(key(right), 'en'));
  const kept: ProgramResults = { ranOn: today, outcomes: all };
  write(PROGRAM_RESULTS, kept);
}

function readJson<T>(path: string): T | undefined {
  return existsSync(join(root, path)) ? (JSON.parse(readFileSync(join(root, path), 'utf8')) as T) : undefined;
}

function write(path: string, value: unknown): void {
  mkdirSync(join(root, 'test/results'), { recursive: true });
  writeFileSync(join(root, path), `${JSON.stringify(value, null, 2)}\n`);
}
