/** A request as Anthropic's SDKs and Claude Code write it → the neutral conversation. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { FormatError, type ReadRequest } from '../format.ts';
import type {
  ConversationRequest,
  OutputFormat,
  Part,
  ReasoningRequest,
  Sampling,
  ToolChoice,
  ToolDefinition,
  Turn,
} from '../neutral/conversation.ts';
import { isReasoningEffort } from '../neutral/reasoning.ts';
import {
  asArray,
  asObject,
  asString,
  memberPath,
  optionalBoolean,
  optionalCount,
  optionalNumber,
  optionalObject,
  optionalString,
  otherMembers,
  requiredString,
} from './fields.ts';
import { readBlocks, readCacheMark, readExtra, type ToolNames } from './read-content.ts';

const TOP_LEVEL = new Set([
  'model',
  'messages',
  'max_tokens',
  'system',
  'metadata',
  'stop_sequences',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'service_tier',
  'cache_control',
]);
const MESSAGE = new Set(['role', 'content']);
const TOOL = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']);
const THINKING = new Set(['type', 'budget_tokens', 'display']);
const OUTPUT_CONFIG = new Set(['effort', 'format']);

function readContent(value: JsonValue | undefined, path: string, names: ToolNames): Part[] {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  if (!Array.isArray(value)) throw new FormatError(path, `${path}: expected a string or an array of content blocks.`);
  return readBlocks(value, path, names);
}

/** One message; a user message that answers tool calls becomes a turn of results and, where more follows, a user turn. */
function readMessage(message: JsonObject, path: string, names: ToolNames): Turn[] {
  const parts = readContent(message.content, memberPath(path, 'content'), names);
  const extra = readExtra(message, MESSAGE);
  const role = requiredString(message, 'role', path);
  if (role === 'assistant' || role === 'system') return [{ role, parts, ...extra }];
  if (role !== 'user') {
    const place = memberPath(path, 'role');
    throw new FormatError(place, `${place}: expected "user", "assistant" or "system", got ${JSON.stringify(role)}.`);
  }
  const results = parts.filter((part) => part.type === 'tool-result');
  if (results.length === 0) return [{ role, parts, ...extra }];
  const rest = parts.filter((part) => part.type !== 'tool-result');
  return [{ role: 'tool', parts: results, ...extra }, ...(rest.length === 0 ? [] : [{ role, parts: rest } as const])];
}

function readSystem(value: JsonValue | undefined): Turn[] {
  if (value === undefined || value === null) return [];
  const parts = readContent(value, 'system', new Map());
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

function readTool(value: JsonValue, path: string): ToolDefinition {
  const tool = asObject(value, path);
  const type = optionalString(tool, 'type', path);
  // Server tools and the client tools with a schema of Anthropic's own are named by a dated type.
  if (type !== undefined && type !== 'custom') return { type: 'opaque', format: 'anthropic-messages', value: tool };
  const description = optionalString(tool, 'description', path);
  const parameters = optionalObject(tool, 'input_schema', path);
  const strict = optionalBoolean(tool, 'strict', path);
  const cacheMark = readCacheMark(tool, path);
  return {
    type: 'function',
    name: requiredString(tool, 'name', path),
    ...defined({ description, parameters, strict, cacheMark }),
    ...readExtra(tool, TOOL),
  };
}

function readToolChoice(body: JsonObject): { toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  const choice = optionalObject(body, 'tool_choice', '');
  if (choice === undefined) return {};
  const single = optionalBoolean(choice, 'disable_parallel_tool_use', 'tool_choice');
  const parallel = single === undefined ? {} : { parallelToolCalls: !single };
  const type = requiredString(choice, 'type', 'tool_choice');
  switch (type) {
    case 'auto':
    case 'none':
      return { toolChoice: { type }, ...parallel };
    case 'any':
      return { toolChoice: { type: 'required' }, ...parallel };
    case 'tool':
      return { toolChoice: { type: 'tool', name: requiredString(choice, 'name', 'tool_choice') }, ...parallel };
    default:
      throw new FormatError(
        'tool_choice.type',
        `tool_choice.type: expected "auto", "any", "tool" or "none", got ${JSON.stringify(type)}.`,
      );
  }
}

/** `thinking` and `output_config.effort`. What the neutral form has no word for stays whole in `kept`. */
function readReasoning(body: JsonObject, kept: JsonObject): { reasoning?: ReasoningRequest } {
  const thinking = optionalObject(body, 'thinking', '');
  const config = optionalObject(body, 'output_config', '');
  const effort = config && optionalString(config, 'effort', 'output_config');
  if (effort !== undefined && !isReasoningEffort(effort)) {
    throw new FormatError(
      'output_config.effort',
      `output_config.effort: expected "low", "medium", "high", "xhigh" or "max", got ${JSON.stringify(effort)}.`,
    );
  }
  const asked = effort === undefined ? {} : { effort };
  if (thinking === undefined) return effort === undefined ? {} : { reasoning: asked };
  const type = requiredString(thinking, 'type', 'thinking');
  const budgetTokens = optionalCount(thinking, 'budget_tokens', 'thinking');
  const display = optionalString(thinking, 'display', 'thinking');
  if (type !== 'enabled' && type !== 'disabled' && type !== 'adaptive') {
    // `between_tools`, or a kind made later: the least thinking there is, as far as another model is concerned.
    kept.thinking = thinking;
    return { reasoning: { effort: 'minimal', ...asked } };
  }
  if (otherMembers(thinking, THINKING) !== undefined) kept.thinking = thinking;
  return {
    reasoning: {
      mode: type,
      ...asked,
      ...defined({ budgetTokens }),
      ...(display !== undefined && { include: display !== 'omitted' }),
    },
  };
}

function readOutput(body: JsonObject): { output?: OutputFormat } {
  const config = optionalObject(body, 'output_config', '');
  // `output_format` is the name the field had during its beta (2025-11).
  const path = config?.format === undefined ? 'output_format' : 'output_config.format';
  const format = config?.format ?? body.output_format;
  if (format === undefined || format === null) return {};
  const object = asObject(format, path);
  const type = requiredString(object, 'type', path);
  if (type !== 'json_schema') {
    throw new FormatError(`${path}.type`, `${path}.type: expected "json_schema", got ${JSON.stringify(type)}.`);
  }
  const schema = asObject(object.schema, `${path}.schema`);
  // Anthropic's schemas have no name, OpenAI's must; Anthropic always holds the model to them.
  return {
    output: { type: 'json-schema', name: optionalString(object, 'name', path) ?? 'response', schema, strict: true },
  };
}

function readSampling(body: JsonObject): Sampling {
  const temperature = optionalNumber(body, 'temperature', '');
  const topP = optionalNumber(body, 'top_p', '');
  const topK = optionalCount(body, 'top_k', '');
  const sequences = body.stop_sequences;
  const stop =
    sequences === undefined || sequences === null
      ? undefined
      : asArray(sequences, 'stop_sequences').map((item, index) => asString(item, `stop_sequences[${index}]`));
  return {
    ...defined({ temperature, topP, topK }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
  };
}

function readConversation(body: JsonObject): ConversationRequest {
  const names: ToolNames = new Map();
  const turns = readSystem(body.system);
  asArray(body.messages, 'messages').forEach((value, index) => {
    const path = `messages[${index}]`;
    turns.push(...readMessage(asObject(value, path), path, names));
  });
  const fields = otherMembers(body, TOP_LEVEL) ?? {};
  const reasoning = readReasoning(body, fields);
  const config = optionalObject(body, 'output_config', '');
  const configRest = config && otherMembers(config, OUTPUT_CONFIG);
  if (configRest !== undefined) fields.output_config = configRest;
  const metadata = optionalObject(body, 'metadata', '');
  const userId = metadata && optionalString(metadata, 'user_id', 'metadata');
  const metadataRest = metadata && otherMembers(metadata, new Set(['user_id']));
  const tools = body.tools;
  const serviceTier = optionalString(body, 'service_tier', '');
  const cacheMark = readCacheMark(body, '');
  const maxOutputTokens = optionalCount(body, 'max_tokens', '');
  return {
    model: requiredString(body, 'model', ''),
    turns,
    ...(tools !== undefined &&
      tools !== null && { tools: asArray(tools, 'tools').map((tool, index) => readTool(tool, `tools[${index}]`)) }),
    ...readToolChoice(body),
    ...readOutput(body),
    sampling: readSampling(body),
    ...defined({ maxOutputTokens }),
    ...reasoning,
    stream: optionalBoolean(body, 'stream', '') ?? false,
    streamUsage: true,
    ...defined({ userId }),
    ...(serviceTier !== undefined && { serviceTier: serviceTier === 'standard_only' ? 'default' : serviceTier }),
    ...defined({ metadata: metadataRest, cacheMark }),
    extensions: { format: 'anthropic-messages', fields },
  };
}

/** Reads the body of `POST /v1/messages`. Throws `FormatError` where it is none. */
export function readRequest(body: JsonObject): ReadRequest {
  const request = readConversation(body);
  if (request.maxOutputTokens === undefined) throw new FormatError('max_tokens', 'max_tokens: Field required.');
  return { request, dropped: [] };
}

/** Reads the body of `POST /v1/messages/count_tokens`: a request without `max_tokens`. */
export function readCountTokensRequest(body: JsonObject): ReadRequest {
  return { request: readConversation(body), dropped: [] };
}
