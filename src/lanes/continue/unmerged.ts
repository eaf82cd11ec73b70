import { splitMerged } from '../translate/merge-reasoning.ts';
import type { SentSoFar } from './stream-record.ts';

/** What a client has of a stream whose reasoning was written into its text, with the two apart again. */
export function unmerged(sent: SentSoFar): SentSoFar {
  const split = splitMerged(sent.text);
  if (split === undefined) return sent;
  const { reasoning, text, isOpen } = split;
  return {
    ...sent,
    ...{ text, reasoning: reasoning + sent.reasoning, isThinkingInText: isOpen },
    texts: new Map(sent.texts).set(0, text),
  };
}
