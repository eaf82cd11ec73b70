/** Reads a client's request. Every wrong field is a `FormatError` with its path; unknown top-level fields are kept. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { Dropped, ReadRequest } from '../format.ts';
import type { ConversationRequest, OutputFormat, Sampling } from '../neutral/conversation.ts';
import { readCacheMark } from './cache-marks.ts';
import { readerOf } from './fields.ts';
import { MessagesReader } from './read-messages.ts';
import { readReasoning } from './reasoning-effort.ts';
import { readToolChoice, readTools } from './tools.ts';

/** Reads a chat completion request. */
export function readRequest(value: JsonObject): ReadRequest {
  const body = readerOf(value);
  const dropped: Dropped[] = [];
  const output = readOutput(body);
  const request: Omit<ConversationRequest, 'extensions'> = {
    model: body.requiredName('model'),
    turns: new MessagesReader(dropped).read(body),
    ...defined({
      tools: readTools(body),
      toolChoice: readToolChoice(body),
      parallelToolCalls: body.boolean('parallel_tool_calls'),
      output,
    }),
    sampling: {
      ...readSampling(body),
      ...defined({ logprobs: body.boolean('logprobs'), topLogprobs: body.integer('top_logprobs', 0) }),
    },
    ...defined({
      maxOutputTokens: readLimit(body),
      reasoning: readReasoning(body),
      modalities: body.strings('modalities'),
      verbosity: body.string('verbosity'),
    }),
    stream: body.boolean('stream') ?? false,
    streamUsage: body.object('stream_options')?.boolean('include_usage') ?? false,
    ...defined({
      userId: body.string('user'),
      serviceTier: body.string('service_tier'),
      metadata: body.object('metadata')?.value,
      cacheMark: readCacheMark({ cache_control: body.get('cache_control') }),
      promptCacheKey: body.string('prompt_cache_key'),
    }),
  };
  const fields = readExtensions(body);
  if (output === undefined && body.get('response_format') !== undefined) {
    fields.response_format = body.value.response_format;
  }
  return { request: { ...request, extensions: { format: 'openai-chat', fields } }, dropped };
}

/** Reads the members that this format does not know, after everything else. */
export function readExtensions(body: JsonReader): JsonObject {
  const streamOptions = body.object('stream_options')?.ignore('include_usage').rest();
  // Writers assign these members one by one, and assigning `__proto__` would set the prototype.
  return { ...body.ignore('__proto__').rest(), ...(streamOptions && { stream_options: streamOptions }) };
}

/** Reads the sampling that this format and the legacy completions share. */
export function readSampling(body: JsonReader): Sampling {
  const stop = typeof body.get('stop') === 'string' ? [body.requiredString('stop')] : body.strings('stop');
  return defined({
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    topK: body.integer('top_k'),
    presencePenalty: body.number('presence_penalty'),
    frequencyPenalty: body.number('frequency_penalty'),
    seed: body.integer('seed'),
    stop: stop?.length === 0 ? undefined : stop,
    logitBias: readLogitBias(body),
    choices: body.integer('n', 1),
  });
}

function readLogitBias(body: JsonReader): Readonly<Record<string, number>> | undefined {
  const biases = body.object('logit_bias');
  if (biases === undefined) return undefined;
  return Object.fromEntries(
    Object.keys(biases.value).map((token) => {
      const bias = biases.number(token);
      if (bias === undefined) throw biases.wrong(token, 'a number');
      return [token, bias];
    }),
  );
}

/** `max_completion_tokens`, or its older name. -1 is how local servers' clients spell "no limit". */
function readLimit(body: JsonReader): number | undefined {
  body.ignore('max_tokens');
  for (const name of ['max_completion_tokens', 'max_tokens']) {
    const limit = body.get(name) === -1 ? undefined : body.integer(name, 1);
    if (limit !== undefined) return limit;
  }
  return undefined;
}

function readOutput(body: JsonReader): OutputFormat | undefined {
  const format = body.object('response_format');
  if (format === undefined) return undefined;
  const type = format.requiredString('type');
  if (type === 'text') return { type: 'text' };
  // With a schema beside it (Together, Fireworks) it says more than the neutral form and stays as it is.
  if (type === 'json_object' && format.value.schema === undefined) return { type: 'json-object' };
  if (type !== 'json_schema') return undefined;
  const holder = format.requiredObject('json_schema');
  return {
    type: 'json-schema',
    name: holder.string('name') ?? 'response',
    schema: holder.object('schema')?.value ?? {},
    ...defined({ description: holder.string('description'), strict: holder.boolean('strict') }),
  };
}
