/** Reads a client's request. Every wrong field is a `FormatError` with its path; unknown top-level fields are kept. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Dropped, ReadRequest } from '../format.ts';
import type { ConversationRequest, OutputFormat, Sampling } from '../neutral/conversation.ts';
import { readCacheMark } from './cache-marks.ts';
import {
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
  requiredName,
  requiredObject,
  wrongKind,
} from './fields.ts';
import { MessagesReader } from './read-messages.ts';
import { readReasoning } from './reasoning-effort.ts';
import { readToolChoice, readTools } from './tools.ts';

/** Top-level fields that the neutral request has a word for; everything else is kept by its own name. */
const NEUTRAL_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'temperature',
  'top_p',
  'top_k',
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'stop',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'reasoning_effort',
  'modalities',
  'verbosity',
  'stream',
  'user',
  'service_tier',
  'metadata',
  'cache_control',
  'prompt_cache_key',
]);

/** Reads a chat completion request. */
export function readRequest(body: JsonObject): ReadRequest {
  if (!isJsonObject(body)) throw wrongKind('body', 'an object', body);
  const dropped: Dropped[] = [];
  const tools = readTools(body);
  const toolChoice = readToolChoice(body);
  const parallelToolCalls = optionalBoolean(body.parallel_tool_calls, 'parallel_tool_calls');
  const output = readOutput(body.response_format);
  const maxOutputTokens = readLimit(body);
  const reasoning = readReasoning(body);
  const modalities = optionalStrings(body.modalities, 'modalities');
  const verbosity = optionalString(body.verbosity, 'verbosity');
  const streamOptions = optionalObject(body.stream_options, 'stream_options');
  const userId = optionalString(body.user, 'user');
  const serviceTier = optionalString(body.service_tier, 'service_tier');
  const metadata = optionalObject(body.metadata, 'metadata');
  const promptCacheKey = optionalString(body.prompt_cache_key, 'prompt_cache_key');
  const cacheMark = readCacheMark({ cache_control: body.cache_control });
  const request: ConversationRequest = {
    model: requiredName(body.model, 'model'),
    turns: new MessagesReader(dropped).read(body.messages),
    ...(tools === undefined ? {} : { tools }),
    ...(toolChoice === undefined ? {} : { toolChoice }),
    ...(parallelToolCalls === undefined ? {} : { parallelToolCalls }),
    ...(output === undefined ? {} : { output }),
    sampling: readSampling(body),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(modalities === undefined ? {} : { modalities }),
    ...(verbosity === undefined ? {} : { verbosity }),
    stream: optionalBoolean(body.stream, 'stream') ?? false,
    streamUsage: optionalBoolean(streamOptions?.include_usage, 'stream_options.include_usage') ?? false,
    ...(userId === undefined ? {} : { userId }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(cacheMark === undefined ? {} : { cacheMark }),
    ...(promptCacheKey === undefined ? {} : { promptCacheKey }),
    extensions: { format: 'openai-chat', fields: readExtensions(body, output) },
  };
  return { request, dropped };
}

/** Reads what this format and the legacy completions say alike. */
export function readSampling(body: JsonObject): Sampling {
  const temperature = optionalNumber(body.temperature, 'temperature');
  const topP = optionalNumber(body.top_p, 'top_p');
  const topK = optionalInteger(body.top_k, 'top_k');
  const presencePenalty = optionalNumber(body.presence_penalty, 'presence_penalty');
  const frequencyPenalty = optionalNumber(body.frequency_penalty, 'frequency_penalty');
  const seed = optionalInteger(body.seed, 'seed');
  const stop = typeof body.stop === 'string' ? [body.stop] : optionalStrings(body.stop, 'stop');
  const logitBias = readLogitBias(body.logit_bias);
  const logprobs = optionalBoolean(body.logprobs, 'logprobs');
  const topLogprobs = optionalInteger(body.top_logprobs, 'top_logprobs', 0);
  const choices = optionalInteger(body.n, 'n', 1);
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(presencePenalty === undefined ? {} : { presencePenalty }),
    ...(frequencyPenalty === undefined ? {} : { frequencyPenalty }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop === undefined || stop.length === 0 ? {} : { stop }),
    ...(logitBias === undefined ? {} : { logitBias }),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
    ...(choices === undefined ? {} : { choices }),
  };
}

function readLogitBias(value: JsonValue | undefined): Readonly<Record<string, number>> | undefined {
  const told = optionalObject(value, 'logit_bias');
  if (told === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(told).map(([token, bias]) => {
      const number = optionalNumber(bias, `logit_bias.${token}`);
      if (number === undefined) throw wrongKind(`logit_bias.${token}`, 'a number', bias);
      return [token, number];
    }),
  );
}

/** `max_completion_tokens`, or its older name. -1 is how local servers' clients spell "no limit". */
function readLimit(body: JsonObject): number | undefined {
  for (const name of ['max_completion_tokens', 'max_tokens']) {
    if (body[name] === -1) continue;
    const limit = optionalInteger(body[name], name, 1);
    if (limit !== undefined) return limit;
  }
  return undefined;
}

function readOutput(value: JsonValue | undefined): OutputFormat | undefined {
  const told = optionalObject(value, 'response_format');
  if (told === undefined) return undefined;
  if (typeof told.type !== 'string') throw wrongKind('response_format.type', 'a string', told.type);
  if (told.type === 'text') return { type: 'text' };
  // With a schema beside it (Together, Fireworks) it says more than the neutral form and stays as it is.
  if (told.type === 'json_object' && told.schema === undefined) return { type: 'json-object' };
  if (told.type !== 'json_schema') return undefined;
  const path = 'response_format.json_schema';
  const holder = requiredObject(told.json_schema, path);
  const description = optionalString(holder.description, `${path}.description`);
  const strict = optionalBoolean(holder.strict, `${path}.strict`);
  return {
    type: 'json-schema',
    name: optionalString(holder.name, `${path}.name`) ?? 'response',
    schema: optionalObject(holder.schema, `${path}.schema`) ?? {},
    ...(description === undefined ? {} : { description }),
    ...(strict === undefined ? {} : { strict }),
  };
}

function readExtensions(body: JsonObject, output: OutputFormat | undefined): JsonObject {
  const fields: JsonObject = {};
  for (const name of Object.keys(body)) {
    const value = body[name];
    // Assigning `__proto__` would set the object's prototype.
    if (value === undefined || value === null || NEUTRAL_FIELDS.has(name) || name === '__proto__') continue;
    if ((name === 'thinking' || name === 'reasoning') && isJsonObject(value)) continue;
    if (name === 'response_format' && output !== undefined) continue;
    if (name === 'stream_options') {
      const others = Object.entries(value as JsonObject).filter(([option]) => option !== 'include_usage');
      if (others.length > 0) fields.stream_options = Object.fromEntries(others);
      continue;
    }
    fields[name] = value;
  }
  return fields;
}
