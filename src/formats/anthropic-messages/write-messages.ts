/**
 * Turns → `system` and `messages`. Anthropic wants what OpenAI's format does not promise: instructions apart, roles that
 * alternate, a first message by the user, results of tools at the front of the message after their calls, nothing empty.
 */
import type { JsonObject } from '../../core/json.ts';
import type { Turn } from '../neutral/conversation.ts';
import { type Drop, plainText, writeBlocks, writeExtra } from './write-content.ts';

/** The user's turn to add if a conversation begins with the assistant or holds instructions alone: Anthropic refuses both. */
const ABSENT_USER = '.';

const NO_PLACES: ReadonlySet<number> = new Set();

interface Message {
  readonly role: 'user' | 'assistant' | 'system';
  /** Its own list: blocks of turns that follow are added. */
  readonly blocks: JsonObject[];
  extra: JsonObject;
}

const isInstruction = (turn: Turn): boolean => turn.role === 'system' || turn.role === 'developer';
const isThinking = (block: JsonObject): boolean => block.type === 'thinking' || block.type === 'redacted_thinking';

/** Results first, in their order: Anthropic refuses a message that answers a call after other content. */
function resultsFirst(blocks: readonly JsonObject[]): JsonObject[] {
  const isResult = (block: JsonObject): boolean => block.type === 'tool_result';
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
}

/**
 * Instructions in the middle of a conversation keep their place. Models that know `role: "system"` in `messages` get them
 * as such if that is allowed: directly after a user message, and before an assistant's or the end (platform.claude.com,
 * mid-conversation-system-messages, 2026-11). Otherwise they go into the user's turn between `<system>` tags.
 */
function wrapInstructions(blocks: readonly JsonObject[]): JsonObject[] {
  return blocks.map((block) =>
    block.type === 'text' && typeof block.text === 'string'
      ? { ...block, text: `<system>\n${block.text}\n</system>` }
      : block,
  );
}

/** The places of instructions that are followed by an assistant's turn, or by no turn but instructions. */
function placesThatStandAlone(turns: readonly Turn[]): ReadonlySet<number> {
  const places = new Set<number>();
  let next: Turn | undefined;
  for (let index = turns.length - 1; index >= 0; index -= 1) {
    const turn = turns[index];
    if (turn !== undefined && !isInstruction(turn)) next = turn;
    else if (next === undefined || next.role === 'assistant') places.add(index);
  }
  return places;
}

function push(messages: Message[], role: Message['role'], blocks: JsonObject[], extra: JsonObject): void {
  const last = messages.at(-1);
  if (last?.role === role && (role !== 'system' || (isEmpty(extra) && isEmpty(last.extra)))) {
    for (const block of blocks) last.blocks.push(block);
    last.extra = { ...last.extra, ...extra };
  } else {
    messages.push({ role, blocks, extra });
  }
}

const isEmpty = (object: JsonObject): boolean => Object.keys(object).length === 0;

/** Trailing white space of a prefill is refused: `final assistant content cannot end with trailing whitespace`. */
function trimPrefill(messages: Message[]): void {
  const last = messages.at(-1);
  const block = last?.blocks.at(-1);
  if (last?.role !== 'assistant' || block?.type !== 'text' || typeof block.text !== 'string') return;
  last.blocks[last.blocks.length - 1] = { ...block, text: block.text.trimEnd() };
}

/** What the target takes, as far as messages are concerned. */
interface MessageRules {
  readonly systemInMessages: boolean;
  /** Manual thinking is on: each assistant message that thinks must begin with its thoughts. */
  readonly thoughtsFirst: boolean;
}

/** Writes the two members that hold the conversation. */
export function writeMessages(
  turns: readonly Turn[],
  rules: MessageRules,
  drop: Drop,
): { system?: JsonObject[]; messages: JsonObject[] } {
  const firstOther = turns.findIndex((turn) => !isInstruction(turn));
  const leading = firstOther === -1 ? turns.length : firstOther;
  const system: JsonObject[] = [];
  const messages: Message[] = [];
  const alone = rules.systemInMessages ? placesThatStandAlone(turns) : NO_PLACES;
  turns.forEach((turn, index) => {
    // What a user says cannot be left out; of an answer that another model gave, it can.
    const dropPart: Drop =
      turn.role === 'assistant' ? (field, why, kind) => drop(field, why, kind === 'refused' ? 'unknown' : kind) : drop;
    const blocks = writeBlocks(turn.parts, `messages[${index}]`, dropPart);
    const extra = writeExtra(turn.extra);
    if (index < leading) {
      system.push(...blocks);
      return;
    }
    // A message of Anthropic's own without content may still say something in its other members.
    if (blocks.length === 0 && isEmpty(extra)) return;
    if (!isInstruction(turn)) push(messages, turn.role === 'assistant' ? 'assistant' : 'user', blocks, extra);
    else if (alone.has(index) && messages.length > 0 && messages.at(-1)?.role !== 'assistant')
      push(messages, 'system', blocks, extra);
    else {
      drop(`messages[${index}]`, 'This model takes no instructions here: they are in the turn of the user.', 'fitted');
      push(messages, 'user', wrapInstructions(blocks), {});
    }
  });
  trimPrefill(messages);
  if (messages[0]?.role !== 'user') {
    messages.unshift({ role: 'user', blocks: [{ type: 'text', text: ABSENT_USER }], extra: {} });
  }
  return {
    ...(system.length > 0 && { system }),
    messages: messages.map(({ role, blocks, extra }) => {
      let ordered = blocks;
      if (role === 'user') ordered = resultsFirst(blocks);
      else if (rules.thoughtsFirst && !isThinking(blocks[0] ?? {})) {
        ordered = [...blocks.filter(isThinking), ...blocks.filter((block) => !isThinking(block))];
      }
      return { role, content: plainText(ordered) ?? ordered, ...extra };
    }),
  };
}
