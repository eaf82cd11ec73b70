/** `npm run bench -- savings`: what each lever saves of one composite replay, alone, left out, and all together, and where they fail. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEVERS, type Lever, type Outcome, replay } from './savings/replay.ts';
import { absentFiles, type Question, readWorkload, type Workload } from './savings/workload.ts';

const GOAL = { cheaper: 0.75, quality: 0.95 };
const MAIN = fileURLToPath(new URL('../bin/sluice.cjs', import.meta.url));

/** Prints the table; sets the exit code if the goal is missed. */
export async function printSavings(): Promise<void> {
  const absent = absentFiles();
  if (absent.length > 0) {
    process.stdout.write(`skipped: ${absent.join(', ')} is absent\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'sluice-savings-'));
  try {
    await printAll(readWorkload(), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function printAll(workload: Workload, folder: string): Promise<void> {
  const baseline = bestOf(workload);
  const routerFile = calibrate(workload.learnt, workload, join(folder, 'all.json'));
  const narrow = calibrate(
    workload.learnt.filter(({ task }) => task === 'gsm'),
    workload,
    join(folder, 'gsm.json'),
  );
  const off = await replay(workload, { levers: new Set(), routerFile: undefined, baseline });
  const counts = Object.entries(off.asked).map(([kind, count]) => `${count} × ${kind}`);
  process.stdout.write(`${workload.asked.length} requests (${counts.join(', ')}); questions against ${baseline}.\n\n`);
  process.stdout.write(
    '| levers | bill, USD | cheaper | quality | questions | retrieval | repeats | the ledger says |\n|---|---|---|---|---|---|---|---|\n',
  );
  const print = (name: string, outcome: Outcome): number => {
    const cheaper = 1 - outcome.cost / off.cost;
    const share = (kind: 'question' | 'retrieval' | 'repeat'): string =>
      percent(outcome.good[kind] / Math.max(1, off.good[kind]));
    const cells = [
      ...[name, outcome.cost.toFixed(4), percent(cheaper), percent(qualityOf(outcome, off))],
      ...[share('question'), share('retrieval'), share('repeat')],
      percent(1 - outcome.cost / outcome.requested),
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
    return cheaper;
  };
  const run = (levers: readonly Lever[], router: string | undefined = routerFile): Promise<Outcome> =>
    replay(workload, { levers: new Set(levers), routerFile: router, baseline });
  print('none', off);
  for (const lever of LEVERS) print(`\`${lever}\` alone`, await run([lever]));
  for (const lever of LEVERS) print(`all but \`${lever}\``, await run(LEVERS.filter((each) => each !== lever)));
  const all = await run(LEVERS);
  const cheaper = print('all', all);
  print(
    'all, nothing learnt (no labels)',
    await replay(workload, { levers: new Set(LEVERS), routerFile: undefined, baseline }),
  );
  print('all, learnt in another domain (gsm alone)', await run(LEVERS, narrow));
  const parts = Object.entries(all.byMechanism).map(([name, saved]) => `${name} ${Number(saved).toFixed(4)}`);
  process.stdout.write(`\nBy mechanism, as the ledger of the run with all of them has it: ${parts.join(', ')} USD.\n`);
  if (cheaper >= GOAL.cheaper && qualityOf(all, off) >= GOAL.quality) return;
  process.stdout.write(`missed: ${percent(GOAL.cheaper)} cheaper at ${percent(GOAL.quality)} quality is the goal\n`);
  process.exitCode = 1;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Good answers against those without any lever. */
function qualityOf(outcome: Outcome, off: Outcome): number {
  const sum = (counts: Outcome['good']): number => Object.values(counts).reduce((all, count) => all + count, 0);
  return sum(outcome.good) / sum(off.good);
}

/** The model with the most right answers among those that models are calibrated on. */
function bestOf({ learnt }: Workload): string {
  const right = new Map<string, number>();
  for (const { models } of learnt)
    for (const [name, { ok }] of Object.entries(models)) right.set(name, (right.get(name) ?? 0) + (ok ? 1 : 0));
  return [...right].sort(([, one], [, other]) => other - one)[0]?.[0] ?? '';
}

/** Learns as an operator would. */
function calibrate(questions: readonly Question[], { pricesPath }: Workload, out: string): string {
  const data = `${out}.data.jsonl`;
  writeFileSync(data, questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  execFileSync(process.execPath, [MAIN, 'calibrate', '--data', data, '--prices', pricesPath, '--out', out], {
    // What it says is the operator's to read; of a failure it is part of the error.
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return out;
}
