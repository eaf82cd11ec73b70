/** `npm run bench -- replay`: an hour of real traffic against budgets that hold half of it, by each way to reserve. */
import { POLICIES } from './replay/policies.ts';
import { type ReplaySummary, replayTable, summarise, worstOf } from './replay/report.ts';
import { type Setup, simulate } from './replay/simulate.ts';
import { readTrace } from './replay/trace.ts';

const TRACE = new URL('../../shared/data/azure-llm-conversations.csv', import.meta.url);
const SEEDS = [1, 2, 3, 4, 5];

/** The traffic as it was, over 200 tenants that send alike. */
export const USUAL: Omit<Setup, 'seed'> = {
  tenants: 200,
  skew: 0,
  budgetShare: 0.5,
  inputError: 0.15,
  streamed: 0.5,
  pace: 1,
};

const VARIANTS: readonly (readonly [title: string, setup: Omit<Setup, 'seed'>])[] = [
  ['200 tenants that send alike', USUAL],
  ['200 tenants, the nth sends an nth of what the first does', { ...USUAL, skew: 1 }],
  ['ten times as fast: about one request of each tenant always under way', { ...USUAL, pace: 10 }],
  ['prompts guessed wrong by up to 40 %', { ...USUAL, inputError: 0.4 }],
];

/** Prints the tables; where the trace is absent it says so. */
export async function printReplay(): Promise<void> {
  const trace = readTrace(TRACE);
  if (trace === undefined) {
    process.stdout.write('replay: skipped, ../shared/data/azure-llm-conversations.csv is absent\n');
    return;
  }
  process.stdout.write(`${trace.length} requests; of ${SEEDS.length} seeds the worst, number by number\n`);
  for (const [title, setup] of VARIANTS) {
    const rows = new Map<string, ReplaySummary>();
    for (const policy of POLICIES) {
      const summaries: ReplaySummary[] = [];
      for (const seed of SEEDS) summaries.push(summarise(await simulate(trace, policy, { ...setup, seed })));
      rows.set(policy.name, worstOf(summaries));
    }
    process.stdout.write(`\n${title}\n\n${replayTable(rows)}`);
  }
}

if (import.meta.main) await printReplay();
