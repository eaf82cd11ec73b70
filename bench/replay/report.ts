/** The table of a replay. */
import type { ReplayOutcome } from './simulate.ts';

/** One row in numbers, in per cent; over several seeds the worst of them, and never their mean. */
export interface ReplaySummary {
  readonly usedPercent: number;
  readonly meanOverspendPercent: number;
  readonly worstOverspendPercent: number;
  readonly refusedPercent: number;
  readonly cutPercent: number;
  readonly leftOpen: number;
}

/** What one replay came to. A tenant whose traffic wants nothing counts nowhere. */
export function summarise({ tenants, requests, refused, cut, leftOpen }: ReplayOutcome): ReplaySummary {
  const shares = tenants
    .filter(({ budget }) => budget > 0n)
    .map(({ budget, spent }) => Number((spent * 10n ** 9n) / budget) / 1e9);
  const overspends = shares.map((share) => Math.max(0, share - 1));
  return {
    usedPercent: 100 * mean(shares.map((share) => Math.min(1, share))),
    meanOverspendPercent: 100 * mean(overspends),
    worstOverspendPercent: 100 * Math.max(...overspends),
    refusedPercent: (100 * refused) / requests,
    cutPercent: (100 * cut) / Math.max(1, requests - refused),
    leftOpen,
  };
}

/** The worst of several replays, number by number. */
export function worstOf(summaries: readonly ReplaySummary[]): ReplaySummary {
  const most = (pick: (summary: ReplaySummary) => number) => Math.max(...summaries.map(pick));
  return {
    usedPercent: Math.min(...summaries.map(({ usedPercent }) => usedPercent)),
    meanOverspendPercent: most(({ meanOverspendPercent }) => meanOverspendPercent),
    worstOverspendPercent: most(({ worstOverspendPercent }) => worstOverspendPercent),
    refusedPercent: most(({ refusedPercent }) => refusedPercent),
    cutPercent: most(({ cutPercent }) => cutPercent),
    leftOpen: most(({ leftOpen }) => leftOpen),
  };
}

/** Rows as a table in Markdown. */
export function replayTable(rows: ReadonlyMap<string, ReplaySummary>): string {
  const lines = [
    '| reserved | budget used | mean overspend | worst overspend | refused | answers cut |',
    '|---|---|---|---|---|---|',
  ];
  for (const [name, row] of rows) {
    const cells = [
      `${row.usedPercent.toFixed(1)} %`,
      `${row.meanOverspendPercent.toFixed(3)} %`,
      `${row.worstOverspendPercent.toFixed(2)} %`,
      `${row.refusedPercent.toFixed(1)} %`,
      `${row.cutPercent.toFixed(2)} %`,
    ];
    lines.push(`| ${name} | ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);
}
