import type { ReasoningEffort } from './conversation.ts';
import { EFFORTS } from './reasoning.ts';

/**
 * The effort among those a model knows that is nearest to the one asked for: itself, else the next below, else the least above. What asks
 * for thoughts never becomes `none`. Undefined if the model knows no such word.
 */
export function nearestEffort(
  asked: ReasoningEffort,
  known: readonly ReasoningEffort[],
  spelled: Readonly<Partial<Record<ReasoningEffort, ReasoningEffort>>> = {},
): ReasoningEffort | undefined {
  if (known.includes(asked)) return asked;
  const other = spelled[asked];
  if (other !== undefined) return other;
  const thoughts = EFFORTS.filter((effort) => effort !== 'none' && known.includes(effort));
  const wanted = EFFORTS.indexOf(asked);
  return thoughts.findLast((effort) => EFFORTS.indexOf(effort) <= wanted) ?? thoughts[0];
}
