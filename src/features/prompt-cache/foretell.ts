/** What a provider's prompt cache would do with a request whose marks are planned: pure. */

import { costOf } from '../../costs/price-of.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import type { CacheState, PromptForecast, PromptScenario } from '../../exchange/cache-forecasts.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Prompt } from '../../formats/prompt-blocks.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { MarkPlan } from './plan-marks.ts';
import type { Prefix } from './prefixes.ts';
import type { Life } from './worth.ts';

/** What is known of a block: the prompt up to its end, as the provider has it. */
interface KeptBlock {
  readonly life: Exclude<Life, undefined>;
  readonly seenMs: number;
  /** Below 0: it is over. */
  readonly expiresMs: number;
}

/** What a forecast is made of. */
interface Question {
  readonly prompt: Prompt;
  readonly prefixes: readonly Prefix[];
  readonly facts: PromptCacheFacts | undefined;
  readonly mode: PromptForecast['mode'];
  readonly plan: MarkPlan;
  /** The blocks that have a mark, and whether it is for an hour. */
  readonly marked: ReadonlyMap<number, boolean>;
  /** The provider writes the whole prompt if nothing is marked. */
  readonly writesUnmarked: boolean;
  /** Whether the gateway learns what this cache holds. */
  readonly isWatched: boolean;
  readonly tokensAt: (block: number) => number;
  readonly keptAt: (block: number) => KeptBlock | undefined;
  readonly card: RateCard | undefined;
}

/** The forecast. */
export function foretell(question: Question): PromptForecast {
  const { prompt, prefixes, facts, mode, plan, marked, tokensAt, isWatched, keptAt } = question;
  const tokens = Math.round(tokensAt(prefixes.length - 1));
  const end = endOf(question);
  const atEnd = end === undefined ? 0 : Math.min(tokens, Math.round(tokensAt(end)));
  const found = end === undefined || !isWatched ? undefined : foundUpTo(end, question, (kept) => kept.expiresMs > 0);
  const kept = found === undefined ? undefined : keptAt(found);
  const read = found === undefined ? 0 : Math.min(atEnd, Math.round(tokensAt(found)));
  const scenario = (readTokens: number, end: number): PromptScenario =>
    scenarioOf(question, { tokens, read: readTokens, end, hour: hourTokens(question, tokens) });
  const ownMarks = new Set(plan.set.map(({ block }) => block));
  return {
    mode,
    reason: plan.reason,
    marks: [...marked]
      .sort(([one], [other]) => one - other)
      .flatMap(([block, isOneHour]) => {
        const { part, role } = prompt.blocks[block] ?? {};
        if (part === undefined || role === undefined) return [];
        const by = ownMarks.has(block) ? ('gateway' as const) : ('client' as const);
        return [{ part, role, block, tokens: Math.round(tokensAt(block)), isOneHour, by }];
      }),
    removed: plan.remove.length,
    state: stateOf(question, end, found),
    evidence: kept === undefined ? undefined : { seenMs: kept.seenMs, expiresMs: kept.expiresMs },
    estimate: scenario(read, atEnd),
    cold: scenario(0, atEnd),
    warm: scenario(facts === undefined ? 0 : atEnd, atEnd),
    uncached: scenario(0, 0),
  };
}

/** The last block up to which the prompt is read or written; undefined: none. */
function endOf({ prefixes, facts, marked, writesUnmarked, tokensAt }: Question): number | undefined {
  if (facts === undefined || prefixes.length === 0) return undefined;
  const isWhole = facts.how === 'automatic' || (marked.size === 0 && writesUnmarked);
  const end = isWhole ? prefixes.length - 1 : Math.max(-1, ...marked.keys());
  return end >= 0 && tokensAt(end) >= facts.leastTokens ? end : undefined;
}

/** The last block that the provider finds of what it has: at a mark, or as far back from one as it looks. */
function foundUpTo(
  end: number,
  { prefixes, facts, marked, keptAt }: Question,
  suits: (kept: KeptBlock) => boolean,
): number | undefined {
  const pieces = (block: number): number => prefixes[block]?.pieces ?? 0;
  const looksBack = (from: number, block: number): boolean =>
    from === block || (facts?.lookBackBlocks !== undefined && pieces(from) - pieces(block) < facts.lookBackBlocks);
  for (let block = end; block >= 0; block -= 1) {
    const kept = keptAt(block);
    if (kept === undefined || !suits(kept)) continue;
    if (facts?.how === 'automatic' || marked.size === 0) return block;
    if ([...marked.keys()].some((mark) => mark >= block && looksBack(mark, block))) return block;
  }
  return undefined;
}

function stateOf(question: Question, end: number | undefined, found: number | undefined): CacheState {
  if (question.facts === undefined) return 'unknown';
  if (end === undefined) return 'disabled';
  if (!question.isWatched) return 'unknown';
  if (found === end) return 'warm';
  if (found !== undefined) return 'partial';
  return foundUpTo(end, question, () => true) === undefined ? 'cold' : 'stale';
}

/** How many tokens stand before the last mark for an hour. */
function hourTokens({ marked, tokensAt }: Question, tokens: number): number {
  const last = Math.max(-1, ...[...marked].flatMap(([block, isOneHour]) => (isOneHour ? [block] : [])));
  return last === -1 ? 0 : Math.min(tokens, Math.round(tokensAt(last)));
}

function scenarioOf(
  { facts, card }: Question,
  { tokens, read, end, hour }: { tokens: number; read: number; end: number; hour: number },
): PromptScenario {
  // A provider that caches by itself bills no write.
  const written = facts === undefined || facts.how === 'automatic' ? 0 : Math.max(0, end - read);
  const oneHour = Math.min(written, Math.max(0, hour - read));
  const usage: Usage = {
    inputTokens: tokens,
    outputTokens: 0,
    cachedInputTokens: read,
    cacheWriteTokens: written,
    cacheWriteOneHourTokens: oneHour,
    isEstimated: true,
  };
  const cost = costOf(usage, card);
  return { usage, cost: cost?.total, listed: cost?.original ?? cost?.total };
}
