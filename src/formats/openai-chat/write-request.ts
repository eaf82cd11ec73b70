/**
 * Writes a request for a provider that speaks this format.
 *
 * The limit of the answer is written as `max_completion_tokens` for OpenAI's own models, which refuse the older name from o1
 * on, and as `max_tokens` for all others, which know only that one; a provider that differs renames it by its rules.
 * `stream_options.include_usage` says what the client asked for: who needs usage in any case adds it to the body.
 */

import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { modelAbilities } from '../../models/model-table.ts';
import type { Dropped, WriteRequestOptions, WrittenRequest } from '../format.ts';
import type { ConversationRequest, OutputFormat, Sampling } from '../neutral/conversation.ts';
import { membersOf } from '../request-members.ts';
import { cacheMarkStyle, writeCacheControl } from './cache-marks.ts';
import { isForcedChoice, type ReasoningWish } from './fit-reasoning.ts';
import { fitRequest } from './fit-request.ts';
import { isOpenAiModel } from './model-names.ts';
import { writeReasoning } from './reasoning-effort.ts';
import { isStrictSchema } from './strict-schemas.ts';
import { narrowTools, writeTools } from './tools.ts';
import { MessagesWriter } from './write-messages.ts';

/** Writes a chat completion request. */
export function writeRequest(request: ConversationRequest, options: WriteRequestOptions): WrittenRequest {
  const dropped: Dropped[] = [];
  const { model } = options;
  const clientSpeaksOpenAi = request.extensions.format === 'openai-chat';
  const abilities = abilitiesOf(options);
  const marks = cacheMarkStyle(model, clientSpeaksOpenAi);
  const body: JsonObject = {
    model,
    messages: new MessagesWriter(model, marks, dropped).write(request.turns),
    ...writeToolFields(request, options, marks, dropped),
    ...(request.output === undefined ? {} : { response_format: writeOutput(request.output) }),
    ...writeSampling(request.sampling),
    ...writeLimit(request.maxOutputTokens, model),
    ...writeUnfittedReasoning(request, abilities, model),
    ...defined({
      modalities: request.modalities === undefined ? undefined : [...request.modalities],
      verbosity: request.verbosity,
      user: writeUser(request.userId, model),
      service_tier: request.serviceTier,
      metadata: request.metadata,
      prompt_cache_key: request.promptCacheKey,
    }),
  };
  if (request.cacheMark !== undefined) {
    if (marks === 'cache-control') body.cache_control = writeCacheControl(request.cacheMark);
    else dropped.push({ field: 'cache_control', why: 'the provider caches prompts by itself', kind: 'unknown' });
  }
  if (!clientSpeaksOpenAi && abilities.strictSchemas !== undefined) relaxStrictSchemas(body, dropped);
  fitRequest(membersOf(body), abilities, model, (one) => dropped.push(one), wishOf(request, body));
  if (request.stream) {
    body.stream = true;
    if (request.streamUsage) body.stream_options = { include_usage: true };
  }
  writeExtensions(request, body, dropped);
  return { body, dropped };
}

/** A schema that OpenAI refuses in strict mode goes without it: clients of other formats do not know the rules of that mode. */
function relaxStrictSchemas(body: JsonObject, dropped: Dropped[]): void {
  const relax = (holder: JsonValue | undefined, schema: JsonValue | undefined, field: string): void => {
    if (!isJsonObject(holder) || holder.strict !== true || isStrictSchema(isJsonObject(schema) ? schema : undefined))
      return;
    holder.strict = false;
    dropped.push({
      field,
      why: 'OpenAI takes strict schemas only with every object closed and every member required',
      kind: 'fitted',
    });
  };
  const format = isJsonObject(body.response_format) ? body.response_format.json_schema : undefined;
  if (isJsonObject(format)) relax(format, format.schema, 'response_format.json_schema.strict');
  for (const [index, tool] of (Array.isArray(body.tools) ? body.tools : []).entries()) {
    const definition = isJsonObject(tool) ? tool.function : undefined;
    if (isJsonObject(definition)) relax(definition, definition.parameters, `tools[${index}].strict`);
  }
}

function abilitiesOf({ model, traits }: WriteRequestOptions): ModelAbilities {
  const abilities = traits.abilities ?? modelAbilities(model);
  return traits.reasoning === false ? { ...abilities, reasoning: { how: 'never' } } : abilities;
}

function writeToolFields(
  request: ConversationRequest,
  options: WriteRequestOptions,
  marks: ReturnType<typeof cacheMarkStyle>,
  dropped: Dropped[],
): JsonObject {
  const abilities = abilitiesOf(options);
  const { tools, choice } = narrowTools(request.tools ?? [], request.toolChoice, options.model);
  const { written, options: search } = writeTools(tools, marks, abilities, dropped);
  reportForcedSearch(request, abilities, dropped);
  const asked = defined({ web_search_options: search });
  // A choice among no tools is refused by OpenAI; without tools there is nothing to choose.
  if (written.length === 0) return asked;
  return {
    ...asked,
    ...defined({ tools: written, tool_choice: choice, parallel_tool_calls: request.parallelToolCalls }),
  };
}

/** A model that is asked by options searches in any case; one that is given a tool decides itself. */
function reportForcedSearch(
  { tools = [], toolChoice }: ConversationRequest,
  { webSearch }: ModelAbilities,
  dropped: Dropped[],
): void {
  if (toolChoice?.type !== 'tool' || webSearch === 'options') return;
  if (!tools.some((tool) => tool.type === 'server' && tool.name === toolChoice.name)) return;
  dropped.push({ field: 'tool_choice', why: 'the model decides itself whether it searches', kind: 'unsupported' });
}

function writeOutput(output: OutputFormat): JsonObject {
  switch (output.type) {
    case 'text':
      return { type: 'text' };
    case 'json-object':
      return { type: 'json_object' };
    case 'json-schema':
      return {
        type: 'json_schema',
        json_schema: defined({
          name: output.name,
          description: output.description,
          schema: output.schema,
          strict: output.strict,
        }),
      };
  }
}

/** Writes what this format and the legacy completions share; OpenAI itself has no `top_k`, most others do. */
export function writeSampling(sampling: Sampling): JsonObject {
  const { stop } = sampling;
  return defined({
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    seed: sampling.seed,
    stop: stop === undefined ? undefined : stop.length === 1 ? (stop[0] as JsonValue) : [...stop],
    logit_bias: sampling.logitBias === undefined ? undefined : { ...sampling.logitBias },
    logprobs: sampling.logprobs,
    top_logprobs: sampling.topLogprobs,
    n: sampling.choices,
  });
}

function writeLimit(limit: number | undefined, model: string): JsonObject {
  if (limit === undefined) return {};
  return isOpenAiModel(model) ? { max_completion_tokens: limit } : { max_tokens: limit };
}

/**
 * OpenAI refuses a `user` of more than 64 characters. Claude Code's are longer, and begin with what identifies the user
 * (LiteLLM cuts them the same way, 2026-07).
 */
function writeUser(userId: string | undefined, model: string): string | undefined {
  return isOpenAiModel(model) ? userId?.slice(0, 64) : userId;
}

/** How much to think, in this format's own words; for a model that the table knows, `fitRequest` says it in the model's. */
function writeUnfittedReasoning(request: ConversationRequest, abilities: ModelAbilities, model: string): JsonObject {
  return abilities.reasoning === undefined ? writeReasoning(request, model) : {};
}

function wishOf(request: ConversationRequest, body: JsonObject): ReasoningWish {
  const { reasoning, extensions } = request;
  const isOwn = extensions.format === 'openai-chat';
  const isEffortOnly = reasoning?.mode === undefined && reasoning?.budgetTokens === undefined;
  return {
    reasoning,
    field: isOwn || isEffortOnly ? 'reasoning_effort' : 'thinking',
    // An effort is a hint in Anthropic's format, where it does not mean thoughts alone, and clients send it with every request.
    isHint: !isOwn && (reasoning?.mode === 'adaptive' || isEffortOnly),
    hasFunctionTools: (request.tools ?? []).some((tool) => tool.type === 'function') && body.tools !== undefined,
    isForced: isForcedChoice(body.tool_choice),
  };
}

function writeExtensions(request: ConversationRequest, body: JsonObject, dropped: Dropped[]): void {
  const { format, fields } = request.extensions;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    if (format !== 'openai-chat') {
      dropped.push({ field: name, why: `a field of ${format} that openai-chat does not have`, kind: 'unknown' });
    } else if (name === 'stream_options') {
      // Options without a stream are refused.
      if (request.stream)
        body.stream_options = { ...(body.stream_options as JsonObject | undefined), ...(value as JsonObject) };
    } else if (ownValue(body, name) === undefined) setMember(body, name, value);
  }
}
