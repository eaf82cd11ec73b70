/** Whether an answer that broke off can be continued by another model, and how that model is asked. */
import type { ConversationRequest, FormatId, Turn } from '../../formats/neutral/conversation.ts';
import type { SentSoFar, Unreadable } from './stream-record.ts';
import { withoutHalf } from './text-joiner.ts';

/**
 * How a model learns where to continue: its own words are the last turn (`prefill`), or a last turn asks it to
 * (`instruct`).
 */
export type ContinuationStyle = 'prefill' | 'instruct';

/** Why an answer cannot be continued. `complete`: it need not be, since only its end mark is missing. */
type WhyNot =
  | Unreadable
  | 'complete'
  | 'tool-call'
  | 'structured-output'
  | 'several-choices'
  | 'logprobs'
  | 'audio'
  | 'other-content'
  | 'no-chat';

type MayContinue = { readonly ok: true } | { readonly ok: false; readonly why: WhyNot };

/**
 * The user's turn after the text so far, for a model that takes no prefill. It names what models do wrong when they are
 * asked to continue: start over, apologise, announce. The last words are asked for once more because they prove that what
 * follows is the rest; they are taken out again.
 */
export const CONTINUE_INSTRUCTION =
  'Your answer above was interrupted. Continue it from exactly where it stops, even in the middle of a word or a sentence, ' +
  'as if there had been no interruption: add no preamble, no apology and no comment, and open no quotation or code block that ' +
  'is open already. So that both parts can be joined, begin with the last ten words above, letter for letter, and go straight on from them.';

/** Whether another model can continue what the client has. It always can if no word of the answer itself was sent. */
export function mayContinue(sent: SentSoFar, request: ConversationRequest): MayContinue {
  const why = whyNot(sent, request);
  return why === undefined ? { ok: true } : { ok: false, why };
}

function whyNot(sent: SentSoFar, request: ConversationRequest): WhyNot | undefined {
  const { sampling, output } = request;
  if (sent.unreadable !== undefined) return sent.unreadable;
  if ((sampling.choices ?? 1) > 1 || sent.choices > 1) return 'several-choices';
  if (sent.finishSeen) return 'complete';
  if (sent.hasToolCall) return 'tool-call';
  if (sent.hasOther) return 'other-content';
  // A legacy completion continues a text of which the prompt is only a part (`suffix`, `echo`).
  if (request.extensions.format === 'openai-completions') return 'no-chat';
  if (request.modalities?.includes('audio') === true) return 'audio';
  if (sent.text === '') return undefined;
  if (output !== undefined && output.type !== 'text') return 'structured-output';
  if (sampling.logprobs === true || sampling.topLogprobs !== undefined) return 'logprobs';
  return undefined;
}

/**
 * The style for a model. `takesPrefill` is what is known of the model (LiteLLM's `supports_assistant_prefill`); unknown
 * counts as no, because a model that does not continue its own words begins a new answer. A model that is asked to
 * think takes no prefill.
 */
export function styleFor(takesPrefill: boolean | undefined, request: ConversationRequest): ContinuationStyle {
  return takesPrefill === true && !thinks(request) ? 'prefill' : 'instruct';
}

function thinks({ reasoning }: ConversationRequest): boolean {
  if (reasoning === undefined || reasoning.mode === 'disabled') return false;
  if (reasoning.mode !== undefined) return true;
  return reasoning.budgetTokens !== undefined || (reasoning.effort !== undefined && reasoning.effort !== 'none');
}

/**
 * The request for the rest of an answer: the turns as they were, so that a warm prompt cache stays warm, and behind
 * them what the client has. If no text was sent yet, the request itself: the answer starts over.
 */
export function continuedRequest(
  request: ConversationRequest,
  sent: SentSoFar,
  style: ContinuationStyle,
  target?: FormatId,
): ConversationRequest {
  const turns = continuedTurns(request.turns, withoutHalf(sent.text), style, target);
  if (turns === undefined) return request;
  // A model that says its words again, or all of it, needs room for them; `leftTokens` bounds what the client gets.
  if (style === 'instruct' || request.maxOutputTokens === undefined) return { ...request, turns };
  return { ...request, maxOutputTokens: leftTokens(request, sent) ?? 1, turns };
}

/** How many tokens the answer may still have, estimated; undefined if the client set no limit. */
export function leftTokens({ maxOutputTokens }: ConversationRequest, sent: SentSoFar): number | undefined {
  return maxOutputTokens === undefined ? undefined : Math.max(1, maxOutputTokens - estimatedTokens(sent.text));
}

function continuedTurns(
  turns: readonly Turn[],
  text: string,
  style: ContinuationStyle,
  target: FormatId | undefined,
): readonly Turn[] | undefined {
  // A prefill may not end in white space (Anthropic answers 400), and no model has ended a turn with nothing else.
  const shown = style === 'prefill' ? text.trimEnd() : text;
  if (shown.trim() === '') return undefined;
  const last = turns.at(-1);
  const isOwnPrefill = last?.role === 'assistant';
  const turn: Turn = isOwnPrefill
    ? prolonged(last, shown)
    : { role: 'assistant', parts: [{ type: 'text', text: shown }] };
  const before = isOwnPrefill ? turns.slice(0, -1) : turns;
  if (style === 'instruct') {
    return [...before, turn, { role: 'user', parts: [{ type: 'text', text: CONTINUE_INSTRUCTION }] }];
  }
  // DeepSeek and Mistral continue a last message of the assistant only if it is marked (docs.litellm.ai, prefix,
  // 2026-10).
  const isMarked = target === 'openai-chat';
  return [...before, isMarked ? { ...turn, extra: { format: 'openai-chat', fields: { prefix: true } } } : turn];
}

/** The client's own prefill, of which the answer was a continuation already: both are one turn. */
function prolonged(turn: Turn, text: string): Turn {
  const part = turn.parts.at(-1);
  if (part?.type !== 'text') return { ...turn, parts: [...turn.parts, { type: 'text', text }] };
  return { ...turn, parts: [...turn.parts.slice(0, -1), { ...part, text: part.text + text }] };
}

/** The style to try next at a deployment that refused a continuation; undefined if it did not refuse the prefill. */
export function styleAfterRefusal(style: ContinuationStyle, status: number): ContinuationStyle | undefined {
  return style === 'prefill' && (status === 400 || status === 422) ? 'instruct' : undefined;
}

/** By how many tokens the continued prompt is longer than the original, estimated. */
export function addedTokens(sent: SentSoFar, style: ContinuationStyle): number {
  if (sent.text.trim() === '') return 0;
  return estimatedTokens(sent.text) + (style === 'instruct' ? estimatedTokens(CONTINUE_INSTRUCTION) : 0);
}

/** About as many as in any tokenizer, in English. */
export const BYTES_PER_TOKEN = 4;

/** Tokens of a text at four bytes each: what to expect of a text in any language, without a tokenizer. */
export function estimatedTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}
