/** A request as Anthropic's SDKs and Claude Code write it → the neutral conversation. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { readerOf } from '../body-reader.ts';
import type { ReadRequest } from '../format.ts';
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
import { readCodeTool } from './code-execution.ts';
import { readBlocks, readCacheMark, readExtra, type ToolNames } from './read-content.ts';
import { readSearchTool } from './web-search.ts';

function readContent(holder: JsonReader, name: string, names: ToolNames): Part[] {
  const value = holder.get(name);
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  if (!Array.isArray(value)) throw holder.wrong(name, 'a string or an array of content blocks');
  return readBlocks(holder.requiredObjects(name), names);
}

/** One message; a user message that answers tool calls becomes a turn of results and, if more follows, a user turn. */
function readMessage(message: JsonReader, names: ToolNames): Turn[] {
  const parts = readContent(message, 'content', names);
  const role = message.oneOf('role', ['user', 'assistant', 'system']);
  if (role === undefined) throw message.wrongChoice('role', ['user', 'assistant', 'system']);
  const extra = readExtra(message);
  if (role !== 'user') return [{ role, parts, ...extra }];
  const results = parts.filter((part) => part.type === 'tool-result');
  if (results.length === 0) return [{ role, parts, ...extra }];
  const rest = parts.filter((part) => part.type !== 'tool-result');
  return [{ role: 'tool', parts: results, ...extra }, ...(rest.length === 0 ? [] : [{ role, parts: rest } as const])];
}

function readSystem(body: JsonReader): Turn[] {
  if (body.get('system') === undefined) return [];
  const parts = readContent(body, 'system', new Map());
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

function readTool(tool: JsonReader): ToolDefinition {
  const type = tool.string('type');
  // Server tools and the client tools with a schema of Anthropic's own are named by a dated type.
  if (type !== undefined && type !== 'custom') {
    return (
      readSearchTool(tool.value) ??
      readCodeTool(tool.value) ?? { type: 'opaque', format: 'anthropic-messages', value: tool.value }
    );
  }
  return {
    type: 'function',
    name: tool.requiredString('name'),
    ...defined({
      description: tool.string('description'),
      parameters: tool.object('input_schema')?.value,
      strict: tool.boolean('strict'),
      cacheMark: readCacheMark(tool),
    }),
    ...readExtra(tool),
  };
}

function readToolChoice(body: JsonReader): { toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  const choice = body.object('tool_choice');
  if (choice === undefined) return {};
  const single = choice.boolean('disable_parallel_tool_use');
  const parallel = single === undefined ? {} : { parallelToolCalls: !single };
  const type = choice.requiredString('type');
  switch (type) {
    case 'auto':
    case 'none':
      return { toolChoice: { type }, ...parallel };
    case 'any':
      return { toolChoice: { type: 'required' }, ...parallel };
    case 'tool':
      return { toolChoice: { type: 'tool', name: choice.requiredString('name') }, ...parallel };
    default:
      throw choice.wrongChoice('type', ['auto', 'any', 'tool', 'none']);
  }
}

/** `thinking` and `output_config.effort`. What the neutral form has no word for stays whole in `kept`. */
function readReasoning(body: JsonReader, kept: JsonObject): { reasoning?: ReasoningRequest } {
  const thinking = body.object('thinking');
  const config = body.object('output_config');
  const effort = config?.string('effort');
  if (effort !== undefined && !isReasoningEffort(effort)) {
    throw config?.wrongChoice('effort', ['low', 'medium', 'high', 'xhigh', 'max']);
  }
  const asked = defined({ effort });
  if (thinking === undefined) return effort === undefined ? {} : { reasoning: asked };
  const type = thinking.requiredString('type');
  const budgetTokens = thinking.integer('budget_tokens', 0);
  const display = thinking.string('display');
  if (type !== 'enabled' && type !== 'disabled' && type !== 'adaptive') {
    // `between_tools`, or a kind made later: the least thinking there is, as far as another model is concerned.
    kept.thinking = thinking.value;
    return { reasoning: { effort: 'minimal', ...asked } };
  }
  if (thinking.unread().length > 0) kept.thinking = thinking.value;
  const include = display === undefined ? undefined : display !== 'omitted';
  return { reasoning: { mode: type, ...asked, ...defined({ budgetTokens, include }) } };
}

function readOutput(body: JsonReader): { output?: OutputFormat } {
  // `output_format` is the name the field had during its beta (2025-11).
  const format = body.ignore('output_format').object('output_config')?.object('format') ?? body.object('output_format');
  if (format === undefined) return {};
  if (format.requiredString('type') !== 'json_schema') throw format.wrongChoice('type', ['json_schema']);
  const schema = format.requiredObject('schema').value;
  // Anthropic's schemas have no name, OpenAI's must; Anthropic always holds the model to them.
  return { output: { type: 'json-schema', name: format.string('name') ?? 'response', schema, strict: true } };
}

function readSampling(body: JsonReader): Sampling {
  const stop = body.strings('stop_sequences');
  return defined({
    temperature: body.number('temperature'),
    topP: body.number('top_p'),
    topK: body.integer('top_k', 0),
    stop: stop !== undefined && stop.length > 0 ? stop : undefined,
  });
}

function readConversation(body: JsonReader): ConversationRequest {
  const names: ToolNames = new Map();
  const turns = readSystem(body);
  for (const message of body.requiredObjects('messages')) turns.push(...readMessage(message, names));
  const kept: JsonObject = {};
  const reasoning = readReasoning(body, kept);
  const output = readOutput(body);
  const configRest = body.object('output_config')?.ignore('effort', 'format').rest();
  if (configRest !== undefined) kept.output_config = configRest;
  const metadata = body.object('metadata');
  const userId = metadata?.string('user_id');
  const serviceTier = body.string('service_tier');
  const request = {
    model: body.requiredString('model'),
    turns,
    ...defined({ tools: body.objects('tools')?.map(readTool) }),
    ...readToolChoice(body),
    ...output,
    sampling: readSampling(body),
    ...defined({ maxOutputTokens: body.integer('max_tokens', 0) }),
    ...reasoning,
    stream: body.boolean('stream') ?? false,
    streamUsage: true,
    ...defined({
      userId,
      serviceTier: serviceTier === 'standard_only' ? 'default' : serviceTier,
      metadata: metadata?.rest(),
      cacheMark: readCacheMark(body),
    }),
  };
  return { ...request, extensions: { format: 'anthropic-messages', fields: { ...body.rest(), ...kept } } };
}

/** Reads the body of `POST /v1/messages`. Throws `FormatError` if it is not one. */
export function readRequest(value: JsonObject): ReadRequest {
  const body = readerOf(value);
  const request = readConversation(body);
  if (request.maxOutputTokens === undefined) throw body.wrong('max_tokens', 'a whole number of at least 0');
  return { request, dropped: [] };
}

/** Reads the body of `POST /v1/messages/count_tokens`: a request without `max_tokens`. */
export function readCountTokensRequest(value: JsonObject): ReadRequest {
  return { request: readConversation(readerOf(value)), dropped: [] };
}
