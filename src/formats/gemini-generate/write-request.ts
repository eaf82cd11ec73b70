/** A neutral request as the body of Gemini's `generateContent`. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, withMembers } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { isGemini4, takesJsonSchema } from '../../models/gemini-models.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { modelAbilities } from '../../models/model-table.ts';
import type { Dropped, WriteRequestOptions, WrittenRequest } from '../format.ts';
import type { ConversationRequest, OutputFormat, Sampling, ToolDefinition } from '../neutral/conversation.ts';
import type { SearchTool, ServerTool } from '../neutral/server-tools.ts';
import { allowedBy, leftOut, offersFunctions, placeOf, whyNotSearched } from '../neutral/web-search.ts';
import { withinLimit } from '../within-limit.ts';
import { toJsonSchema, toOpenApiSchema } from './schema.ts';
import { thinksUnwanted, writeThinking } from './thinking.ts';
import { writeContents } from './write-contents.ts';

/** https://ai.google.dev/api/generate-content, `stopSequences`: "up to 5" (2026-11-28). */
const MOST_STOP_SEQUENCES = 5;

/** Writes the body; the URL has the model's name, not the body. */
export function writeRequest(asked: ConversationRequest, options: WriteRequestOptions): WrittenRequest {
  const dropped: Dropped[] = [];
  const request = withinLimit(asked, options, (one) => dropped.push(one));
  const { contents, systemInstruction } = writeContents(request, options.model, dropped);
  const tools = writeTools(request, options, dropped);
  const toolConfig = writeToolConfig(request, dropped);
  const config = writeGenerationConfig(request, options, dropped);
  const serviceTier = writeServiceTier(request.serviceTier, dropped);
  reportUnsaid(request, dropped);
  const own: JsonObject = {
    contents,
    ...defined({ systemInstruction }),
    ...(tools.length === 0 ? {} : { tools }),
    ...defined({ toolConfig }),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
    ...defined({ serviceTier }),
  };
  return { body: withExtensions(own, request.extensions, dropped), dropped };
}

function writeGenerationConfig(
  request: ConversationRequest,
  options: WriteRequestOptions,
  dropped: Dropped[],
): JsonObject {
  const { sampling, output, modalities } = request;
  const thinkingConfig = writeThinking(request.reasoning, options.model, options.traits);
  if (thinkingConfig === 'unsupported') unsupported(dropped, 'reasoning_effort', 'the model does not think');
  else if (thinksUnwanted(request.reasoning, thinkingConfig)) {
    const why = `the model '${options.model}' cannot be kept from thinking: it thinks as little as it can`;
    dropped.push({ field: 'reasoning_effort', why, kind: 'fitted' });
  }
  const plain = isGemini4(options.model) ? withoutRefusedByGemini4(sampling, dropped) : sampling;
  return {
    ...member('temperature', sampling.temperature),
    ...member('topP', sampling.topP),
    ...member('topK', sampling.topK),
    ...member('maxOutputTokens', request.maxOutputTokens),
    ...writeStop(sampling.stop, options, dropped),
    ...member('candidateCount', plain.choices),
    ...member('seed', sampling.seed),
    ...member('presencePenalty', plain.presencePenalty),
    ...member('frequencyPenalty', plain.frequencyPenalty),
    ...member('responseLogprobs', sampling.logprobs),
    ...member('logprobs', sampling.topLogprobs),
    ...writeOutput(output, options.model, dropped),
    ...(modalities === undefined ? {} : { responseModalities: modalities.map((modality) => modality.toUpperCase()) }),
    ...(thinkingConfig === undefined || thinkingConfig === 'unsupported' ? {} : { thinkingConfig }),
  };
}

function writeStop(
  stop: readonly string[] = [],
  { model, traits }: WriteRequestOptions,
  dropped: Dropped[],
): JsonObject {
  if (stop.length === 0) return {};
  const { maxStopSequences: most = MOST_STOP_SEQUENCES } = traits.abilities ?? {};
  if (stop.length > most) unsupported(dropped, 'stop', `the model '${model}' takes at most ${most} stop sequences`);
  return { stopSequences: stop.slice(0, most) };
}

function withoutRefusedByGemini4(sampling: Sampling, dropped: Dropped[]): Sampling {
  const { choices, presencePenalty, frequencyPenalty, ...rest } = sampling;
  if (presencePenalty !== undefined && presencePenalty !== 0)
    unsupported(dropped, 'presence_penalty', 'Gemini 4 refuses it');
  if (frequencyPenalty !== undefined && frequencyPenalty !== 0)
    unsupported(dropped, 'frequency_penalty', 'Gemini 4 refuses it');
  if (choices !== undefined && choices !== 1) unsupported(dropped, 'n', 'Gemini 4 gives one answer at a time');
  return rest;
}

function member(name: string, value: JsonValue | undefined): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function writeOutput(output: OutputFormat | undefined, model: string, dropped: Dropped[]): JsonObject {
  if (output === undefined || output.type === 'text') return {};
  if (output.type === 'json-object') return { responseMimeType: 'application/json' };
  const schema = writeSchema(output.schema, model, 'response_format.json_schema.schema', dropped);
  return takesJsonSchema(model)
    ? { responseMimeType: 'application/json', responseJsonSchema: schema }
    : { responseMimeType: 'application/json', responseSchema: schema };
}

function writeSchema(schema: JsonObject, model: string, path: string, dropped: Dropped[]): JsonObject {
  const drop = (place: string): void => {
    dropped.push({
      field: `${path}.${place}`,
      why: 'Gemini does not know this keyword of JSON Schema',
      kind: 'unknown',
    });
  };
  return takesJsonSchema(model) ? toJsonSchema(schema, drop) : toOpenApiSchema(schema, drop);
}

/** Tools Google runs itself, as a client of another format may name them in the same words (LiteLLM does). */
const GOOGLE_TOOLS: ReadonlySet<string> = new Set([
  'googleSearch',
  'google_search',
  'googleSearchRetrieval',
  'google_search_retrieval',
  'codeExecution',
  'code_execution',
  'urlContext',
  'url_context',
  'googleMaps',
  'google_maps',
  'fileSearch',
  'file_search',
  'computerUse',
  'computer_use',
  'enterpriseWebSearch',
  'retrieval',
]);

function writeTools(
  { tools = [], toolChoice }: ConversationRequest,
  { model, traits }: WriteRequestOptions,
  dropped: Dropped[],
): JsonObject[] {
  const abilities = traits.abilities ?? modelAbilities(model);
  const functionDeclarations: JsonObject[] = [];
  const others: JsonObject[] = [];
  const isAllowed = allowedBy(toolChoice);
  tools.forEach((tool, index) => {
    const path = `tools[${index}]`;
    if (tool.type === 'function') {
      functionDeclarations.push(writeFunction(tool, model, path, dropped));
      return;
    }
    // Google can be held to functions only: its own tools that are not allowed are not offered.
    if (!isAllowed(tool)) return;
    const { format, value } = tool.type === 'server' ? tool.raw : tool;
    const names = Object.keys(value);
    if (format === 'gemini-generate' || (names.length > 0 && names.every((name) => GOOGLE_TOOLS.has(name)))) {
      others.push(value);
      return;
    }
    const why = tool.type === 'server' ? whyLeftOut(tool, tools, abilities) : `only ${format} has this kind of tool`;
    if (why !== undefined) dropped.push(leftOut({ tools }, index, why));
    else if (tool.type === 'server' && tool.tool === 'code-execution') others.push({ codeExecution: {} });
    else if (tool.type === 'server') {
      others.push({ googleSearch: {} });
      reportHints(tool, placeOf(tool, index), dropped);
    }
  });
  return functionDeclarations.length === 0 ? others : [{ functionDeclarations }, ...others];
}

/**
 * Why a tool of another format is not Google's: before Gemini 3 it is refused beside functions ("Tool use with function calling is
 * unsupported", https://github.com/symfony/ai/issues/803), and from 3 on its steps must come back with every later turn
 * (https://github.com/Pretend-to/mio-chat-backend/issues/30, 2026-11-29), which clients of other formats cannot do.
 */
function whyLeftOut(
  tool: ServerTool,
  tools: readonly ToolDefinition[],
  { webSearch, codeExecution }: ModelAbilities,
): string | undefined {
  const isSearch = tool.tool === 'web-search';
  if (isSearch && webSearch !== 'tool') return 'the model does not search the web';
  if (!isSearch && codeExecution !== true) return 'nothing runs code for the model';
  if (offersFunctions(tools)) return "Gemini does not use Google's tools beside functions";
  if (!isSearch) return undefined;
  return whyNotSearched(tool, { domains: 'none' });
}

/** What makes a search better or cheaper, and is not a part of what is searched. */
function reportHints({ search }: SearchTool, path: string, dropped: Dropped[]): void {
  const hints: readonly (readonly [string, boolean])[] = [
    ['user_location', search.location !== undefined],
    ['search_context_size', search.contextSize !== undefined],
    ['max_uses', search.mostSearches !== undefined],
  ];
  for (const [name, isSaid] of hints) {
    if (isSaid)
      dropped.push({ field: `${path}.${name}`, why: "Google's search takes no such setting", kind: 'unknown' });
  }
}

function writeFunction(
  tool: Extract<ToolDefinition, { type: 'function' }>,
  model: string,
  path: string,
  dropped: Dropped[],
): JsonObject {
  const drop = (field: string, why: string): void => {
    dropped.push({ field: `${path}.${field}`, why, kind: 'unknown' });
  };
  if (tool.strict === true) drop('strict', 'Gemini has no strict mode for one function');
  if (tool.cacheMark !== undefined) drop('cache_control', 'Gemini caches prompts by itself and takes no marks');
  const own = tool.extra?.format === 'gemini-generate' ? tool.extra.fields : {};
  if (tool.extra !== undefined && tool.extra.format !== 'gemini-generate') {
    for (const key of Object.keys(tool.extra.fields)) drop(key, `only ${tool.extra.format} has this member`);
  }
  const declaration: JsonObject = {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...writeParameters(tool.parameters, model, `${path}.parameters`, dropped),
  };
  return withMembers(declaration, own);
}

/** A function that takes nothing has no parameters at all: an object type without properties is refused by older models. */
function writeParameters(
  parameters: JsonObject | undefined,
  model: string,
  path: string,
  dropped: Dropped[],
): JsonObject {
  if (parameters === undefined || takesNothing(parameters)) return {};
  const schema = writeSchema(parameters, model, path, dropped);
  return takesJsonSchema(model)
    ? { parametersJsonSchema: { type: 'object', ...schema } }
    : { parameters: { type: 'OBJECT', ...schema } };
}

function takesNothing(parameters: JsonObject): boolean {
  const says = (word: string): boolean => ownValue(parameters, word) !== undefined;
  if (
    ['$ref', 'anyOf', 'oneOf', 'allOf', 'patternProperties'].some(says) ||
    isJsonObject(parameters.additionalProperties)
  )
    return false;
  if (parameters.additionalProperties === true) return false;
  return !isJsonObject(parameters.properties) || Object.keys(parameters.properties).length === 0;
}

function writeToolConfig(request: ConversationRequest, dropped: Dropped[]): JsonObject | undefined {
  const functions = (request.tools ?? []).filter((tool) => tool.type === 'function');
  if (request.parallelToolCalls === false && functions.length > 1) {
    unsupported(dropped, 'parallel_tool_calls', 'Gemini cannot be held to one call at a time');
  }
  const choice = request.toolChoice;
  const chosen = choice?.type === 'tool' ? choice.name : undefined;
  if ((request.tools ?? []).some((tool) => tool.type === 'server' && tool.name === chosen)) {
    unsupported(dropped, 'tool_choice', 'Gemini decides itself whether it uses tools of its own');
    return undefined;
  }
  // A calling mode without functions is refused.
  if (choice?.type === 'required' && functions.length === 0 && (request.tools ?? []).length > 0)
    unsupported(dropped, 'tool_choice', 'Gemini decides itself whether it uses tools of its own');
  if (choice === undefined || functions.length === 0) return undefined;
  const config = (mode: string, names?: readonly string[]): JsonObject => ({
    functionCallingConfig: { mode, ...(names === undefined ? {} : { allowedFunctionNames: [...names] }) },
  });
  switch (choice.type) {
    case 'auto':
      return config('AUTO');
    case 'none':
      return config('NONE');
    case 'required':
      return config('ANY');
    case 'tool':
      return config('ANY', [choice.name]);
    case 'allowed': {
      const offered = new Set(functions.map((tool) => tool.name));
      // AUTO takes no names; VALIDATED is the mode that may also answer in words (FunctionCallingConfig, 2026-11-23).
      return config(
        choice.mode === 'required' ? 'ANY' : 'VALIDATED',
        choice.names.filter((name) => offered.has(name)),
      );
    }
  }
}

function writeServiceTier(tier: string | undefined, dropped: Dropped[]): string | undefined {
  if (tier === undefined || tier === 'auto') return undefined;
  if (tier === 'default' || tier === 'standard' || tier === 'standard_only') return 'standard';
  if (tier === 'flex' || tier === 'priority') return tier;
  unsupported(dropped, 'service_tier', `Gemini has no tier ${tier}`);
  return undefined;
}

function unsupported(dropped: Dropped[], field: string, why: string): void {
  dropped.push({ field, why, kind: 'unsupported' });
}

/** Reports what the neutral request says and Gemini has no words for. What only hints at the answer's cost is not an error. */
function reportUnsaid(request: ConversationRequest, dropped: Dropped[]): void {
  if (request.sampling.logitBias !== undefined) unsupported(dropped, 'logit_bias', 'Gemini has no token biases');
  if (request.verbosity !== undefined) unsupported(dropped, 'verbosity', 'Gemini has no setting for it');
  const hint = (field: string, isThere: boolean): void => {
    if (isThere) dropped.push({ field, why: 'Gemini has no such parameter', kind: 'unknown' });
  };
  hint('user', request.userId !== undefined);
  hint('metadata', request.metadata !== undefined);
  hint('prompt_cache_key', request.promptCacheKey !== undefined);
  hint('cache_control', request.cacheMark !== undefined);
}

/** Gemini's own fields that clients of other formats send under these names (LiteLLM passes them on). */
const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  safety_settings: 'safetySettings',
  safetySettings: 'safetySettings',
  cached_content: 'cachedContent',
  cachedContent: 'cachedContent',
  // The same word in both languages: whether the provider may keep the exchange (Gemini API changelog, 2026-10-26).
  store: 'store',
};

function withExtensions(
  body: JsonObject,
  { format, fields }: ConversationRequest['extensions'],
  dropped: Dropped[],
): JsonObject {
  const added: JsonObject = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (format === 'gemini-generate') {
      const present = ownValue(body, name);
      const both = isJsonObject(present) && isJsonObject(value) ? withMembers(value, present) : value;
      Object.defineProperty(added, name, { value: both, enumerable: true, writable: true, configurable: true });
      continue;
    }
    const ownName = Object.hasOwn(FOREIGN_NAMES, name) ? FOREIGN_NAMES[name] : undefined;
    if (ownName !== undefined) added[ownName] = value;
    else dropped.push({ field: name, why: `only ${format} has this field`, kind: 'unknown' });
  }
  return withMembers(body, added);
}
