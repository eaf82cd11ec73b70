/** The arguments of `npm run bench`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** How a run is cut out. */
export interface BenchOptions {
  /** Measured rounds; one more before them warms up. */
  readonly rounds: number;
  /** How long `chaos` and the mixed run of `memory` go on. */
  readonly minutes: number;
  /** How many small requests `memory` sends. */
  readonly requests: number;
  /** Milliseconds of each slice of load with many connections. */
  readonly sliceMs: number;
  /** Milliseconds of each slice with one connection. */
  readonly latencyMs: number;
  /** Streams of each slice that prices a chunk. */
  readonly streams: number;
  readonly isQuick: boolean;
  /** Rows whose name holds one of these; empty: all. */
  readonly only: readonly string[];
  readonly targets: readonly string[];
  /** Another checkout whose Sluice is measured beside this one. */
  readonly against: string | undefined;
  readonly jsonFile: string | undefined;
  readonly isProfiled: boolean;
}

/** What `--help` prints. */
export const HELP = `npm run bench -- [options]
  --quick          the rows with targets only, short slices: about a minute
  --only TEXT      rows whose name holds TEXT, several with commas: "relay, stream", chunk
  --only storm     instead of rows: clients that retry against an upstream with 0, 50 and 100 % errors
  --only replay    instead of rows: an hour of real traffic against budgets (or: npm run bench -- replay)
  guard            instead of rows: how long the local guardrails take, and what they find
  answer-cache     instead of rows: what a cached answer costs beside a relayed one
  prompt-cache     instead of rows: what an hour of real traffic costs with a provider's prompt cache, by policy
  sessions         instead of rows: what agents cost with the provider's prompt cache, through the gateway and the simulator
  savings          instead of rows: what model choice, caches and compression save of one composite replay, alone and together
  semantic         instead of rows: which nearly equal questions the semantic cache tells apart, with MiniLM where Python has it
  crash            instead of rows: gateways that are killed under load, --rounds times (5) for each kind of store
  chaos            instead of rows: stores, disks and clocks fail, gateways are killed, paused and restarted, for --minutes N (3)
  memory           instead of rows: what the built package holds, after --requests N (200000) and in a mixed run of --minutes N (3)
  claims           instead of rows: what claims, the journal and limits cost, in memory, through Redis and at the front door
  --targets LIST   of bare, nginx, sluice, portkey; all by default, with --against bare and sluice
  --against PATH   another checkout of Sluice, measured in turn with this one, and the ratio of each row
  --rounds N       measured rounds, 5 by default
  --json FILE      every sample and every median as JSON
  --profile        a CPU profile of Sluice into bench/.cache/profile
`;

/** Reads the arguments; throws on one it does not know. */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      targets: { type: 'string' },
      against: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      minutes: { type: 'string', default: '3' },
      requests: { type: 'string', default: '200000' },
      json: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1_000) {
    throw new Error('--rounds takes a number from 1 to 1000');
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 600)) throw new Error('--minutes takes a number above 0, up to 600');
  const requests = Number(values.requests);
  if (!Number.isInteger(requests) || requests < 100) throw new Error('--requests takes a whole number from 100 on');
  const unknown = positionals.find(
    (name) =>
      ![
        'answer-cache',
        'chaos',
        'claims',
        'crash',
        'memory',
        'prompt-cache',
        'replay',
        'semantic',
        'sessions',
        'savings',
        'storm',
      ].includes(name),
  );
  if (unknown !== undefined) throw new Error(`nothing to measure is called ${unknown}`);
  const parts = (text: string) => text.split(/,(?! )/).filter((part) => part !== '');
  return {
    rounds,
    minutes,
    requests,
    sliceMs: values.quick ? 250 : 500,
    latencyMs: values.quick ? 150 : 300,
    streams: values.quick ? 40 : 120,
    isQuick: values.quick,
    only: positionals.length > 0 ? positionals : parts(values.only),
    targets: parts(values.targets ?? (values.against === undefined ? 'bare,nginx,sluice,portkey' : 'bare,sluice')),
    against: values.against === undefined ? undefined : resolve(values.against),
    jsonFile: values.json,
    isProfiled: values.profile,
  };
}
