import type { ImportedKinds } from '../stores/contracts/imported-kinds.ts';

/** What became, or in a dry run would become, of one object. */
export type Outcome = 'added' | 'spent' | 'same' | 'left' | 'refused';

/** One line of the report of an import. */
export interface ReportLine {
  readonly outcome: Outcome;
  readonly kind: keyof ImportedKinds;
  /** What people call it; never a secret. */
  readonly name: string;
  /** What it is counted as having spent now, in USD. */
  readonly spentUsd?: string;
  readonly notes: readonly string[];
}

/** Takes the lines of a report; a promise is waited for, so that a slow reader is not run over. */
export type Report = (line: ReportLine) => void | Promise<void>;

/** How many objects of each kind came to what. */
export type Summary = Partial<Record<keyof ImportedKinds, Partial<Record<Outcome, number>>>>;
