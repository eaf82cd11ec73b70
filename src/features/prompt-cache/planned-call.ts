/** What is known of a call between its marks and its answer. */
import type { Exchange } from '../../exchange/exchange.ts';
import type { Prompt } from '../../formats/prompt-blocks.ts';
import type { ShownCache } from '../../formats/usage-mask.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { PromptCacheUse } from '../../snapshot/prompt-cache-use.ts';
import { type Knowledge, type MarkPlan, planMarks } from './plan-marks.ts';
import type { Prefix } from './prefixes.ts';

/** A call whose marks were planned. */
export interface PlannedCall {
  readonly cache: string;
  readonly facts: PromptCacheFacts | undefined;
  readonly prompt: Prompt;
  readonly prefixes: readonly Prefix[];
  /** The blocks that have a mark, and whether it is for an hour. */
  readonly marked: ReadonlyMap<number, boolean>;
  /** The last block of which the provider is thought to keep the prompt. */
  readonly expected: number | undefined;
  /** Whose prompt it is. */
  readonly owner: string;
  /** How many tokens of it the caller itself has there, if callers are kept apart. */
  readonly ownTokens: number | undefined;
}

/** A request as its provider reads it. */
export type Described = Pick<PlannedCall, 'cache' | 'facts' | 'prompt' | 'prefixes'>;

/** With one life for all, what is written says nothing of where. */
function ofOneLife(set: MarkPlan['set']): MarkPlan['set'] {
  const isOneHour = set.every((mark) => mark.isOneHour);
  return set.map(({ block }) => ({ block, isOneHour }));
}

/** What a caller is shown of a prompt cache that others use too: as if they had sent nothing. */
export function shownOf(call: PlannedCall | undefined): ShownCache {
  if (call === undefined) return { mostRead: 0, otherwise: undefined };
  const { facts, marked, ownTokens = 0 } = call;
  const isWritten = facts !== undefined && facts.how !== 'automatic';
  const lives = new Set(marked.values());
  if (!isWritten) return { mostRead: ownTokens, otherwise: undefined };
  return { mostRead: ownTokens, otherwise: lives.has(true) ? 'hour' : 'short', isAllHour: lives.size > 1 };
}

/** What is taken for a provider of whose cache nothing is known. */
export const NO_FACTS: PromptCacheFacts = { how: 'automatic', leastTokens: 0, write: 1, read: 1, lifeMinutes: 5 };

/** Whether the request asks OpenAI to write at breakpoints alone: it would otherwise write, and bill, the whole prompt. */
export function isExplicit(
  { reason, set }: MarkPlan,
  { mode }: PromptCacheUse,
  facts: PromptCacheFacts | undefined,
): boolean {
  if (facts?.how !== 'breakpoints') return false;
  return mode === 'system' || (mode === 'auto' && (set.length > 0 || reason === 'rare'));
}

/** The blocks that have a mark once the plan is carried out, and whether it is for an hour. */
export function markedBlocks({ blocks, wholeMark }: Prompt, plan: MarkPlan): Map<number, boolean> {
  const marked = new Map<number, boolean>();
  blocks.forEach(({ marks }, block) => {
    for (const mark of marks) if (!plan.remove.includes(mark)) marked.set(block, mark.isOneHour);
  });
  if (wholeMark !== undefined && !plan.remove.includes(wholeMark)) marked.set(blocks.length - 1, wholeMark.isOneHour);
  for (const { block, isOneHour } of plan.set) marked.set(block, isOneHour);
  return marked;
}

/** The marks of a request. */
export function planOf(
  exchange: Exchange,
  use: PromptCacheUse,
  { facts, prompt }: Described,
  known: Knowledge,
): MarkPlan {
  const countsTurnsOnly = exchange.endpoint.format === 'anthropic-messages';
  const plan = planMarks(prompt, use, facts, known, countsTurnsOnly);
  return use.isPartitioned ? { ...plan, set: ofOneLife(plan.set) } : plan;
}
