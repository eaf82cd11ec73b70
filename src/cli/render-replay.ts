/** A replay, for people. */
import { printable } from '../core/printable.ts';
import { renderTable } from './render-table.ts';
import type { ReplayReport, Total } from './replay/replay-report.ts';

const MOST_ROWS = 15;
const MOST_NAMED = 3;

/** The report as text. */
export function renderReplay(report: ReplayReport): string {
  const { from, to, calls, recorded, replayed, saved_usd, outcomes } = report;
  const lines = [
    `${calls.toLocaleString('en-US')} requests from ${from.slice(0, 16)} to ${to.slice(0, 16)} UTC\n\n`,
    renderTable(
      ['', 'USD', 'median', '95 %'],
      [row('recorded', recorded), row('replayed', replayed)],
      ['left', 'point', 'right', 'right'],
    ),
    `\nSaved: ${saved_usd} USD${share(saved_usd, recorded.usd)}\n\n`,
    renderTable(
      ['', 'requests'],
      [
        ['answered where they were', count(outcomes.same)],
        ['  of them at other prices', count(report.repriced)],
        ['moved', count(outcomes.moved)],
        ['from the cache of answers', count(outcomes.cached)],
        ['refused', count(outcomes.refused)],
        ['refused then and now', count(outcomes.still_refused)],
        ['refused then, served now', count(outcomes.newly_served)],
        ['not replayed', count(outcomes.not_replayed)],
        ['without a price', count(report.unpriced)],
      ],
      ['left', 'right'],
    ),
  ];
  if (report.moves.length > 0) {
    const rows = report.moves
      .slice(0, MOST_ROWS)
      .map((each) => [each.from, each.to, count(each.calls), each.recorded_usd, each.replayed_usd]);
    lines.push('\n', renderTable(['moved from', 'to', 'requests', 'recorded USD', 'replayed USD'], rows, ALIGNS));
  }
  for (const { error, calls: refused, named } of report.refusals)
    lines.push(
      `\nRefused as ${error}: ${count(refused)} (${named.slice(0, MOST_NAMED).map(printable).join(', ')}${refused > MOST_NAMED ? ', …' : ''})\n`,
    );
  lines.push(
    '\nExpected quality: ',
    report.expected_quality === null ? 'unknown' : String(report.expected_quality),
    '\n',
  );
  lines.push('\nAssumed:\n', ...report.assumptions.map((text) => `- ${text}\n`));
  lines.push('Unknown:\n', ...report.unknown.map((text) => `- ${text}\n`));
  return lines.join('');
}

const ALIGNS = ['left', 'left', 'right', 'point', 'point'] as const;

const count = (number: number): string => number.toLocaleString('en-US');

const row = (name: string, { usd, median_ms, p95_ms }: Total): string[] => [name, usd, time(median_ms), time(p95_ms)];

const time = (ms: number | null): string => (ms === null ? '-' : `${count(ms)} ms`);

function share(saved: string, of: string): string {
  return Number(of) === 0 ? '' : ` (${((Number(saved) / Number(of)) * 100).toFixed(1)} %)`;
}
