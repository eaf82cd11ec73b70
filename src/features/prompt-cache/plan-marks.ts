/** Where marks are set in a prompt, and why: pure, so that it can be said without sending anything. */
import type { MarkReason } from '../../exchange/cache-forecasts.ts';
import type { FoundMark, Prompt } from '../../formats/prompt-blocks.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { PromptCacheUse } from '../../snapshot/prompt-cache-use.ts';
import type { Prefix } from './prefixes.ts';
import type { Chances } from './reuse-history.ts';
import { bestLife, type CachePrices, type Life } from './worth.ts';

/** A mark that is to be set at the end of a block. */
interface PlannedMark {
  readonly block: number;
  readonly isOneHour: boolean;
}

/** What is done with the marks of one prompt. */
export interface MarkPlan {
  readonly set: readonly PlannedMark[];
  readonly remove: readonly FoundMark[];
  readonly reason: MarkReason;
}

/** What is known of a prompt when its marks are planned. */
export interface Knowledge {
  readonly prefixes: readonly Prefix[];
  /** How many tokens the prompt has up to the end of a block, about. */
  readonly tokensAt: (block: number) => number;
  /** For how long the provider keeps the prompt up to the end of a block; undefined: it does not, as far as is known. */
  readonly keptFor: (block: number) => Life;
  /** The chances that the static part, and the whole prompt, come again. */
  readonly ofStatic: Chances;
  readonly ofWhole: Chances;
  readonly prices: CachePrices;
  /** Of how many blocks writing is expected to pay for a short life; 0: of none; undefined: of all, if of any. */
  readonly cut?: number;
}

const NOTHING: readonly never[] = [];

/** Plans the marks of a prompt. */
export function planMarks(
  prompt: Prompt,
  use: Pick<PromptCacheUse, 'mode' | 'points'>,
  facts: PromptCacheFacts | undefined,
  known: Knowledge,
  countsTurnsOnly: boolean,
): MarkPlan {
  const most = facts?.mostMarks ?? 4;
  if (facts?.how === 'automatic') return { set: NOTHING, remove: NOTHING, reason: 'automatic' };
  if (use.points.length > 0) return planPoints(prompt, use.points, most, countsTurnsOnly);
  if (use.mode === 'off') return { set: NOTHING, remove: NOTHING, reason: hasMarks(prompt) ? 'client' : 'off' };
  if (facts === undefined) return { set: NOTHING, remove: NOTHING, reason: 'unknown' };
  return use.mode === 'system' ? planSystem(prompt, facts, known) : planAuto(prompt, facts, known);
}

const hasMarks = ({ blocks, wholeMark }: Prompt): boolean =>
  wholeMark !== undefined || blocks.some(({ marks }) => marks.length > 0);

/** One mark at the end of the static part; what clients mark behind it is taken off. */
function planSystem(prompt: Prompt, facts: PromptCacheFacts, known: Knowledge): MarkPlan {
  const { blocks, staticBlocks, wholeMark } = prompt;
  const remove = blocks.slice(staticBlocks).flatMap(({ marks }) => marks);
  if (wholeMark !== undefined) remove.push(wholeMark);
  if (blocks.slice(0, staticBlocks).some(({ marks }) => marks.length > 0))
    return { set: NOTHING, remove, reason: 'client' };
  const end = lastPlace(prompt, 0, staticBlocks);
  if (end === undefined) return { set: NOTHING, remove, reason: 'no-place' };
  if (known.tokensAt(end) < facts.leastTokens) return { set: NOTHING, remove, reason: 'short' };
  const life = known.keptFor(end) ?? bestLife(known.ofStatic, known.prices);
  if (life === undefined) return { set: NOTHING, remove, reason: 'rare' };
  return { set: [{ block: end, isOneHour: life === 'hour' }], remove, reason: 'marked' };
}

/** Rolling marks: at the end if the conversation is expected to go on, at what is kept already, and at the static part. */
function planAuto(prompt: Prompt, facts: PromptCacheFacts, known: Knowledge): MarkPlan {
  const { blocks, staticBlocks } = prompt;
  if (hasMarks(prompt)) {
    return { set: NOTHING, remove: NOTHING, reason: 'client' };
  }
  const isLong = (block: number): boolean => known.tokensAt(block) >= facts.leastTokens;
  const cut = known.cut ?? blocks.length;
  const end = lastPlace(prompt, staticBlocks, cut > staticBlocks ? cut : blocks.length);
  const head = lastPlace(prompt, 0, staticBlocks);
  if (end === undefined && head === undefined) return { set: NOTHING, remove: NOTHING, reason: 'no-place' };
  if (!isLong(end ?? head ?? 0)) return { set: NOTHING, remove: NOTHING, reason: 'short' };
  const lives = new Map<number, Life>();
  const kept = lastKept(prompt, known);
  const endLife = end === undefined ? undefined : (known.keptFor(end) ?? lifeOfEnd(known));
  if (end !== undefined && endLife !== undefined) lives.set(end, endLife);
  if (head !== undefined && isLong(head)) {
    // What is written up to the end is written up to the static part too: another mark in it costs nothing.
    const own = known.keptFor(head) ?? bestLife(known.ofStatic, known.prices);
    const life = own ?? (lives.size > 0 ? 'short' : undefined);
    if (life !== undefined) lives.set(head, life);
  }
  if (kept !== undefined && !lives.has(kept) && !isFound(known, kept, end, lives, facts)) {
    lives.set(kept, known.keptFor(kept));
  }
  if (lives.size === 0) return { set: NOTHING, remove: NOTHING, reason: 'rare' };
  return { set: inOrder(lives), remove: NOTHING, reason: 'marked' };
}

/** The life of the conversation's part: what does not pay for a short life may pay for an hour. */
function lifeOfEnd({ cut, ofWhole, prices }: Knowledge): Life {
  const best = bestLife(ofWhole, prices);
  return cut === undefined || best === 'hour' ? best : cut > 0 ? 'short' : undefined;
}

/** Whether the provider finds what it keeps when it looks back from the mark at the end. */
function isFound(
  { prefixes }: Knowledge,
  kept: number,
  end: number | undefined,
  lives: ReadonlyMap<number, Life>,
  { lookBackBlocks }: PromptCacheFacts,
): boolean {
  if (end === undefined || !lives.has(end) || lookBackBlocks === undefined) return false;
  return (prefixes[end]?.pieces ?? 0) - (prefixes[kept]?.pieces ?? 0) < lookBackBlocks;
}

/** Where the operator wants marks; of more than the provider takes the last ones cover most. */
function planPoints(
  prompt: Prompt,
  points: PromptCacheUse['points'],
  most: number,
  countsTurnsOnly: boolean,
): MarkPlan {
  const { blocks, wholeMark } = prompt;
  const own = blocks.reduce((sum, { marks }) => sum + marks.length, wholeMark === undefined ? 0 : 1);
  const messages = blocks.flatMap(({ part }, index) =>
    part === 'tool' || (countsTurnsOnly && index < prompt.staticBlocks) ? [] : [index],
  );
  const lives = new Map<number, Life>();
  for (const point of points) {
    const life = point.isOneHour ? 'hour' : 'short';
    for (const block of placesOf(prompt, point, messages)) {
      if (blocks[block]?.place !== undefined && blocks[block]?.marks.length === 0) lives.set(block, life);
    }
  }
  const set = inOrder(lives).slice(-Math.max(0, most - own) || lives.size);
  if (own >= most || set.length === 0)
    return { set: NOTHING, remove: NOTHING, reason: own > 0 ? 'client' : 'no-place' };
  return { set, remove: NOTHING, reason: 'points' };
}

function placesOf(
  { blocks, staticBlocks }: Prompt,
  point: PromptCacheUse['points'][number],
  messages: readonly number[],
): readonly number[] {
  if (point.at === 'tools') {
    const last = blocks.findLastIndex(({ part }) => part === 'tool');
    return last === -1 ? [] : [last];
  }
  if (point.index !== undefined) {
    const block = messages.at(point.index);
    // LiteLLM marks nothing if there are not so many messages.
    return block === undefined ? [] : [block];
  }
  const found = blocks.flatMap(({ part, role }, index) => (part !== 'tool' && role === point.role ? [index] : []));
  // Instructions that are a list of texts are one message.
  const head = found.filter((index) => index < staticBlocks);
  return [...head.slice(-1), ...found.filter((index) => index >= staticBlocks)];
}

/** Longer lives have to come before shorter ones: what stands before an hour is kept for an hour as well. */
function inOrder(lives: ReadonlyMap<number, Life>): readonly PlannedMark[] {
  const blocks = [...lives.keys()].sort((one, other) => one - other);
  const lastHour = Math.max(-1, ...blocks.filter((block) => lives.get(block) === 'hour'));
  return blocks.map((block) => ({ block, isOneHour: block <= lastHour }));
}

function lastPlace({ blocks }: Prompt, from: number, to: number): number | undefined {
  for (let index = to - 1; index >= from; index -= 1) if (blocks[index]?.place !== undefined) return index;
  return undefined;
}

function lastKept({ blocks }: Prompt, { keptFor }: Knowledge): number | undefined {
  const last = blocks.findLastIndex(({ place }, index) => place !== undefined && keptFor(index) !== undefined);
  return last === -1 ? undefined : last;
}
