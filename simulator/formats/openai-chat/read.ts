import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { Ask, AskedChoice, AskedOutput, AskedTool } from '../../answering/ask.ts';
import { schemaInPrompt } from '../../answering/schema-in-prompt.ts';
import { countTokens } from '../../answering/tokens.ts';
import { invalid } from '../errors.ts';
import type { Call } from '../operation.ts';
import { cachingOf } from './caching.ts';
import { checkDeepSeekModel, checkOpenAiModel, checkOtherModel } from './model-rules.ts';
import { readMessages, typeName } from './read-messages.ts';
import { isSearchTool, readSearch } from './web-search.ts';

/** Every parameter that OpenAI's chat completions take (API reference, 2026-09). */
const PARAMETERS = new Set(
  `messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata
  modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options
  temperature tool_choice tools top_logprobs top_p user verbosity web_search_options`.split(/\s+/),
);
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** Reads and checks a chat completion request as its provider does. */
export function readChat(call: Call): Ask {
  const { body, flavour, model } = call;
  const isStrict = flavour === 'openai' || flavour === 'azure';
  if (isStrict) refuseUnknown(body);
  const messages = readMessages(body.messages);
  checkNumbers(body, flavour === 'deepseek' || isStrict);
  const isReasoner = /^(o\d|gpt-5)/.test(model) && !/chat/.test(model);
  if (isStrict && isReasoner) checkReasoner(body);
  if (isStrict) checkOpenAiModel(body, model);
  else if (flavour === 'deepseek') {
    checkDeepSeek(body, model);
    checkDeepSeekModel(body, model);
  } else checkOtherModel(body, model);
  const search = readSearch(call);
  const tools = readTools(body.tools, isStrict);
  const output = readOutput(body.response_format, messages.prompt, isStrict);
  const maxTokens = numberIn(body.max_completion_tokens) ?? numberIn(body.max_tokens);
  const toolChoice = readChoice(body.tool_choice, tools);
  if (body.stream_options !== undefined && body.stream_options !== null && body.stream !== true && isStrict) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    });
  }
  return {
    model,
    prompt: toolText(tools) + messages.prompt,
    promptTokens: messages.promptTokens + countTokens(toolText(tools)),
    lastUserText: messages.lastUserText,
    tools,
    toolChoice,
    ...(search !== undefined && { search }),
    parallelTools: body.parallel_tool_calls !== false,
    toolResults: messages.toolResults,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stop: readStop(body.stop),
    output,
    wantsReasoning: wantsReasoning(body, model, isReasoner),
    choices: numberIn(body.n) ?? 1,
    seed: call.seed,
    caching: cachingOf(body, model, flavour, {
      head: toolText(tools).length,
      ends: messages.ends,
      marks: messages.breakpoints,
    }),
  };
}

function refuseUnknown(body: JsonObject): void {
  const unknown = Object.keys(body).filter((name) => !PARAMETERS.has(name));
  if (unknown.length === 0) return;
  throw invalid(`Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${unknown.join(', ')}`);
}

function checkNumbers(body: JsonObject, isStrict: boolean): void {
  checkRange(body, 'temperature', 0, 2);
  checkRange(body, 'top_p', 0, 1);
  checkRange(body, 'presence_penalty', -2, 2);
  checkRange(body, 'frequency_penalty', -2, 2);
  checkRange(body, 'top_logprobs', 0, 20);
  checkRange(body, 'n', 1, 128);
  for (const name of ['max_tokens', 'max_completion_tokens']) checkRange(body, name, 1, Number.MAX_SAFE_INTEGER);
  if (isStrict && numberIn(body.top_logprobs) !== undefined && body.logprobs !== true) {
    throw invalid("Invalid parameter: 'top_logprobs' can only be specified if 'logprobs' is set to true.", {
      param: 'top_logprobs',
    });
  }
  for (const name of ['stream', 'logprobs', 'parallel_tool_calls'] as const) {
    const value = body[name];
    if (value !== undefined && value !== null && typeof value !== 'boolean') {
      throw invalid(`Invalid type for '${name}': expected a boolean, but got ${typeName(value)} instead.`, {
        param: name,
        code: 'invalid_type',
      });
    }
  }
}

/** Refuses a number outside its bounds in OpenAI's words. */
export function checkRange(body: JsonObject, name: string, lowest: number, highest: number): void {
  const value = body[name];
  if (value === undefined || value === null) return;
  if (typeof value !== 'number') {
    throw invalid(`Invalid type for '${name}': expected a number, but got ${typeName(value)} instead.`, {
      param: name,
      code: 'invalid_type',
    });
  }
  const kind = Number.isInteger(value) ? 'integer' : 'decimal';
  if (value < lowest) {
    throw invalid(
      `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${lowest}, but got ${value} instead.`,
      {
        param: name,
        code: `${kind}_below_min_value`,
      },
    );
  }
  if (value > highest) {
    throw invalid(
      `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${highest}, but got ${value} instead.`,
      {
        param: name,
        code: `${kind}_above_max_value`,
      },
    );
  }
}

function checkReasoner(body: JsonObject): void {
  if (body.max_tokens !== undefined && body.max_tokens !== null) {
    throw invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      {
        param: 'max_tokens',
        code: 'unsupported_parameter',
      },
    );
  }
  if (typeof body.temperature === 'number' && body.temperature !== 1) {
    throw invalid(
      `Unsupported value: 'temperature' does not support ${body.temperature} with this model. Only the default (1) value is supported.`,
      { param: 'temperature', code: 'unsupported_value' },
    );
  }
  const effort = body.reasoning_effort;
  if (typeof effort === 'string' && !EFFORTS.includes(effort)) {
    throw invalid(
      `Invalid value: '${effort}'. Supported values are: ${EFFORTS.map((name) => `'${name}'`).join(', ')}.`,
      {
        param: 'reasoning_effort',
        code: 'invalid_value',
      },
    );
  }
}

/** DeepSeek wants the reasoning of a turn back while that turn still calls tools (its guide to thinking mode). */
function checkDeepSeek(body: JsonObject, model: string): void {
  if (!/reason|thinking/.test(model) && !isThinking(body)) return;
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const lastUser = messages.findLastIndex((message) => isJsonObject(message) && message.role === 'user');
  messages.forEach((message, index) => {
    if (
      index < lastUser ||
      !isJsonObject(message) ||
      message.role !== 'assistant' ||
      !Array.isArray(message.tool_calls)
    )
      return;
    if (typeof message.reasoning_content === 'string') return;
    throw invalid(`Missing \`reasoning_content\` field in the assistant message at message index ${index}.`, {
      code: 'invalid_request_error',
    });
  });
}

const isThinking = (body: JsonObject): boolean => isJsonObject(body.thinking) && body.thinking.type === 'enabled';

function wantsReasoning(body: JsonObject, model: string, isReasoner: boolean): boolean {
  if (isJsonObject(body.thinking)) return body.thinking.type === 'enabled';
  if (typeof body.reasoning_effort === 'string') return body.reasoning_effort !== 'none';
  return isReasoner || /reason|think/.test(model);
}

function readTools(value: JsonValue | undefined, isStrict: boolean): AskedTool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    throw invalid(`Invalid type for 'tools': expected an array of objects, but got ${typeName(value)} instead.`, {
      param: 'tools',
      code: 'invalid_type',
    });
  }
  if (value.length === 0 && isStrict) {
    throw invalid(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      {
        param: 'tools',
        code: 'empty_array',
      },
    );
  }
  return value.flatMap((tool, index) => (isSearchTool(tool) ? [] : [readTool(tool, index, isStrict)]));
}

function readTool(tool: JsonValue, index: number, isStrict: boolean): AskedTool {
  const at = `tools[${index}]`;
  if (!isJsonObject(tool) || typeof tool.type !== 'string') {
    throw invalid(`Missing required parameter: '${at}.type'.`, {
      param: `${at}.type`,
      code: 'missing_required_parameter',
    });
  }
  const described = tool.type === 'custom' ? tool.custom : tool.function;
  if (!isJsonObject(described)) {
    throw invalid(`Missing required parameter: '${at}.function'.`, {
      param: `${at}.function`,
      code: 'missing_required_parameter',
    });
  }
  const { name, description, parameters } = described;
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw invalid(
      `Invalid '${at}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      { param: `${at}.function.name`, code: 'invalid_value' },
    );
  }
  const schema = isJsonObject(parameters) ? parameters : { type: 'object', properties: {} };
  if (isJsonObject(parameters) && parameters.type !== undefined && parameters.type !== 'object') {
    throw invalid(
      `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(parameters.type)}"'.`,
      {
        param: `${at}.function.parameters`,
        code: 'invalid_function_parameters',
      },
    );
  }
  if (isStrict && described.strict === true)
    checkStrictSchema(schema, `function '${name}'`, `${at}.function.parameters`, 'invalid_function_parameters');
  return { name, description: typeof description === 'string' ? description : '', schema };
}

function readChoice(value: JsonValue | undefined, tools: readonly AskedTool[]): AskedChoice {
  if (value === undefined || value === null) return 'auto';
  if (tools.length === 0)
    throw invalid("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", {
      param: 'tool_choice',
    });
  if (value === 'auto' || value === 'none' || value === 'required') return value;
  const named = isJsonObject(value) ? (value.function ?? value.custom) : undefined;
  if (isJsonObject(value) && value.type === 'allowed_tools') {
    return isJsonObject(value.allowed_tools) && value.allowed_tools.mode === 'required' ? 'required' : 'auto';
  }
  if (!isJsonObject(named) || typeof named.name !== 'string') {
    throw invalid(`Invalid value: '${String(value)}'. Supported values are: 'none', 'auto', and 'required'.`, {
      param: 'tool_choice',
      code: 'invalid_value',
    });
  }
  const { name } = named;
  if (!tools.some((tool) => tool.name === name)) {
    throw invalid(`Tool choice '${name}' not found in 'tools' parameter.`, { param: 'tool_choice' });
  }
  return { name };
}

/** JSON mode: of the schema that the prompt states, if it states one. */
function jsonOrSchema(prompt: string): AskedOutput {
  const schema = schemaInPrompt(prompt);
  return schema === undefined ? { kind: 'json' } : { kind: 'schema', schema };
}

function readOutput(value: JsonValue | undefined, prompt: string, isStrict: boolean): AskedOutput {
  if (!isJsonObject(value)) return { kind: 'text' };
  switch (value.type) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      if (isStrict && !/json/i.test(prompt)) {
        throw invalid(
          "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
          { param: 'messages' },
        );
      }
      return jsonOrSchema(prompt);
    case 'json_schema': {
      const named = value.json_schema;
      if (!isJsonObject(named)) {
        throw invalid("Missing required parameter: 'response_format.json_schema'.", {
          param: 'response_format.json_schema',
          code: 'missing_required_parameter',
        });
      }
      if (typeof named.name !== 'string') {
        throw invalid("Missing required parameter: 'response_format.json_schema.name'.", {
          param: 'response_format.json_schema.name',
          code: 'missing_required_parameter',
        });
      }
      const schema = isJsonObject(named.schema) ? named.schema : {};
      if (isStrict && named.strict === true)
        checkStrictSchema(schema, `response_format '${named.name}'`, 'response_format', null);
      return { kind: 'schema', schema };
    }
    default:
      throw invalid(
        `Invalid value: '${String(value.type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`,
        {
          param: 'response_format.type',
          code: 'invalid_value',
        },
      );
  }
}

/** OpenAI's two rules for strict schemas: every object is closed, and all its members are required. */
export function checkStrictSchema(
  schema: JsonObject,
  owner: string,
  param: string,
  code: string | null,
  context: readonly string[] = [],
): void {
  const where = `In context=(${context.map((step) => `'${step}'`).join(', ')}${context.length === 1 ? ',' : ''})`;
  if (isJsonObject(schema.properties)) {
    if (schema.additionalProperties !== false) {
      throw invalid(
        `Invalid schema for ${owner}: ${where}, 'additionalProperties' is required to be supplied and to be false.`,
        { param, code },
      );
    }
    const required = Array.isArray(schema.required) ? schema.required : [];
    for (const [name, member] of Object.entries(schema.properties)) {
      if (!required.includes(name)) {
        throw invalid(
          `Invalid schema for ${owner}: ${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${name}'.`,
          { param, code },
        );
      }
      if (isJsonObject(member)) checkStrictSchema(member, owner, param, code, [...context, 'properties', name]);
    }
  }
  if (isJsonObject(schema.items)) checkStrictSchema(schema.items, owner, param, code, [...context, 'items']);
}

/** Stop sequences, one or up to four. */
export function readStop(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  if (value.length > 4) {
    throw invalid(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${value.length} instead.`,
      {
        param: 'stop',
        code: 'array_above_max_length',
      },
    );
  }
  return value.filter((entry) => typeof entry === 'string');
}

const toolText = (tools: readonly AskedTool[]): string =>
  tools.map((tool) => `tool ${tool.name}: ${tool.description} ${JSON.stringify(tool.schema)}\n`).join('');

/** A number, where the field holds one. */
export const numberIn = (value: JsonValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;
