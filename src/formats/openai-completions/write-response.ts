/** Writes a whole text completion for a client. Anything but text is left out. */
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts } from '../format.ts';
import type { Choice, ConversationResponse, FinishReason, Part } from '../neutral/conversation.ts';
import { writeFinishReason } from '../openai-chat/finish-reasons.ts';
import { writeUsage } from '../openai-chat/usage.ts';
import { echoOf } from './for-chat.ts';
import { writeCompletionLogprobs } from './logprobs.ts';

/** The id of a completion in OpenAI's shape: the provider's own if it has that shape, otherwise ours. */
export function textCompletionId(id: string | undefined, facts: AnswerFacts): string {
  if (facts.sentId !== undefined) return facts.sentId;
  if (id?.startsWith('cmpl-')) return id;
  return facts.id.startsWith('cmpl-') ? facts.id : `cmpl-${facts.id.replace(/^chatcmpl-/, '')}`;
}

/** Why a completion ended, in its three words: a tool call has no place in it and ends the text. */
export function writeCompletionFinish(reason: FinishReason): string {
  return reason === 'tool-calls' ? 'stop' : writeFinishReason(reason, false);
}

/** Writes a text completion. */
export function writeResponse(response: ConversationResponse, facts: AnswerFacts): JsonObject {
  const echo = echoOf(facts);
  return {
    id: textCompletionId(response.id, facts),
    object: 'text_completion',
    created: response.createdSeconds ?? facts.createdSeconds,
    model: facts.model,
    choices: response.choices.map((choice) => writeChoice(choice, echo)),
    ...(response.usage === undefined ? {} : { usage: writeUsage(response.usage) }),
    ...(response.systemFingerprint === undefined ? {} : { system_fingerprint: response.systemFingerprint }),
  };
}

function writeChoice(choice: Choice, echo: string): JsonObject {
  return {
    text: echo + choice.parts.map(textOf).join(''),
    index: choice.index,
    logprobs: writeCompletionLogprobs(choice.logprobs, 0),
    finish_reason: writeCompletionFinish(choice.finish.reason),
  };
}

/** A refusal is what the model said instead of an answer: in a format with text alone it is the text. */
function textOf(part: Part): string {
  return part.type === 'text' || part.type === 'refusal' ? part.text : '';
}
