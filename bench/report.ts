/** Writes what a run found: tables of medians with their spread, and the goals with met or missed. */
import { chunkRow } from './measure.ts';
import type { Quantity, Samples, Summary } from './samples.ts';
import type { Lane, Scenario } from './scenarios.ts';

/** What the report is made of. */
interface Findings {
  readonly samples: Samples;
  readonly scenarios: readonly Scenario[];
  readonly chunkLanes: readonly Lane[];
  readonly targets: readonly string[];
  readonly skipped: ReadonlyMap<string, string>;
  readonly failures: ReadonlyMap<string, string>;
}

/** Ratios in the tables are to this target. */
const BASE = 'bare';
/** A heap around 40 ms of more than this share is a stall, not chance. */
const STALL_SHARE = 0.005;

/** A goal of the project: a quantity of a row at Sluice, or its ratio to another target's. */
interface Goal {
  readonly name: string;
  readonly limit: number;
  readonly isAtLeast?: true;
  readonly quantity: Quantity;
  readonly row: string;
  /** Whose share of whose; without it the quantity itself counts. */
  readonly ratio?: readonly [of: string, to: string];
}

const TO_BARE = ['sluice', BASE] as const;
const TO_NGINX = ['sluice', 'nginx'] as const;
const WHOLE = 'relay, whole, 0.3 kB';
const STREAM = 'relay, stream, 0.3 kB';
const RELAY_CHUNK = chunkRow('relay');
const TRANSLATE_CHUNK = chunkRow('translate');
const GOALS: readonly Goal[] = [
  { name: `${WHOLE}: CPU to bare`, limit: 4, quantity: 'cpuMicroseconds', row: WHOLE, ratio: TO_BARE },
  { name: `${STREAM}: CPU to bare`, limit: 4, quantity: 'cpuMicroseconds', row: STREAM, ratio: TO_BARE },
  { name: `${RELAY_CHUNK}: CPU to bare`, limit: 1.5, quantity: 'chunkMicroseconds', row: RELAY_CHUNK, ratio: TO_BARE },
  {
    name: `${TRANSLATE_CHUNK}: CPU to bare`,
    limit: 2,
    quantity: 'chunkMicroseconds',
    row: TRANSLATE_CHUNK,
    ratio: TO_BARE,
  },
  { name: `${WHOLE}: CPU to Nginx`, limit: 4, quantity: 'cpuMicroseconds', row: WHOLE, ratio: TO_NGINX },
  {
    name: `${RELAY_CHUNK}: CPU to Nginx`,
    limit: 1.5,
    quantity: 'chunkMicroseconds',
    row: RELAY_CHUNK,
    ratio: TO_NGINX,
  },
  {
    name: `${TRANSLATE_CHUNK}: CPU to Nginx`,
    limit: 4,
    quantity: 'chunkMicroseconds',
    row: TRANSLATE_CHUNK,
    ratio: TO_NGINX,
  },
  {
    name: `${WHOLE}: requests per CPU second to Portkey's`,
    limit: 10,
    isAtLeast: true,
    quantity: 'cpuMicroseconds',
    row: WHOLE,
    ratio: ['portkey', 'sluice'],
  },
  { name: `${WHOLE}: added p99, ms`, limit: 1, quantity: 'addedP99', row: WHOLE },
  { name: `${STREAM}: added p99, ms`, limit: 1, quantity: 'addedP99', row: STREAM },
];

/** The report as text. */
export function report(findings: Findings): string {
  const rows = findings.scenarios.map(({ name }) => name);
  const streams = findings.scenarios.filter(({ stream }) => stream).map(({ name }) => name);
  const chunks = findings.chunkLanes.map(chunkRow);
  const withDirect = { ...findings, targets: ['direct', ...findings.targets] };
  const parts = [
    table(findings, 'CPU of the gateway per request, µs (× bare, least–most)', 'cpuMicroseconds', rows, 1, true),
    table(findings, 'CPU of the gateway per streamed chunk, µs', 'chunkMicroseconds', chunks, 2, true),
    table(withDirect, 'Requests/s, 32 connections (streams: 16 tokens at once)', 'requestsPerSecond', rows, 0, true),
    table(withDirect, 'Median at one connection, ms: direct, and added to it', 'addedP50', rows, 3, false),
    table(withDirect, '99th percentile at one connection, ms: direct, and added', 'addedP99', rows, 3, false),
    table(withDirect, 'First byte at one connection, ms: direct, and added', 'addedFirstByte', streams, 3, false),
    table(findings, 'Resident memory after the run, MB', 'residentMegabytes', ['memory'], 0, true),
    beforeAndAfter(findings, [...rows, ...chunks]),
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

/** This checkout to the other one, row by row: below 1 it became cheaper, or, for requests per second, slower. */
function beforeAndAfter({ samples, targets }: Findings, rows: readonly string[]): string {
  if (!targets.includes('other')) return '';
  const quantities = ['cpuMicroseconds', 'chunkMicroseconds', 'requestsPerSecond'] as const;
  const lines = rows.flatMap((row) =>
    quantities.flatMap((quantity) => {
      const ratio = samples.ratio(quantity, row, 'sluice', 'other');
      if (ratio === undefined) return [];
      const quiet = samples.quietRatio(quantity, row, 'sluice', 'other');
      return [[row, quantity, ratio.median.toFixed(3), range(ratio, 3), quiet?.toFixed(3) ?? '–']];
    }),
  );
  return grid([['This checkout to the other', '', 'median', 'least–most', 'quiet'], ...lines]);
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
    const { quantity, row, ratio, limit } = goal;
    const text = goal.isAtLeast ? `≥ ${limit}` : `≤ ${limit}`;
    const value =
      ratio === undefined ? samples.summary(quantity, row, 'sluice') : samples.ratio(quantity, row, ratio[0], ratio[1]);
    if (value === undefined) return [goal.name, text, '–', '–', 'not measured'];
    const quiet = ratio === undefined ? value.quiet : samples.quietRatio(quantity, row, ratio[0], ratio[1]);
    const isMet = goal.isAtLeast ? value.median >= limit : value.median <= limit;
    const median = `${value.median.toFixed(2)} (${range(value, 2)})`;
    return [goal.name, text, median, quiet?.toFixed(2) ?? '–', isMet ? 'met' : 'MISSED'];
  });
  return grid([['Goal', 'limit', 'median (least–most)', 'quiet', ''], ...lines]);
}

function notes({ skipped, failures }: Findings): string {
  return [
    ...[...skipped].map(([target, reason]) => `Skipped: ${target}: ${reason}`),
    ...[...failures].map(([cell, reason]) => `Failed: ${cell}: ${reason}`),
  ].join('\n');
}
