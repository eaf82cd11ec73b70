/** `sluice try compress`: what compression makes of each request, offline. */
import { TokenCounter } from '../../costs/token-counter.ts';
import { loadCompression } from '../../features/index.ts';
import type { Arguments } from '../read-arguments.ts';
import { writeError } from '../terminal.ts';
import { LONGEST_LINE, linesOf } from './lines-of.ts';

/** So many lines may wait for their tokens to be counted. */
const MOST_WAITING = 8;
/** Counts are exact unless a request takes longer than this. */
const COUNTING_MS = 5_000;

/**
 * Reads bodies from standard input, and writes a line for each in order: the body as it would be sent, and the tokens of its texts before
 * and after. Ends with 1 if one could not be read.
 */
export async function tryCompress({ ratio }: Arguments): Promise<number> {
  const { compressOffline, warmUp } = await loadCompression();
  warmUp();
  const tokens = new TokenCounter({ computingMs: COUNTING_MS, mostMs: 2 * COUNTING_MS });
  const waiting: Promise<string>[] = [];
  let isGood = true;
  let line = 0;
  const writeFirst = async (): Promise<void> => {
    const first = await waiting.shift();
    if (first !== undefined && !process.stdout.write(first)) await drained();
  };
  try {
    for await (const text of linesOf(process.stdin)) {
      line += 1;
      if (text?.trim() === '') continue;
      const found = text === undefined ? `longer than ${LONGEST_LINE} bytes` : compressOffline(text, ratio);
      if (typeof found === 'string') {
        isGood = false;
        writeError(`line ${line}: ${found}\n`);
        waiting.push(Promise.resolve(`${JSON.stringify({ error: `line ${line}: ${found}` })}\n`));
      } else waiting.push(rowOf(found, tokens));
      if (waiting.length >= MOST_WAITING) await writeFirst();
    }
    while (waiting.length > 0) await writeFirst();
  } finally {
    await tokens.close();
  }
  return isGood ? 0 : 1;
}

type Offline = Exclude<ReturnType<Awaited<ReturnType<typeof loadCompression>>['compressOffline']>, string>;

/** The body goes out as its bytes are: what was not touched stays as it was written. */
async function rowOf({ body, wordsBefore, wordsAfter, ms }: Offline, tokens: TokenCounter): Promise<string> {
  const [before, after] = await Promise.all([tokens.count(wordsBefore), tokens.count(wordsAfter)]);
  return `{"body":${body},"before":${before},"after":${after},"ms":${ms.toFixed(2)}}\n`;
}

const drained = (): Promise<void> => new Promise((resolve) => process.stdout.once('drain', resolve));
