/** The thread that counts tokens: loading the vocabulary takes 0.1 s and 75 MB, which must not delay requests. */
import { parentPort } from 'node:worker_threads';
import { countTokens, setMergeCacheSize } from 'gpt-tokenizer/encoding/o200k_base';
import { estimateTokens, type TextWindows } from './token-estimate.ts';

/** A question to the thread. */
export interface CountQuestion extends TextWindows {
  /** Computing time after which the rest is estimated. */
  readonly limitMs: number;
}

/** What the thread says: that it has loaded the vocabulary, and the tokens that a question asked for. */
export type CountAnswer = 'ready' | { readonly tokens: number };

// Tokens like <|endoftext|> count as plain text.
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };
/** The library remembers how it split words, 100,000 by default: with long words that is memory that a client decides on. */
const REMEMBERED_WORDS = 2_000;

const port = parentPort;
if (port !== null) {
  setMergeCacheSize(REMEMBERED_WORDS);
  port.on('message', ({ limitMs, ...text }: CountQuestion) => {
    const before = process.threadCpuUsage();
    const tokens = estimateTokens(text, {
      count: (piece) => countTokens(piece, PLAIN_TEXT),
      spentMs: () => {
        const { user, system } = process.threadCpuUsage(before);
        return (user + system) / 1_000;
      },
      limitMs,
      random: Math.random,
    });
    say({ tokens });
  });
  say('ready');
}

function say(answer: CountAnswer): void {
  port?.postMessage(answer);
}
