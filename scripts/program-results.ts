import type { Outcome } from '../test/programs/journey.ts';

/** What became of every journey in the last full run. */
export interface ProgramResults {
  /** A day, in UTC. */
  readonly ranOn: string;
  readonly outcomes: readonly Outcome[];
}

/** Where it is kept. */
export const PROGRAM_RESULTS = 'test/results/programs.json';
