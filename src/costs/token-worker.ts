/** The thread that counts tokens: loading the vocabulary takes 0.1 s and 75 MB, which must not delay requests. */
import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

/** A question to the thread. */
export interface CountQuestion {
  readonly id: number;
  readonly text: string;
}

/** Its answer. */
export interface CountAnswer {
  readonly id: number;
  readonly tokens: number;
}

// Tokens like <|endoftext|> count as plain text.
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

parentPort?.on('message', ({ id, text }: CountQuestion) => {
  const answer: CountAnswer = { id, tokens: countTokens(text, PLAIN_TEXT) };
  parentPort?.postMessage(answer);
});
