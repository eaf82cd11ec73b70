/** The neutral conversation → a request to Claude. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type ClaudeAbilities, claudeAbilities } from '../../models/claude-models.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { modelAbilities } from '../../models/model-table.ts';
import type { Dropped, WriteRequestOptions, WrittenRequest } from '../format.ts';
import type { ConversationRequest, ToolDefinition } from '../neutral/conversation.ts';
import type { ServerTool } from '../neutral/server-tools.ts';
import { allowedBy, leftOut, nameOfTool, placeOf, whyNotSearched } from '../neutral/web-search.ts';
import { withinLimit } from '../within-limit.ts';
import { writeCodeTool } from './code-execution.ts';
import { endWithUser } from './end-with-user.ts';
import { JSON_TOOL, offerJsonTool, writeJsonTool } from './json-tool.ts';
import { limitCacheMarks } from './limit-cache-marks.ts';
import { writeOutputSchema } from './output-schema.ts';
import { writeToolSchema } from './tool-schema.ts';
import { searchNameOf, writeSearchTool } from './web-search.ts';
import { type Drop, writeCacheMark, writeExtra } from './write-content.ts';
import { writeMessages } from './write-messages.ts';
import { writeThinking } from './write-thinking.ts';

function writeTool(
  tool: Extract<ToolDefinition, { type: 'function' }>,
  index: number,
  abilities: ClaudeAbilities,
  drop: Drop,
): JsonObject | undefined {
  if (nameOfTool(tool) === JSON_TOOL) {
    drop(`tools[${index}]`, `A tool named ${JSON_TOOL} would be taken for the answer: rename the tool.`, 'unsupported');
    return undefined;
  }
  const strict = tool.strict === true && abilities.structuredOutput;
  if (tool.strict === true && !strict) drop(`tools[${index}].strict`, 'This model has no strict tools.', 'unknown');
  return {
    name: tool.name,
    ...defined({ description: tool.description }),
    input_schema: writeToolSchema(tool.parameters, `tools[${index}].input_schema`, drop),
    ...(strict && { strict }),
    ...writeExtra(tool.extra),
    ...writeCacheMark(tool.cacheMark),
  };
}

/** Writes a tool that Anthropic runs, or that the client runs by a definition of Anthropic's. */
function writeHostedTool(
  tool: Exclude<ToolDefinition, { type: 'function' }>,
  index: number,
  { tools = [] }: ConversationRequest,
  { webSearch, codeExecution }: ModelAbilities,
  drop: Drop,
): JsonObject | undefined {
  const leave = (why: string): undefined => {
    const { field, why: words, kind } = leftOut({ tools }, index, why);
    drop(field, words, kind);
  };
  if (tool.type === 'opaque') {
    return tool.format === 'anthropic-messages' ? tool.value : leave(`only ${tool.format} has this kind of tool`);
  }
  if (tool.raw.format === 'anthropic-messages') return tool.raw.value;
  if (tool.tool === 'code-execution') {
    return codeExecution === true ? writeCodeTool() : leave('nothing runs code for the model');
  }
  if (webSearch !== 'tool') return leave('the model does not search the web');
  const why = whyNotSearched(tool, { domains: 'one' });
  if (why !== undefined) return leave(why);
  const name = searchNameOf(tool);
  if (tools.some((other) => other.type === 'function' && other.name === name)) {
    return leave(`a function of the client has the name '${name}'`);
  }
  if (tool.search.contextSize !== undefined)
    drop(`${placeOf(tool, index)}.search_context_size`, 'Claude decides how much a search brings.', 'unknown');
  return writeSearchTool(tool);
}

function writeTools(
  request: ConversationRequest,
  abilities: ClaudeAbilities,
  traits: WriteRequestOptions,
  drop: Drop,
): JsonObject[] {
  const known = abilitiesOf(traits);
  const isAllowed = allowedBy(request.toolChoice);
  return (request.tools ?? []).flatMap((tool, index) => {
    // Anthropic has no list of allowed tools: those that are not allowed are not offered.
    if (!isAllowed(tool)) return [];
    const written =
      tool.type === 'function'
        ? writeTool(tool, index, abilities, drop)
        : writeHostedTool(tool, index, request, known, drop);
    return written === undefined ? [] : [written];
  });
}

const serverNameOf = (tool: ServerTool): string =>
  tool.tool === 'web-search' ? searchNameOf(tool) : String(writeCodeTool().name);

const abilitiesOf = ({ model, traits }: WriteRequestOptions): ModelAbilities =>
  traits.abilities ?? modelAbilities(model);

/** The choice as Anthropic says it, before what the model allows; undefined if it is the default. */
function wantedChoice(
  request: ConversationRequest,
): { type: 'auto' | 'any' | 'tool' | 'none'; name?: string } | undefined {
  const choice = request.toolChoice;
  switch (choice?.type) {
    case undefined:
      return undefined;
    case 'auto':
    case 'none':
      return { type: choice.type };
    case 'required':
      return { type: 'any' };
    case 'tool': {
      const chosen = request.tools?.find((tool) => tool.type === 'server' && tool.name === choice.name);
      return { type: 'tool', name: chosen?.type === 'server' ? serverNameOf(chosen) : choice.name };
    }
    case 'allowed':
      return { type: choice.mode === 'required' ? 'any' : 'auto' };
  }
}

function writeToolChoice(request: ConversationRequest, abilities: ClaudeAbilities, drop: Drop): JsonObject | undefined {
  let choice = wantedChoice(request);
  if ((choice?.type === 'any' || choice?.type === 'tool') && !abilities.forcedToolUse) {
    drop('tool_choice', 'This model always thinks and cannot be forced to use a tool.', 'unsupported');
    choice = undefined;
  }
  if (request.parallelToolCalls !== false || choice?.type === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

function writeSampling(
  request: ConversationRequest,
  abilities: ClaudeAbilities,
  thinks: boolean,
  drop: Drop,
): JsonObject {
  const { temperature, topP, topK, stop } = request.sampling;
  const written: JsonObject = {};
  // 1 is Anthropic's default for both: leaving it out says the same, also to models that take neither.
  if (temperature !== undefined && temperature !== 1) {
    if (!abilities.sampling) drop('temperature', 'This model takes no temperature.', 'unsupported');
    else if (temperature > 1) drop('temperature', `Anthropic takes 0 to 1, and it is ${temperature}.`, 'unsupported');
    else if (thinks) drop('temperature', 'Claude thinks at temperature 1 only.', 'unsupported');
    else written.temperature = temperature;
  }
  if (topP !== undefined && topP !== 1) {
    if (!abilities.sampling) drop('top_p', 'This model takes no top_p.', 'unsupported');
    else if (thinks && topP < 0.95) drop('top_p', 'Claude thinks with a top_p of 0.95 to 1 only.', 'unsupported');
    else if (written.temperature !== undefined && !abilities.temperatureWithTopP) {
      drop('top_p', 'This model takes temperature or top_p, not both.', 'unsupported');
    } else written.top_p = topP;
  }
  if (topK !== undefined) {
    if (!abilities.sampling) drop('top_k', 'This model takes no top_k.', 'unsupported');
    else if (thinks) drop('top_k', 'Claude takes no top_k while it thinks.', 'unsupported');
    else written.top_k = topK;
  }
  const sequences = (stop ?? []).filter((sequence, index) => {
    if (sequence.trim() !== '') return true;
    drop(`stop[${index}]`, 'Anthropic refuses a stop sequence of white space alone.', 'unknown');
    return false;
  });
  if (sequences.length > 0) written.stop_sequences = sequences;
  return written;
}

/** Parameters of other formats that Anthropic has no counterpart for. Values that ask for nothing are not a loss. */
function reportUnsupported(request: ConversationRequest, drop: Drop): void {
  const { sampling } = request;
  const lost: readonly (readonly [string, boolean])[] = [
    ['presence_penalty', (sampling.presencePenalty ?? 0) !== 0],
    ['frequency_penalty', (sampling.frequencyPenalty ?? 0) !== 0],
    ['seed', sampling.seed !== undefined],
    ['logit_bias', Object.keys(sampling.logitBias ?? {}).length > 0],
    ['logprobs', sampling.logprobs === true],
    ['top_logprobs', (sampling.topLogprobs ?? 0) > 0],
    ['n', (sampling.choices ?? 1) > 1],
    ['modalities', (request.modalities ?? []).some((modality) => modality !== 'text')],
    ['verbosity', request.verbosity !== undefined && request.verbosity !== 'medium'],
  ];
  for (const [field, isLost] of lost) if (isLost) drop(field, 'Anthropic has no such parameter.', 'unsupported');
  if (request.promptCacheKey !== undefined) drop('prompt_cache_key', 'Anthropic has no such parameter.', 'unknown');
}

function writeOutputConfig(
  request: ConversationRequest,
  abilities: ClaudeAbilities,
  effort: string | undefined,
  kept: JsonObject,
  drop: Drop,
): JsonObject {
  const { output } = request;
  const config: JsonObject = { ...kept, ...defined({ effort }) };
  if (output?.type === 'json-schema' && abilities.structuredOutput) {
    config.format = { type: 'json_schema', schema: writeOutputSchema(output.schema, drop) };
  }
  return Object.keys(config).length === 0 ? {} : { output_config: config };
}

function writeServiceTier(tier: string | undefined, drop: Drop): JsonObject {
  if (tier === undefined) return {};
  if (tier === 'auto') return { service_tier: 'auto' };
  if (tier === 'default' || tier === 'standard' || tier === 'standard_only') return { service_tier: 'standard_only' };
  drop('service_tier', `Anthropic has no tier ${JSON.stringify(tier)}.`, 'unsupported');
  return {};
}

/** Anthropic refuses a user id that looks like an e-mail address or a phone number (400, seen 2025-06; LiteLLM leaves them out too). */
const looksPersonal = (userId: string): boolean => /@|^\+?[\d\s().-]{7,}$/.test(userId);

function writeMetadata(request: ConversationRequest, isOwn: boolean, drop: Drop): JsonObject {
  const { metadata } = request;
  if (metadata !== undefined && !isOwn)
    drop('metadata', 'Anthropic takes no metadata except the id of the user.', 'unknown');
  let { userId } = request;
  if (userId !== undefined && !isOwn && looksPersonal(userId)) {
    drop('user', 'Anthropic refuses a user that looks like an e-mail address or a phone number.', 'unknown');
    userId = undefined;
  }
  const written = { ...defined({ user_id: userId }), ...(isOwn && metadata) };
  return Object.keys(written).length === 0 ? {} : { metadata: written };
}

/** Writes the body of `POST /v1/messages` for a model, and says what it had to leave out. */
export function writeRequest(asked: ConversationRequest, options: WriteRequestOptions): WrittenRequest {
  const dropped: Dropped[] = [];
  const drop: Drop = (field, why, kind) => {
    dropped.push({ field, why, kind });
  };
  const request = withinLimit(asked, options, (one) => dropped.push(one));
  const abilities = claudeAbilities(options.model);
  const isOwn = request.extensions.format === 'anthropic-messages';
  const { output_config: keptConfig, ...own } = isOwn ? request.extensions.fields : {};
  if (!isOwn) {
    for (const field of Object.keys(request.extensions.fields))
      drop(field, 'Anthropic does not know this field.', 'unknown');
  }
  reportUnsupported(request, drop);
  const clientTools = writeTools(request, abilities, options, drop);
  const clientChoice = clientTools.length === 0 ? undefined : writeToolChoice(request, abilities, drop);
  const isForced = clientChoice?.type === 'any' || clientChoice?.type === 'tool';
  const written = writeThinking(request, abilities, options.traits, isForced, drop);
  const thinking = isJsonObject(own.thinking) ? own.thinking : written.thinking;
  const thinks = thinking !== undefined && thinking.type !== 'disabled';
  const offered = { tools: clientTools, toolChoice: clientChoice };
  const jsonTool = writeJsonTool(request.output, abilities);
  if (jsonTool === undefined && request.output?.type === 'json-schema' && !abilities.structuredOutput) {
    drop('response_format', 'The structured output of this model must be a plain object.', 'unsupported');
  }
  // An answer that the client forces to be a call of its tool has no text that could be JSON.
  const { tools, toolChoice } =
    jsonTool === undefined || isForced ? offered : offerJsonTool(offered, jsonTool, abilities.forcedToolUse && !thinks);
  const config = isJsonObject(keptConfig) ? keptConfig : {};
  const rules = { systemInMessages: abilities.systemInMessages, thoughtsFirst: thinking?.type === 'enabled' };
  const turns = abilities.prefill === false || thinks ? endWithUser(request, drop) : request.turns;
  const body: JsonObject = {
    model: options.model,
    max_tokens: written.maxTokens,
    ...writeMessages(turns, rules, drop),
    ...(tools.length > 0 && { tools }),
    ...defined({ tool_choice: toolChoice, thinking }),
    ...writeOutputConfig(request, abilities, written.effort, config, drop),
    ...writeSampling(request, abilities, thinks, drop),
    ...writeServiceTier(request.serviceTier, drop),
    ...writeMetadata(request, isOwn, drop),
    ...writeCacheMark(request.cacheMark),
    ...own,
    ...(request.stream && { stream: true }),
  };
  limitCacheMarks(body, drop);
  return { body, dropped };
}
