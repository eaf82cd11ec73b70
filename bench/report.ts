/** Writes what a run found: tables of medians with their spread, and the goals with met or missed. */
import { chunkRow } from './measure.ts';
import type { Quantity, Samples, Summary } from './samples.ts';
import type { Lane, Scenario } from './scenarios.ts';

/** What the report is made of. */
export interface Findings {
  readonly samples: Samples;
  readonly scenarios: readonly Scenario[];
  readonly chunkLanes: readonly Lane[];
  readonly targets: readonly string[];
  readonly skipped: ReadonlyMap<string, string>;
  readonly failures: ReadonlyMap<string, string>;
}

const BASE = 'nginx';
/** More requests than this share between 35 and 55 ms is a stall, not chance. */
const STALL_SHARE = 0.005;

/** A goal of the project. */
interface Goal {
  readonly name: string;
  readonly limit: string;
  readonly value: (samples: Samples) => Summary | undefined;
  readonly isMet: (value: number) => boolean;
}

const GOALS: readonly Goal[] = [
  {
    name: 'whole answer, 0.3 kB, relay: CPU to Nginx',
    limit: '≤ 4.0',
    value: (samples) => samples.ratio('cpuMicroseconds', 'relay, whole, 0.3 kB', 'sluice', BASE),
    isMet: (value) => value <= 4,
  },
  {
    name: 'streamed chunk, relay: CPU to Nginx',
    limit: '≤ 1.5',
    value: (samples) => samples.ratio('chunkMicroseconds', chunkRow('relay'), 'sluice', BASE),
    isMet: (value) => value <= 1.5,
  },
  {
    name: 'streamed chunk, translated: CPU to Nginx',
    limit: '≤ 4',
    value: (samples) => samples.ratio('chunkMicroseconds', chunkRow('translate'), 'sluice', BASE),
    isMet: (value) => value <= 4,
  },
  {
    name: "requests per CPU second to Portkey's",
    limit: '≥ 10',
    value: (samples) => samples.ratio('cpuMicroseconds', 'relay, whole, 0.3 kB', 'portkey', 'sluice'),
    isMet: (value) => value >= 10,
  },
  {
    name: 'added p99 at one connection, whole, ms',
    limit: '< 1',
    value: (samples) => samples.summary('addedP99', 'relay, whole, 0.3 kB', 'sluice'),
    isMet: (value) => value < 1,
  },
  {
    name: 'added p99 at one connection, stream, ms',
    limit: '< 1',
    value: (samples) => samples.summary('addedP99', 'relay, stream, 0.3 kB', 'sluice'),
    isMet: (value) => value < 1,
  },
];

/** The report as text. */
export function report(findings: Findings): string {
  const rows = findings.scenarios.map(({ name }) => name);
  const streams = findings.scenarios.filter(({ stream }) => stream).map(({ name }) => name);
  const chunks = findings.chunkLanes.map(chunkRow);
  const withDirect = { ...findings, targets: ['direct', ...findings.targets] };
  const parts = [
    table(findings, 'CPU of the gateway per request, µs (× Nginx, least–most)', 'cpuMicroseconds', rows, 1, true),
    table(findings, 'CPU of the gateway per streamed chunk, µs', 'chunkMicroseconds', chunks, 2, true),
    table(withDirect, 'Requests/s, 32 connections (streams: 16 tokens at once)', 'requestsPerSecond', rows, 0, true),
    table(withDirect, 'Median at one connection, ms: direct, and added to it', 'addedP50', rows, 3, false),
    table(withDirect, '99th percentile at one connection, ms: direct, and added', 'addedP99', rows, 3, false),
    table(withDirect, 'First byte at one connection, ms: direct, and added', 'addedFirstByte', streams, 3, false),
    table(findings, 'Resident memory after the run, MB', 'residentMegabytes', ['memory'], 0, true),
    stalls(findings, rows),
    goals(findings),
    notes(findings),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function table(
  { samples, targets }: Findings,
  title: string,
  quantity: Quantity,
  rows: readonly string[],
  digits: number,
  hasRatio: boolean,
): string {
  if (rows.length === 0) return '';
  const lines = rows.map((row) => [
    row,
    ...targets.map((target) => {
      const summary = samples.summary(quantity, row, target);
      if (summary === undefined) return '–';
      const ratio = hasRatio && target !== BASE ? samples.ratio(quantity, row, target, BASE) : undefined;
      const spread = ratio ?? (hasRatio ? undefined : summary);
      const text = summary.median.toFixed(digits);
      if (ratio !== undefined) return `${text} (${ratio.median.toFixed(2)}×, ${range(ratio, 2)})`;
      return spread === undefined ? text : `${text} (${range(spread, digits)})`;
    }),
  ]);
  return grid([[title, ...targets], ...lines]);
}

const range = ({ least, most }: Summary, digits: number) => `${least.toFixed(digits)}–${most.toFixed(digits)}`;

function grid(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return text.join('\n');
}

function stalls({ samples, targets }: Findings, rows: readonly string[]): string {
  const found = rows.flatMap((row) =>
    targets.flatMap((target) => {
      const share = samples.summary('stalls', row, target)?.median ?? 0;
      const directly = samples.summary('stalls', row, 'direct')?.median ?? 0;
      if (share <= directly + STALL_SHARE) return [];
      return [`  ${target}, ${row}: ${(share * 100).toFixed(1)} % of requests took about 40 ms`];
    }),
  );
  if (rows.length === 0) return '';
  return found.length === 0 ? 'Stalls of 40 ms: none.' : `Stalls of 40 ms:\n${found.join('\n')}`;
}

function goals({ samples }: Findings): string {
  const lines = GOALS.map((goal) => {
    const value = goal.value(samples);
    if (value === undefined) return [goal.name, goal.limit, '–', 'not measured'];
    return [
      goal.name,
      goal.limit,
      `${value.median.toFixed(2)} (${range(value, 2)})`,
      goal.isMet(value.median) ? 'met' : 'MISSED',
    ];
  });
  return grid([['Goal', 'limit', 'median (least–most)', ''], ...lines]);
}

function notes({ skipped, failures }: Findings): string {
  return [
    ...[...skipped].map(([target, reason]) => `Skipped: ${target}: ${reason}`),
    ...[...failures].map(([cell, reason]) => `Failed: ${cell}: ${reason}`),
  ].join('\n');
}
