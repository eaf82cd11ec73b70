/**
 * Claude Code begins its system prompt with a block for Anthropic's books (`x-anthropic-billing-header: …; cch=…`), whose hash differs with
 * every request. No other provider reads it, and before the prompt it keeps every prefix cache from ever being hit
 * (https://github.com/musistudio/claude-code-router/issues/1372 and https://github.com/anthropics/claude-code/issues/68900, 2026-11-28).
 */
import type { Dropped, ReadRequest } from '../format.ts';
import type { ConversationRequest, Part } from '../neutral/conversation.ts';

const BEGINS = /^\s*x-anthropic-billing-header:/i;

const isBilling = (part: Part): boolean => part.type === 'text' && BEGINS.test(part.text);

/** The request without that block. */
export function withoutBillingBlock(request: ConversationRequest): ReadRequest {
  const isHeld = request.turns.some(({ role, parts }) => role === 'system' && parts.some(isBilling));
  if (!isHeld) return { request, dropped: [] };
  const dropped: Dropped[] = [{ field: 'system', why: 'a block for the books of Anthropic alone', kind: 'fitted' }];
  const turns = request.turns.flatMap((turn) => {
    if (turn.role !== 'system' || !turn.parts.some(isBilling)) return [turn];
    const parts = turn.parts.flatMap((part) => withoutIt(part) ?? []);
    return parts.length === 0 ? [] : [{ ...turn, parts }];
  });
  return { request: { ...request, turns }, dropped };
}

/** In a prompt of one text it is the first line. */
function withoutIt(part: Part): Part | undefined {
  if (part.type !== 'text' || !BEGINS.test(part.text)) return part;
  const text = part.text.trimStart();
  const end = text.indexOf('\n');
  const rest = end === -1 ? '' : text.slice(end + 1).trimStart();
  return rest === '' ? undefined : { ...part, text: rest };
}
