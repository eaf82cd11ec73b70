/** `npm run bench -- chaos --minutes N`: what gateways need fails, or they are killed, again and again, and whether their books are right. */
import { formatUsd } from '../src/core/money.ts';
import { type Outage, type Weather, weather } from '../test/money/away.ts';
import { crash } from '../test/money/crash.ts';
import { startAlone, startPair } from './chaos-outages.ts';
import { rollingRestart } from './chaos-rolling.ts';

const KILLS = 2;
const ROLLING_REQUESTS = 1_000;

interface Ending {
  after(end?: unknown): void;
}

/** Repeats all kinds of failure until the minutes are over, each at least once; an exit code of 1 if anything is wrong. */
export async function printChaos(minutes: number): Promise<void> {
  const until = Date.now() + minutes * 60_000;
  print('| what fails | served, whole | failed | billed | over | lost or doubled |\n|---|---|---|---|---|---|');
  await withEndings(async (ending) => {
    const settings = [await startPair(ending), await startAlone(ending)];
    do {
      for (const stores of ['sqlite', 'redis-and-postgres'] as const) await killed(stores);
      for (const { current, outages } of settings) for (const outage of outages) await failed(current, outage);
      await rolled();
    } while (Date.now() < until);
  });
}

async function withEndings(run: (ending: Ending) => Promise<void>): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    await run({ after: (end) => void (typeof end === 'function' && ends.push(() => end())) });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function failed(current: Weather, outage: Outage): Promise<void> {
  try {
    const seen = await weather(current, outage);
    const over = seen.closedShare > 1 || seen.servedOfNothing > 0 ? 'yes' : 'no';
    const cells = [seen.served, seen.odd.length, formatUsd(seen.billed), over, seen.apart ?? 'none'];
    say(outage.name, cells, seen.odd.length > 0 || over === 'yes' || seen.apart !== undefined);
    for (const line of seen.odd.slice(0, 5)) process.stderr.write(`${outage.name}: ${line}\n`);
  } catch (error) {
    // What is not booked in the end is a result, not the end of the run.
    say(outage.name, ['?', '?', '?', '?', error instanceof Error ? error.message : String(error)], true);
  }
}

async function rolled(): Promise<void> {
  await withEndings(async (ending) => {
    const { served, failed: broken, billed, apart } = await rollingRestart(ending, ROLLING_REQUESTS);
    const isWrong = broken.length > 0 || apart !== undefined;
    say(
      'two gateways behind Nginx restarted in turn',
      [served, broken.length, formatUsd(billed), 'no', apart ?? 'none'],
      isWrong,
    );
    for (const line of broken.slice(0, 5)) process.stderr.write(`${line}\n`);
  });
}

async function killed(stores: 'sqlite' | 'redis-and-postgres'): Promise<void> {
  await withEndings(async (ending) => {
    const result = await crash({ ending, stores, mode: 'strict', rounds: KILLS });
    const wrong = result.wrong.length === 0 ? 'none' : result.wrong.join('; ');
    const cells = [result.whole, '–', formatUsd(result.billed), result.short === 0 ? 'no' : 'yes', wrong];
    say(`gateway killed ${KILLS} times, ${stores}`, cells, result.wrong.length > 0 || result.short > 0);
  });
}

function say(name: string, cells: readonly (string | number)[], isWrong: boolean): void {
  print(`| ${name} | ${cells.join(' | ')} |`);
  if (isWrong) process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
