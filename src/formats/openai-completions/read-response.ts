/** Reads a provider's whole text completion. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, stringOf, wordOf } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import type { Choice, ConversationResponse } from '../neutral/conversation.ts';
import { readFinish } from '../openai-chat/finish-reasons.ts';
import { readUsage } from '../openai-chat/usage.ts';
import { readCompletionLogprobs } from './logprobs.ts';

/** Reads a text completion. Throws `FormatError` if the body has no `choices`. */
export function readResponse(body: JsonObject): ConversationResponse {
  if (!isJsonObject(body) || !Array.isArray(body.choices)) {
    throw new FormatError('choices', `The answer has no 'choices': it is not a text completion.`);
  }
  const usage = readUsage(body);
  const systemFingerprint = wordOf(body.system_fingerprint);
  const { created } = body;
  return {
    id: wordOf(body.id) ?? '',
    model: stringOf(body.model) ?? '',
    ...(typeof created === 'number' && Number.isFinite(created) ? { createdSeconds: Math.floor(created) } : {}),
    choices: body.choices.flatMap((choice, position) => (isJsonObject(choice) ? [readChoice(choice, position)] : [])),
    ...defined({ usage, systemFingerprint }),
  };
}

function readChoice(choice: JsonObject, position: number): Choice {
  const text = stringOf(choice.text) ?? '';
  const word = wordOf(choice.finish_reason);
  const logprobs = readCompletionLogprobs(choice.logprobs);
  return {
    index: typeof choice.index === 'number' && Number.isInteger(choice.index) ? choice.index : position,
    parts: text === '' ? [] : [{ type: 'text', text }],
    finish: word === undefined ? { reason: 'stop' } : readFinish(word, false),
    ...defined({ logprobs }),
  };
}
