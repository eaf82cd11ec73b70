/** Writes a request for a provider that has the legacy completions only. A conversation becomes one text. */

import { defined } from '../../core/defined.ts';
import { type JsonObject, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { Dropped, WriteRequestOptions, WrittenRequest } from '../format.ts';
import type { ConversationRequest, Sampling, Turn } from '../neutral/conversation.ts';
import { writeSampling } from '../openai-chat/write-request.ts';

/** Writes a completion request. */
export function writeRequest(request: ConversationRequest, options: WriteRequestOptions): WrittenRequest {
  const dropped: Dropped[] = [];
  dropWhatNeedsChat(request, dropped);
  const body: JsonObject = {
    model: options.model,
    prompt: writePrompt(request.turns, dropped),
    ...writeCompletionSampling(request.sampling),
    ...defined({ max_tokens: request.maxOutputTokens, user: request.userId }),
  };
  if (request.stream) {
    body.stream = true;
    if (request.streamUsage) body.stream_options = { include_usage: true };
  }
  const { format, fields } = request.extensions;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    if (format !== 'openai-completions') {
      dropped.push({ field: name, why: `a field of ${format} that completions do not have`, kind: 'unknown' });
    } else if (name === 'stream_options') {
      if (request.stream) {
        body.stream_options = { ...(body.stream_options as JsonObject | undefined), ...(value as JsonObject) };
      }
    } else if (ownValue(body, name) === undefined) setMember(body, name, value);
  }
  return { body, dropped };
}

function writeCompletionSampling(sampling: Sampling): JsonObject {
  const { logprobs, topLogprobs, ...others } = sampling;
  return logprobs === true ? { ...writeSampling(others), logprobs: topLogprobs ?? 0 } : writeSampling(others);
}

/** The text of one user turn is the prompt; of several turns, their texts in order, a blank line between them. */
function writePrompt(turns: readonly Turn[], dropped: Dropped[]): string {
  const texts: string[] = [];
  for (const [index, turn] of turns.entries()) {
    let text = '';
    for (const [position, part] of turn.parts.entries()) {
      if (part.type === 'text') text += part.text;
      else {
        const field = `messages[${index}].content[${position}]`;
        const isContent = turn.role !== 'assistant' && ('source' in part || part.type === 'opaque');
        const kind = isContent ? 'refused' : 'unknown';
        dropped.push({ field, why: `a completion's prompt is text, not ${part.type}`, kind });
      }
    }
    texts.push(text);
  }
  return texts.join('\n\n');
}

function dropWhatNeedsChat(request: ConversationRequest, dropped: Dropped[]): void {
  const asked: Readonly<Record<string, boolean>> = {
    tools: request.tools !== undefined && request.tools.length > 0,
    response_format: request.output !== undefined && request.output.type !== 'text',
    reasoning_effort: request.reasoning !== undefined && request.reasoning.mode !== 'disabled',
    modalities: request.modalities?.some((modality) => modality !== 'text') ?? false,
  };
  for (const [field, isAsked] of Object.entries(asked)) {
    if (isAsked) dropped.push({ field, why: 'the model has no chat, only text completion', kind: 'unsupported' });
  }
}
