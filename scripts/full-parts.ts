/** The parts of `npm run test:full`, and the file that holds what each said last. */

/** What one part is, as a command and as a row of the page. */
export interface FullPart {
  readonly what: string;
  readonly script: string;
  /** `MINUTES` becomes the number that `--minutes` gives. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** One sentence from everything that the part printed. */
  says(output: string, minutes: number): string;
}

/** `12 passed, 0 failed, 0 skipped`, the last line of every test run. */
const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';

/** Every part, in the order in which they run. */
export const FULL_PARTS = {
  programs: {
    what: 'Every program over all five providers ([Clients](clients.md))',
    script: 'scripts/test.ts',
    args: ['test/programs', '--timeout', '1800'],
    env: { SLUICE_FULL_PROGRAMS: '1' },
    says: lastLine,
  },
  fuzz: {
    what: 'Mutated inputs on every reader of bytes',
    script: 'test/fuzz/run.ts',
    args: ['--minutes', 'MINUTES'],
    says: (output, minutes) => {
      const found = output.match(/: after \d+ inputs, /g)?.length ?? 0;
      const counts = [...output.matchAll(/: (?:after )?(\d+) inputs/g)].map(([, count]) => Number(count));
      const inputs = counts.reduce((sum, count) => sum + count, 0).toLocaleString('en');
      return `${inputs} inputs on ${counts.length} readers in ${minutes} min, ${found} found`;
    },
  },
  memory: {
    what: 'The memory of the built package, idle and after 10,000 requests',
    script: 'scripts/test.ts',
    args: ['test/memory.test.ts'],
    says: lastLine,
  },
  reliability: {
    what: 'The reliability scenarios in their true lengths ([When an upstream fails](../guides/reliability.md))',
    script: 'scripts/test.ts',
    args: ['test/reliability', '--timeout', '900'],
    env: { SLUICE_FULL_RELIABILITY: '1' },
    says: lastLine,
  },
  chaos: {
    what: 'Redis and Postgres fail and gateways are killed under load ([The benchmark](../guides/benchmark.md))',
    script: 'bench/run.ts',
    args: ['chaos', '--minutes', 'MINUTES'],
    says: (output, minutes) => {
      const rows = output.split('\n').filter((line) => /^\| (?!what fails|-)/.test(line));
      const wrong = rows.filter((row) => !/\| *none *\|$/.test(row.trim())).length;
      return `${rows.length} failures in ${minutes} min or more, ${wrong} with something lost or doubled`;
    },
  },
} as const satisfies Readonly<Record<string, FullPart>>;

/** The name of a part, as `--only` takes it. */
export type PartId = keyof typeof FULL_PARTS;

/** What one part said when it ran last. */
export interface PartResult {
  readonly passed: boolean;
  /** A day, in UTC. */
  readonly ranOn: string;
  readonly seconds: number;
  readonly said: string;
}

/** The last result of each part. */
export interface FullResults {
  readonly parts: { [part in PartId]?: PartResult };
}

/** Where they are kept. */
export const FULL_RESULTS = 'test/results/full.json';
