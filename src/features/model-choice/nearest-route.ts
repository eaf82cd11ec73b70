import type { ChoiceGroup } from '../../config/choice-groups.ts';

/** The share of an example's words that a prompt has to have. */
const LEAST_OVERLAP = 0.5;
const MOST_CHARACTERS = 4_000;

/** The candidate whose example has most of its words in the prompt; undefined if none has enough. No embedding is asked for. */
export function nearestRoute(routes: ChoiceGroup['routes'], text: string): string | undefined {
  const words = wordsOf(text.slice(-MOST_CHARACTERS));
  let best: string | undefined;
  let most = LEAST_OVERLAP;
  for (const { candidate, utterances } of routes) {
    for (const utterance of utterances) {
      const wanted = wordsOf(utterance);
      let shared = 0;
      for (const word of wanted) if (words.has(word)) shared += 1;
      const overlap = wanted.size === 0 ? 0 : shared / wanted.size;
      if (overlap >= most && (best === undefined || overlap > most)) {
        best = candidate;
        most = overlap;
      }
    }
  }
  return best;
}

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []);
