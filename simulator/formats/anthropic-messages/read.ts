import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { Ask, AskedChoice, AskedOutput, AskedTool } from '../../answering/ask.ts';
import { leastForClaude } from '../../prompt-cache/model-facts.ts';
import { invalid } from '../errors.ts';
import type { Call } from '../operation.ts';
import { checkCacheControl, refuseExtraMembers } from './blocks.ts';
import { checkClaudeModel } from './model-rules.ts';
import { PromptReader, topMark } from './read-messages.ts';
import { readSearch } from './web-search.ts';

const LEAST_THINKING = 1024;
const TOOL_MEMBERS = [
  'type',
  'name',
  'description',
  'input_schema',
  'cache_control',
  'strict',
  'defer_loading',
  'allowed_callers',
  'eager_input_streaming',
  'input_examples',
];

/** Reads and checks a Messages request as Anthropic does; counting tokens takes fewer members. */
export function readMessagesRequest(call: Call, isCount: boolean): Ask {
  const { body, model } = call;
  if (call.headers['anthropic-version'] === undefined) throw invalid('anthropic-version: header is required');
  refuseExtraMembers(body, isCount);
  if (typeof body.model !== 'string') throw invalid('model: Field required');
  if (!isCount) checkLimit(body);
  checkClaudeModel(body, model, isCount);
  const thinking = readThinking(body, isCount);
  const reader = new PromptReader();
  const tools = readTools(body.tools, reader);
  const toolChoice = readChoice(body.tool_choice, tools);
  const search = readSearch(body, model);
  if (thinking.isOn && (toolChoice === 'required' || typeof toolChoice === 'object')) {
    throw invalid('Thinking may not be enabled when tool_choice forces tool use.');
  }
  reader.readSystem(body.system);
  reader.readMessages(body.messages, thinking.isOn);
  reader.mark(topMark(body));
  checkSampling(body, thinking.isOn);
  const prompt = reader.finish();
  return {
    model,
    prompt: prompt.text,
    promptTokens: prompt.tokens,
    lastUserText: prompt.lastUserText,
    tools: tools.filter((tool) => tool.isHosted !== true),
    toolChoice,
    ...(search !== undefined && { search }),
    parallelTools: !(isJsonObject(body.tool_choice) && body.tool_choice.disable_parallel_tool_use === true),
    toolResults: prompt.toolResults,
    ...(typeof body.max_tokens === 'number' ? { maxTokens: body.max_tokens } : {}),
    stop: readStop(body.stop_sequences),
    output: readOutput(body),
    wantsReasoning: thinking.isOn || /reason|think/.test(model),
    ...(thinking.budget === undefined ? {} : { reasoningTokens: thinking.budget }),
    choices: 1,
    seed: call.seed,
    caching: {
      kind: 'marked',
      marks: prompt.marks,
      foundAt: prompt.foundAt,
      least: leastForClaude(model),
      // Another choice of tools or way of thinking spoils what is cached of the messages, and nothing before them.
      seam: { characters: prompt.headCharacters, text: JSON.stringify([body.tool_choice, body.thinking]) },
    },
  };
}

function checkLimit(body: JsonObject): void {
  if (body.max_tokens === undefined) throw invalid('max_tokens: Field required');
  if (typeof body.max_tokens !== 'number' || !Number.isInteger(body.max_tokens)) {
    throw invalid('max_tokens: Input should be a valid integer');
  }
  if (body.max_tokens < 1) throw invalid('max_tokens: Input should be greater than or equal to 1');
  if (body.stream !== undefined && typeof body.stream !== 'boolean')
    throw invalid('stream: Input should be a valid boolean');
}

function readThinking(body: JsonObject, isCount: boolean): { isOn: boolean; budget?: number } {
  const { thinking } = body;
  if (thinking === undefined || thinking === null) return { isOn: false };
  if (!isJsonObject(thinking))
    throw invalid('thinking: Input should be a valid dictionary or object to extract fields from');
  switch (thinking.type) {
    case 'disabled':
      return { isOn: false };
    case 'adaptive':
    case 'between_tools':
      return { isOn: true };
    case 'enabled': {
      const budget = thinking.budget_tokens;
      if (typeof budget !== 'number') throw invalid('thinking.enabled.budget_tokens: Field required');
      if (budget < LEAST_THINKING) {
        throw invalid(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${LEAST_THINKING}`);
      }
      if (!isCount && typeof body.max_tokens === 'number' && body.max_tokens <= budget) {
        throw invalid(
          '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size',
        );
      }
      return { isOn: true, budget };
    }
    default:
      throw invalid(
        `thinking: Input tag '${String(thinking.type)}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'`,
      );
  }
}

function checkSampling(body: JsonObject, isThinking: boolean): void {
  for (const name of ['temperature', 'top_p'] as const) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number') throw invalid(`${name}: Input should be a valid number`);
    if (value < 0) throw invalid(`${name}: Input should be greater than or equal to 0`);
    if (value > 1) throw invalid(`${name}: Input should be less than or equal to 1`);
  }
  if (!isThinking) return;
  if (typeof body.temperature === 'number' && body.temperature !== 1) {
    throw invalid(
      '`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking',
    );
  }
  if (typeof body.top_k === 'number') throw invalid('`top_k` must be unset when thinking is enabled.');
}

function readTools(value: JsonValue | undefined, reader: PromptReader): (AskedTool & { isHosted?: boolean })[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('tools: Input should be a valid list');
  const names = new Set<string>();
  return value.map((tool, index) => {
    const read = readTool(tool, index);
    if (names.has(read.name)) throw invalid('tools: Tool names must be unique.');
    names.add(read.name);
    const mark = isJsonObject(tool) ? tool.cache_control : undefined;
    reader.block(`tool ${read.name}: ${read.description} ${JSON.stringify(read.schema)}\n`, mark);
    return read;
  });
}

function readTool(tool: JsonValue, index: number): AskedTool & { isHosted?: boolean } {
  if (!isJsonObject(tool))
    throw invalid(`tools.${index}: Input should be a valid dictionary or object to extract fields from`);
  const at = `tools.${index}.custom`;
  const { name, description, type } = tool;
  if (typeof name !== 'string') throw invalid(`${at}.name: Field required`);
  // Tools that Anthropic runs itself (`web_search_20250305`) have members of their own.
  if (typeof type === 'string' && type !== 'custom') {
    if (!/^[a-z_0-9]+_\d{8}$/.test(type)) {
      throw invalid(
        `tools.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250728', 'web_search_20250305'`,
      );
    }
    const isHosted = /^(?:web_search|web_fetch|code_execution)_/.test(type);
    return { name, description: type, schema: { type: 'object' }, isHosted };
  }
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name))
    throw invalid(`${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  const extra = Object.keys(tool).find((member) => !TOOL_MEMBERS.includes(member));
  if (extra !== undefined) throw invalid(`${at}.${extra}: Extra inputs are not permitted`);
  checkCacheControl(tool.cache_control, at);
  const schema = tool.input_schema;
  if (!isJsonObject(schema)) throw invalid(`${at}.input_schema: Field required`);
  if (schema.type === undefined) throw invalid(`${at}.input_schema.type: Field required`);
  if (schema.type !== 'object') throw invalid(`${at}.input_schema.type: Input should be 'object'`);
  return { name, description: typeof description === 'string' ? description : '', schema };
}

function readChoice(value: JsonValue | undefined, tools: readonly AskedTool[]): AskedChoice {
  if (value === undefined || value === null) return 'auto';
  if (!isJsonObject(value))
    throw invalid('tool_choice: Input should be a valid dictionary or object to extract fields from');
  if (tools.length === 0) throw invalid('tool_choice: may only be specified while providing tools');
  switch (value.type) {
    case 'auto':
      return 'auto';
    case 'any':
      return 'required';
    case 'none':
      return 'none';
    case 'tool': {
      const { name } = value;
      if (typeof name !== 'string') throw invalid('tool_choice.tool.name: Field required');
      if (!tools.some((tool) => tool.name === name)) throw invalid(`Tool '${name}' not found in provided tools`);
      return { name };
    }
    default:
      throw invalid(
        `tool_choice: Input tag '${String(value.type)}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
      );
  }
}

function readStop(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('stop_sequences: Input should be a valid list');
  return value.map((sequence) => {
    if (typeof sequence !== 'string') throw invalid('stop_sequences: Input should be a valid string');
    if (sequence.trim() === '') throw invalid('stop_sequences: each stop sequence must contain non-whitespace');
    return sequence;
  });
}

function readOutput(body: JsonObject): AskedOutput {
  const format = isJsonObject(body.output_config) ? body.output_config.format : body.output_format;
  if (!isJsonObject(format)) return { kind: 'text' };
  if (format.type !== 'json_schema') {
    throw invalid(
      `output_config.format: Input tag '${String(format.type)}' found using 'type' does not match any of the expected tags: 'json_schema'`,
    );
  }
  if (!isJsonObject(format.schema)) throw invalid('output_config.format.schema: Field required');
  return { kind: 'schema', schema: format.schema };
}
