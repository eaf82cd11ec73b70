/** Reads a legacy completion request. The neutral form has one conversation: what holds several prompts is taken apart before. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { refusal, wrongKind } from '../body-reader.ts';
import type { ReadRequest } from '../format.ts';
import type { ConversationRequest, Sampling } from '../neutral/conversation.ts';
import { readerOf } from '../openai-chat/fields.ts';
import { readExtensions, readSampling } from '../openai-chat/read-request.ts';

/** Reads a body with one prompt. Throws `FormatError` for several: a chat answers one. */
export function readRequest(value: JsonObject): ReadRequest {
  const [first, ...others] = readRequests(readerOf(value));
  if (first === undefined || others.length > 0) {
    throw refusal('prompt', 'must hold one prompt here: send each in a request of its own');
  }
  return first;
}

/** Reads a body with one prompt or several: one request for each, in their order. */
function readRequests(body: JsonReader): readonly ReadRequest[] {
  const prompts = readPrompts(body);
  const shared: Omit<ConversationRequest, 'turns' | 'extensions'> = {
    model: body.requiredName('model'),
    sampling: readCompletionSampling(body),
    ...defined({ maxOutputTokens: body.get('max_tokens') === -1 ? undefined : body.integer('max_tokens', 0) }),
    stream: body.boolean('stream') ?? false,
    streamUsage: body.object('stream_options')?.boolean('include_usage') ?? false,
    ...defined({ userId: body.string('user') }),
  };
  const extensions = { format: 'openai-completions' as const, fields: readOwnFields(body) };
  return prompts.map((text) => ({
    request: { ...shared, turns: [{ role: 'user', parts: [{ type: 'text', text }] }], extensions },
    dropped: [],
  }));
}

function readPrompts(body: JsonReader): readonly string[] {
  const value = body.get('prompt');
  if (typeof value === 'string') return [value];
  if (value === undefined) throw refusal('prompt', 'is missing: send a string or an array of strings');
  if (!Array.isArray(value)) throw body.wrong('prompt', 'a string or an array of strings');
  if (value.length === 0) throw refusal('prompt', 'is an empty array: send at least one prompt');
  return value.map((prompt, index) => {
    if (typeof prompt === 'number' || Array.isArray(prompt)) {
      throw refusal('prompt', 'holds token numbers, and this model needs text: send strings');
    }
    if (typeof prompt !== 'string') throw wrongKind(`prompt[${index}]`, 'a string', prompt);
    return prompt;
  });
}

/** `logprobs` is a number here: how many alternatives to tell beside each token. */
function readCompletionSampling(body: JsonReader): Sampling {
  const sampling = readSampling(body);
  const isFlag = typeof body.get('logprobs') === 'boolean';
  const alternatives = !isFlag ? body.integer('logprobs', 0) : body.boolean('logprobs') ? 0 : undefined;
  if (alternatives === undefined) return sampling;
  return { ...sampling, logprobs: true, ...(alternatives !== 0 && { topLogprobs: alternatives }) };
}

/** Fields that stay by their own name: `echo`, `best_of`, `suffix`, and what is not known. Defaults that are spelled out say nothing. */
function readOwnFields(body: JsonReader): JsonObject {
  const { echo, best_of: bestOf, suffix, ...others } = readExtensions(body);
  return {
    ...others,
    ...(echo !== false && defined({ echo })),
    ...(bestOf !== 1 && defined({ best_of: bestOf })),
    ...(suffix !== '' && defined({ suffix })),
  };
}
