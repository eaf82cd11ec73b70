/** `npm run bench -- replay`: an hour of real traffic against budgets that hold half of it, by each way to reserve. */
import { POLICIES } from './replay/policies.ts';
import { type ReplaySummary, replayTable, summarise, worstOf } from './replay/report.ts';
import { type Setup, simulate } from './replay/simulate.ts';
import { readTrace } from './replay/trace.ts';

const AZURE = '../shared/data/azure-llm-conversations.csv';
const MOONCAKE = '../shared/data/mooncake-conversation.jsonl';
const SEEDS = [1, 2, 3, 4, 5];

/** The traffic as it was, over 200 tenants that send alike. */
const USUAL: Omit<Setup, 'seed'> = {
  tenants: 200,
  skew: 0,
  budgetShare: 0.5,
  inputError: 0.15,
  streamed: 0.5,
  pace: 1,
};

const RUSH: Omit<Setup, 'seed'> = { ...USUAL, pace: 100, budgetShare: 0.25 };

const ROWS: readonly (readonly [file: string, title: string, setup: Omit<Setup, 'seed'>])[] = [
  [AZURE, '200 tenants that send alike', USUAL],
  [AZURE, '200 tenants, the nth sends an nth of what the first does', { ...USUAL, skew: 1 }],
  [AZURE, 'ten times as fast: about one request of each tenant always under way', { ...USUAL, pace: 10 }],
  [AZURE, 'the length of prompts guessed wrong by up to 40 %', { ...USUAL, inputError: 0.4 }],
  [AZURE, 'a rush at a hundred times the pace, with nothing learned before and budgets for a quarter', RUSH],
  [MOONCAKE, '200 tenants that send alike, prompts of 12,000 tokens', USUAL],
];

/** Prints the tables; where a trace is absent it says so. */
export async function printReplay(): Promise<void> {
  process.stdout.write(`Of ${SEEDS.length} seeds the worst, number by number.\n`);
  const absent = new Set<string>();
  for (const [file, title, setup] of ROWS) {
    const trace = readTrace(new URL(`../${file}`, import.meta.url));
    if (trace === undefined) {
      absent.add(file);
      continue;
    }
    const rows = new Map<string, ReplaySummary>();
    for (const policy of POLICIES) {
      const summaries: ReplaySummary[] = [];
      for (const seed of SEEDS) summaries.push(summarise(await simulate(trace, policy, { ...setup, seed })));
      rows.set(policy.name, worstOf(summaries));
    }
    process.stdout.write(`\n${title} (${trace.length} requests)\n\n${replayTable(rows)}`);
  }
  for (const file of absent) process.stdout.write(`\nreplay: skipped, ${file} is absent\n`);
}

if (import.meta.main) await printReplay();
