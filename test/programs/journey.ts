/** One test that a program does something over a provider; what became of it is written down for docs/reference/clients.md. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { JOURNEYS, type Journey, PROGRAMS, type ProgramId, type TestedProvider } from './programs.ts';

/** What became of one journey. */
export interface Outcome {
  readonly program: ProgramId;
  readonly version: string;
  readonly provider: TestedProvider['id'];
  readonly journey: Journey;
  readonly result: 'works' | 'fails';
}

const JOURNEY_TIMEOUT_MS = 120_000;

/** A program's version, and the file that the run's outcomes go to. */
export interface Journeys {
  readonly program: ProgramId;
  readonly version: string;
  /** Only these, instead of all. */
  readonly wanted?: readonly Journey[];
}

/** Registers a test, and adds its outcome to the run's results if the run keeps any. */
export function journey(
  { program, version, wanted }: Journeys,
  { id, title }: TestedProvider,
  name: Journey,
  run: () => Promise<void>,
): void {
  if (wanted?.includes(name) === false) return;
  it(`${PROGRAMS[program].title} ${version} over ${title}: ${JOURNEYS[name]}`, {
    timeout: JOURNEY_TIMEOUT_MS,
  }, async () => {
    const write = (result: Outcome['result']) => keep({ program, version, provider: id, journey: name, result });
    try {
      await run();
    } catch (error) {
      write('fails');
      throw error;
    }
    write('works');
  });
}

function keep(outcome: Outcome): void {
  const folder = process.env.SLUICE_PROGRAM_RESULTS;
  // A file for each process, because test files run at the same time.
  if (folder !== undefined) appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(outcome)}\n`);
}
