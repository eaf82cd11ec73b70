/** What an import tells people: a line for each object, and sums. */
import { once } from 'node:events';
import type { Outcome, Report, ReportLine, Summary } from '../../moving/report.ts';
import { writeOut } from '../terminal.ts';

/** Something was refused: the rest is imported, and a script should know. */
const SOME_REFUSED = 3;

const MARKS: Readonly<Record<Outcome, string>> = { added: '+', spent: '$', same: '=', left: '-', refused: '!' };

/** The exit code of an import that ran. */
export function exitCodeOf(summary: Summary): number {
  return Object.values(summary).some((counts) => (counts.refused ?? 0) > 0) ? SOME_REFUSED : 0;
}

/** Writes each line as the flags want it. */
export function reportOf(flags: { readonly json?: boolean; readonly changesOnly?: boolean }): Report {
  return async (line) => {
    if (flags.changesOnly === true && line.outcome === 'same') return;
    writeOut(flags.json === true ? `${JSON.stringify(line)}\n` : renderLine(line));
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  };
}

function renderLine({ outcome, kind, name, spentUsd, notes }: ReportLine): string {
  const spent = spentUsd === undefined ? '' : `, spent ${spentUsd} USD`;
  const all = notes.length === 0 ? '' : `: ${notes.join('; ')}`;
  return `${MARKS[outcome]} ${kind.replace('_', ' ')} ${name}${spent}${all}\n`;
}

const OUTCOMES: readonly (readonly [Outcome, string])[] = [
  ['added', 'new'],
  ['spent', 'more spent'],
  ['same', 'the same'],
  ['left', 'left out'],
  ['refused', 'refused'],
];

/** How many objects of each kind came to what. */
export function renderSummary(summary: Summary, runId: string | undefined, undo: string): string {
  const lines = Object.entries(summary).map(([kind, counts]) => {
    const parts = OUTCOMES.flatMap(([outcome, word]) =>
      counts[outcome] === undefined ? [] : [`${counts[outcome].toLocaleString('en-US')} ${word}`],
    );
    return `  ${`${kind.replace('_', ' ')}s`.padEnd(22)}${parts.join(', ')}`;
  });
  const all = lines.length === 0 ? '  nothing\n' : `${lines.join('\n')}\n`;
  return runId === undefined
    ? `\nA dry run; nothing was written. With --apply:\n${all}`
    : `\nImported as run ${runId}:\n${all}To undo it: ${undo}\n`;
}
