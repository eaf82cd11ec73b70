import { RARITY_LEVELS } from './rarity-levels.ts';

/** The levels go from words that one passage in 165 has to those that each has; what is rarer is in none. */
const RAREST = Math.log(1 + 1_320 / 2);
const FIRST = Math.log(1 + 1_320 / 8);

const LEVELS: ReadonlyMap<string, number> = new Map(
  RARITY_LEVELS.flatMap((words, level) => words.split(' ').map((word): [string, number] => [word, level])),
);

/** How rare a word is in English texts, as the logarithm of one part in so many. */
export function rarityOf(stem: string): number {
  const level = LEVELS.get(stem);
  return level === undefined ? RAREST : FIRST * (1 - (level + 0.5) / RARITY_LEVELS.length);
}
