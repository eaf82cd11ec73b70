/**
 * Reads a legacy completion request. One body may hold several prompts, each of which gets its own answers: the neutral form
 * has one conversation a request, so a body becomes a list of requests, and `merge-responses.ts` puts the answers together.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError, type ReadRequest } from '../format.ts';
import type { ConversationRequest, Sampling } from '../neutral/conversation.ts';
import {
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  requiredName,
  wrongKind,
} from '../openai-chat/fields.ts';
import { readSampling } from '../openai-chat/read-request.ts';

const NEUTRAL_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'prompt',
  'temperature',
  'top_p',
  'top_k',
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'stop',
  'logit_bias',
  'logprobs',
  'n',
  'max_tokens',
  'stream',
  'user',
]);

/** Reads a body with one prompt. Throws `FormatError` where there are several: a chat answers one. */
export function readRequest(body: JsonObject): ReadRequest {
  const [first, ...others] = readRequests(body);
  if (first === undefined || others.length > 0) {
    throw new FormatError('prompt', `'prompt' must hold one prompt here: send each in a request of its own.`);
  }
  return first;
}

/** Reads a body with one prompt or several: one request for each, in their order. */
function readRequests(body: JsonObject): readonly ReadRequest[] {
  if (!isJsonObject(body)) throw wrongKind('body', 'an object', body);
  const prompts = readPrompts(body.prompt);
  const maxOutputTokens = body.max_tokens === -1 ? undefined : optionalInteger(body.max_tokens, 'max_tokens', 0);
  const streamOptions = optionalObject(body.stream_options, 'stream_options');
  const userId = optionalString(body.user, 'user');
  const shared: Omit<ConversationRequest, 'turns'> = {
    model: requiredName(body.model, 'model'),
    sampling: readCompletionSampling(body),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    stream: optionalBoolean(body.stream, 'stream') ?? false,
    streamUsage: optionalBoolean(streamOptions?.include_usage, 'stream_options.include_usage') ?? false,
    ...(userId === undefined ? {} : { userId }),
    extensions: { format: 'openai-completions', fields: readExtensions(body) },
  };
  return prompts.map((text) => ({
    request: { ...shared, turns: [{ role: 'user', parts: [{ type: 'text', text }] }] },
    dropped: [],
  }));
}

function readPrompts(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === undefined || value === null) {
    throw new FormatError('prompt', `'prompt' is missing: send a string or an array of strings.`);
  }
  if (!Array.isArray(value)) throw wrongKind('prompt', 'a string or an array of strings', value);
  if (value.length === 0) throw new FormatError('prompt', `'prompt' is an empty array: send at least one prompt.`);
  return value.map((prompt, index) => {
    if (typeof prompt === 'number' || Array.isArray(prompt)) {
      throw new FormatError('prompt', `'prompt' holds token numbers, and this model needs text: send strings.`);
    }
    if (typeof prompt !== 'string') throw wrongKind(`prompt[${index}]`, 'a string', prompt);
    return prompt;
  });
}

/** `logprobs` is a number here: how many alternatives to tell beside each token. */
function readCompletionSampling(body: JsonObject): Sampling {
  const { logprobs: told, top_logprobs: _, ...others } = body;
  const sampling = readSampling(others);
  const alternatives = typeof told === 'boolean' ? (told ? 0 : undefined) : optionalInteger(told, 'logprobs', 0);
  if (alternatives === undefined) return sampling;
  return { ...sampling, logprobs: true, ...(alternatives === 0 ? {} : { topLogprobs: alternatives }) };
}

/** Fields that stay by their own name: `echo`, `best_of`, `suffix`, and what nobody knows. Defaults spelled out say nothing. */
function readExtensions(body: JsonObject): JsonObject {
  const fields: JsonObject = {};
  for (const name of Object.keys(body)) {
    const value = body[name];
    if (value === undefined || value === null || NEUTRAL_FIELDS.has(name) || name === '__proto__') continue;
    const isDefault =
      (name === 'echo' && value === false) ||
      (name === 'best_of' && value === 1) ||
      (name === 'suffix' && value === '');
    if (isDefault) continue;
    if (name === 'stream_options') {
      const others = Object.entries(value as JsonObject).filter(([option]) => option !== 'include_usage');
      if (others.length > 0) fields.stream_options = Object.fromEntries(others);
    } else fields[name] = value;
  }
  return fields;
}
