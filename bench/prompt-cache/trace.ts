/** The traffic that is replayed: prompts as chains of blocks. */
import { existsSync, readFileSync } from 'node:fs';
import type { PromptChain } from '../../src/core/prompt-chain.ts';

/** One request of a trace. */
export interface TracedPrompt {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Its whole blocks. What a prompt has beyond them is different once the conversation goes on. */
  readonly chain: PromptChain;
}

/** How many tokens a block has. */
export const BLOCK_TOKENS = 512;

/** Reads a trace of Mooncake's, in the order of time; undefined where there is no such file. */
export function readPrompts(file: URL): readonly TracedPrompt[] | undefined {
  if (!existsSync(file)) return undefined;
  const prompts = readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : readLine(JSON.parse(line) as TraceLine)));
  return prompts.sort((one, other) => one.atMs - other.atMs);
}

interface TraceLine {
  readonly timestamp: number;
  readonly input_length: number;
  readonly output_length: number;
  readonly hash_ids: readonly number[];
}

function readLine(line: TraceLine): TracedPrompt {
  const keys = line.hash_ids.slice(0, Math.floor(line.input_length / BLOCK_TOKENS));
  return promptOf(line.timestamp, line.input_length, line.output_length, keys);
}

function promptOf(atMs: number, inputTokens: number, outputTokens: number, keys: readonly number[]): TracedPrompt {
  const tokens = keys.map((_, index) => BLOCK_TOKENS * (index + 1));
  return { atMs, inputTokens, outputTokens, chain: { keys, tokens } };
}

/** The same requests at the same times, of which none shares more with another than its first `shared` blocks. */
export function withoutReuse(prompts: readonly TracedPrompt[], shared: number): readonly TracedPrompt[] {
  let next = 0;
  return prompts.map(({ atMs, inputTokens, outputTokens, chain }) => {
    const keys = chain.keys.map((_, index) => {
      if (index < shared) return -1 - index;
      next += 1;
      return next;
    });
    return promptOf(atMs, inputTokens, outputTokens, keys);
  });
}

/** For each block of each prompt, how long it takes until it is asked for again: what only foresight knows. */
export function nextUses(prompts: readonly TracedPrompt[]): readonly (readonly number[])[] {
  const nextAt = new Map<PromptChain['keys'][number], number>();
  const uses: number[][] = [];
  for (const { atMs, chain } of prompts.toReversed()) {
    uses.push(chain.keys.map((key) => (nextAt.get(key) ?? Number.POSITIVE_INFINITY) - atMs));
    for (const key of chain.keys) nextAt.set(key, atMs);
  }
  return uses.reverse();
}
