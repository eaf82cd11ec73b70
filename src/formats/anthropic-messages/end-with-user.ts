/**
 * From 4.6 on Claude does not continue a turn of the assistant: the last message has to be the user's
 * (https://platform.claude.com/docs/en/about-claude/models/migration-guide, 2026-11-29), and so for every Claude that thinks. In OpenAI's
 * and Gemini's formats an assistant's turn at the end is not a beginning of the answer: another turn follows it, and agents send such
 * requests (https://github.com/anomalyco/opencode/pull/25725, 2026-11-29). So a word of the user asks for that turn. A client that means
 * the beginning of the answer joins it with what comes, which would be wrong by what the model repeats: that is refused.
 */
import type { ConversationRequest, Part, Turn } from '../neutral/conversation.ts';
import type { Drop } from './write-content.ts';

const GO_ON: Turn = { role: 'user', parts: [{ type: 'text', text: 'Continue.' }] };

/** The turns as a model takes them that continues none. */
export function endWithUser({ turns, extensions }: ConversationRequest, drop: Drop): readonly Turn[] {
  const isOwn = extensions.format === 'anthropic-messages';
  let end = turns.length;
  while (end > 0 && isEmptyAnswer(turns[end - 1] as Turn)) end -= 1;
  const said = turns.slice(0, end);
  // A conversation without any content is the provider's to judge.
  if (end === 0) return turns;
  if (end < turns.length) drop(`messages[${end}]`, 'An empty turn at the end says nothing.', 'fitted');
  const last = said[end - 1] as Turn;
  if (last.role !== 'assistant' || last.parts.some(({ type }) => type === 'tool-call')) return said;
  const place = `messages[${end - 1}]`;
  // Anthropic tells its own clients so in its own words.
  if (isOwn) return said;
  if (isPrefix(last)) {
    drop(
      place,
      'This model does not continue an answer that has begun: the last message must be of the user.',
      'refused',
    );
    return said;
  }
  drop(place, 'This model answers users only: a word of the user follows.', 'fitted');
  return [...said, GO_ON];
}

function isEmptyAnswer({ role, parts }: Turn): boolean {
  return role === 'assistant' && parts.every(isEmptyText);
}

function isEmptyText(part: Part): boolean {
  return part.type === 'text' && part.text.trim() === '';
}

/** DeepSeek's and Mistral's word for the beginning of an answer, which LiteLLM has for all models, and Moonshot's. */
function isPrefix({ extra }: Turn): boolean {
  return extra?.fields.prefix === true || extra?.fields.partial === true;
}
