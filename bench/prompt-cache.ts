/**
 * `npm run bench -- prompt-cache`: what the input of an hour of a chat service costs with a provider's prompt cache, as a part of
 * what it costs without, by where requests go and what is marked; and what looking for prefixes costs the gateway.
 */
import { randomBytes } from 'node:crypto';
import { chainOf } from '../src/core/prompt-chain.ts';
import { type Marking, type Outcome, type Routing, replay } from './prompt-cache/replay.ts';
import { readPrompts, type TracedPrompt, withoutReuse } from './prompt-cache/trace.ts';

const MOONCAKE = '../shared/data/mooncake-conversation.jsonl';
const COUNTS = [1, 4, 16] as const;
const QUICK_SHARE = 1 / 3;

const POLICIES: readonly (readonly [name: string, routing: Routing, marking: Marking])[] = [
  ['random balancing, all is marked', 'random', 'always'],
  ['affinity, all is marked (no break-even)', 'prefix', 'always'],
  ['affinity, what was seen before is marked', 'prefix', 'seen'],
  ['**affinity, break-even learned**', 'prefix', 'learned'],
  ['… without affinity', 'random', 'learned'],
  ['… without a bound for the load', 'unbounded', 'learned'],
  ['… without learning', 'prefix', 'assumed'],
  ['foresight, but only of what was seen before', 'prefix', 'foresight-of-seen'],
  ['perfect foresight', 'prefix', 'foresight'],
];

/** A prefix of fewer than two blocks is neither written nor read. */
const STRICT = { written: 2, read: 2 };
/** What was written together is read block by block, as if the first block alone were long enough. */
const BLOCKWISE = { written: 2, read: 1 };

/** Prints the tables; where the trace is absent it says so. */
export async function printPromptCache(isQuick: boolean): Promise<void> {
  const all = readPrompts(new URL(`../${MOONCAKE}`, import.meta.url));
  if (all === undefined) process.stdout.write(`prompt-cache: skipped, ${MOONCAKE} is absent\n`);
  else {
    const prompts = isQuick ? all.slice(0, Math.floor(all.length * QUICK_SHARE)) : all;
    await printCosts(prompts, isQuick);
    await printWithoutReuse(prompts);
    await printGoals(prompts);
  }
  printHashing();
}

async function printCosts(prompts: readonly TracedPrompt[], isQuick: boolean): Promise<void> {
  const part = isQuick ? ', the first third' : '';
  process.stdout.write(
    `Input cost against no caching: an hour of a chat service (Mooncake, ${prompts.length} requests${part}), life 5 minutes, write 1.25, read 0.1,\n` +
      'blocks of 512 tokens; by number of deployments, each with a cache of its own (1: one pool).\n',
  );
  for (const [title, least] of [
    ['A prefix below 2 blocks (1,024 tokens) is neither written nor read', STRICT],
    ['At least 2 blocks are written, and a single one of them can be read', BLOCKWISE],
  ] as const) {
    const lines = ['| policy | 1 | 4 | 16 | read | written | busiest of 16 |', '|---|---|---|---|---|---|---|'];
    for (const [name, routing, marking] of POLICIES) {
      const outcomes: Outcome[] = [];
      for (const deployments of COUNTS)
        outcomes.push(await replay(prompts, { routing, marking, deployments, seed: 1, least }));
      const last = outcomes.at(-1) as Outcome;
      const costs = outcomes.map(({ cost }) => cost.toFixed(3));
      const shares = [last.read, last.written].map((share) => `${(100 * share).toFixed(1)} %`);
      lines.push(`| ${[name, ...costs, ...shares, `${last.busiest.toFixed(2)}× mean`].join(' | ')} |`);
    }
    process.stdout.write(`\n${title}\n\n${lines.join('\n')}\n`);
  }
}

/** What is wanted of the learned rule, and whether it does it. */
async function printGoals(prompts: readonly TracedPrompt[]): Promise<void> {
  const base = { routing: 'prefix', marking: 'learned', deployments: 16, seed: 1 } as const;
  const strict = await replay(prompts, { ...base, least: STRICT });
  const blockwise = await replay(prompts, { ...base, least: BLOCKWISE });
  const without = await replay(withoutReuse(prompts, 0), { ...base, least: STRICT });
  const rows: readonly (readonly [goal: string, value: number, most: number])[] = [
    ['input cost at 16, a prefix below 2 blocks is not read', strict.cost, 0.85],
    ['input cost at 16, single blocks are read', blockwise.cost, 0.85],
    ['busiest of 16 against the mean', Math.max(strict.busiest, blockwise.busiest), 1.1],
    ['input cost without reuse', without.cost, 1],
  ];
  const lines = rows.map(([goal, value, most]) => {
    // Judged as printed: four first sights that are written are less than that.
    const shown = Number(value.toFixed(3));
    const verdict = shown <= most ? 'reached' : `missed by ${(shown - most).toFixed(3)}`;
    return `| ${goal} | ${most.toFixed(2)} | ${shown.toFixed(3)} | ${verdict} |`;
  });
  process.stdout.write(`\n| goal | at most | is | |\n|---|---|---|---|\n${lines.join('\n')}\n`);
}

async function printWithoutReuse(prompts: readonly TracedPrompt[]): Promise<void> {
  const lines = ['| traffic without reuse, 16 deployments | all is marked | learned | written |', '|---|---|---|---|'];
  for (const [name, shared] of [
    ['no block comes twice', 0],
    ['all share the first block, too short to be cached', 1],
  ] as const) {
    const traffic = withoutReuse(prompts, shared);
    const base = { routing: 'prefix', deployments: 16, seed: 1, least: STRICT } as const;
    const always = await replay(traffic, { ...base, marking: 'always' });
    const learned = await replay(traffic, { ...base, marking: 'learned' });
    const cells = [name, always.cost.toFixed(4), learned.cost.toFixed(4), `${(100 * learned.written).toFixed(2)} %`];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  process.stdout.write(`\n${lines.join('\n')}\n`);
}

function printHashing(): void {
  const lines = ['| prompt | prefixes | to hash them, median |', '|---|---|---|'];
  for (const bytes of [1_000, 10_000, 100_000, 1_000_000]) {
    const prompt = [randomBytes(bytes)];
    const rounds = Math.max(50, Math.min(2_000, 100_000_000 / bytes));
    const times = Array.from({ length: rounds }, () => {
      const start = process.hrtime.bigint();
      chainOf(prompt, 'seed');
      return Number(process.hrtime.bigint() - start) / 1_000;
    }).sort((one, other) => one - other);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    lines.push(`| ${bytes / 1_000} kB | ${chainOf(prompt, 'seed').keys.length} | ${median.toFixed(0)} µs |`);
  }
  process.stdout.write(
    `\nOff, affinity by prefix costs one comparison. On, for each request once:\n\n${lines.join('\n')}\n`,
  );
}
