/** Tool definitions and the choice among them, both ways. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type Dropped, FormatError } from '../format.ts';
import type { FormatExtra, ToolChoice, ToolDefinition } from '../neutral/conversation.ts';
import { type CacheMarkStyle, readCacheMark, writeCacheControl } from './cache-marks.ts';
import { readExtra, writeExtra } from './extras.ts';
import {
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredName,
  requiredObject,
  wrongKind,
} from './fields.ts';
import { isOpenAiModel } from './model-names.ts';

/** Reads `tools`, or `functions` of the legacy form. */
export function readTools(body: JsonObject): readonly ToolDefinition[] | undefined {
  const tools = optionalArray(body.tools, 'tools')?.map((tool, index) => readTool(tool, `tools[${index}]`));
  const functions = optionalArray(body.functions, 'functions')?.map((definition, index) =>
    readFunction(requiredObject(definition, `functions[${index}]`), `functions[${index}]`, undefined),
  );
  const all = [...(tools ?? []), ...(functions ?? [])];
  return all.length === 0 ? undefined : all;
}

function readTool(value: JsonValue, path: string): ToolDefinition {
  const tool = requiredObject(value, path);
  // LiteLLM also takes Anthropic's own shape: a name and an `input_schema` at the top.
  if (tool.type === undefined && tool.function === undefined && typeof tool.name === 'string') {
    return readFunction({ ...tool, parameters: tool.parameters ?? tool.input_schema }, path, tool);
  }
  if (tool.type === 'function' || (tool.type === undefined && isJsonObject(tool.function))) {
    return readFunction(requiredObject(tool.function, `${path}.function`), `${path}.function`, tool);
  }
  if (typeof tool.type !== 'string' || tool.type === '') {
    throw new FormatError(
      `${path}.type`,
      `'${path}.type' must name the kind of tool; most tools are of type 'function'.`,
    );
  }
  if (tool.type === 'custom') {
    requiredName(requiredObject(tool.custom, `${path}.custom`).name, `${path}.custom.name`);
  }
  return { type: 'opaque', format: 'openai-chat', value: tool };
}

function readFunction(definition: JsonObject, path: string, holder: JsonObject | undefined): ToolDefinition {
  const description = optionalString(definition.description, `${path}.description`);
  const parameters = optionalObject(definition.parameters, `${path}.parameters`);
  const strict = optionalBoolean(definition.strict, `${path}.strict`);
  const cacheMark = (holder === undefined ? undefined : readCacheMark(holder)) ?? readCacheMark(definition);
  return {
    type: 'function',
    name: requiredName(definition.name, `${path}.name`),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(strict === undefined ? {} : { strict }),
    ...(cacheMark === undefined ? {} : { cacheMark }),
    ...readToolExtra(definition, holder),
  };
}

const KNOWN_TOOL: ReadonlySet<string> = new Set(['type', 'function', 'cache_control']);
const KNOWN_FUNCTION: ReadonlySet<string> = new Set([
  'name',
  'description',
  'parameters',
  'input_schema',
  'strict',
  'cache_control',
]);

/** Unknown members of the tool, and under `function` those of its function. */
function readToolExtra(definition: JsonObject, holder: JsonObject | undefined): { readonly extra?: FormatExtra } {
  const outer = holder?.function === undefined ? {} : readExtra(holder, KNOWN_TOOL);
  const inner = readExtra(definition, KNOWN_FUNCTION).extra?.fields;
  if (inner === undefined) return outer;
  return { extra: { format: 'openai-chat', fields: { ...outer.extra?.fields, function: inner } } };
}

/** Reads `tool_choice`, or `function_call` of the legacy form. */
export function readToolChoice(body: JsonObject): ToolChoice | undefined {
  const told = body.tool_choice ?? undefined;
  if (told === undefined) {
    const legacy = body.function_call ?? undefined;
    if (legacy === undefined) return undefined;
    if (isJsonObject(legacy)) return { type: 'tool', name: requiredName(legacy.name, 'function_call.name') };
    return readChoiceWord(legacy, 'function_call');
  }
  return isJsonObject(told) ? readChoiceObject(told) : readChoiceWord(told, 'tool_choice');
}

function readChoiceWord(value: JsonValue, path: string): ToolChoice {
  // "any" is Mistral's and Anthropic's word for "required".
  if (value === 'any' || value === 'required') return { type: 'required' };
  if (value === 'auto' || value === 'none') return { type: value };
  throw wrongKind(path, `'auto', 'none', 'required' or an object that names a tool`, value);
}

function readChoiceObject(choice: JsonObject): ToolChoice {
  switch (choice.type) {
    case 'allowed_tools': {
      const allowed = requiredObject(choice.allowed_tools, 'tool_choice.allowed_tools');
      const path = 'tool_choice.allowed_tools.tools';
      const tools = optionalArray(allowed.tools, path) ?? [];
      const mode = allowed.mode ?? 'auto';
      if (mode !== 'auto' && mode !== 'required') {
        throw wrongKind('tool_choice.allowed_tools.mode', `'auto' or 'required'`, mode);
      }
      return { type: 'allowed', mode, names: tools.map((tool, index) => nameOf(tool, `${path}[${index}]`)) };
    }
    case 'auto':
    case 'none':
    case 'any':
    case 'required':
      return readChoiceWord(choice.type, 'tool_choice.type');
    default:
      return { type: 'tool', name: nameOf(choice, 'tool_choice') };
  }
}

/** The name in `{type: "function", function: {name}}`, `{type: "custom", custom: {name}}` or `{type: "tool", name}`. */
function nameOf(value: JsonValue, path: string): string {
  const tool = requiredObject(value, path);
  if (isJsonObject(tool.custom)) return requiredName(tool.custom.name, `${path}.custom.name`);
  if (isJsonObject(tool.function)) return requiredName(tool.function.name, `${path}.function.name`);
  if (typeof tool.name === 'string' && tool.name !== '') return tool.name;
  throw new FormatError(path, `'${path}' must name a tool: {"type": "function", "function": {"name": "…"}}.`);
}

/** A custom tool's name; undefined for every other tool. */
function customName(tool: ToolDefinition): string | undefined {
  if (tool.type !== 'opaque' || tool.format !== 'openai-chat' || !isJsonObject(tool.value.custom)) return undefined;
  const name = tool.value.custom.name;
  return typeof name === 'string' ? name : undefined;
}

/** Writes the tool definitions; those of another format are dropped. */
export function writeTools(tools: readonly ToolDefinition[], marks: CacheMarkStyle, dropped: Dropped[]): JsonValue[] {
  const written: JsonValue[] = [];
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'opaque') {
      if (tool.format === 'openai-chat') written.push(tool.value);
      else dropped.push({ field: `tools[${index}]`, why: `a tool that only ${tool.format} knows`, kind: 'unknown' });
      continue;
    }
    const definition: JsonObject = { name: tool.name };
    if (tool.description !== undefined) definition.description = tool.description;
    if (tool.parameters !== undefined) definition.parameters = tool.parameters;
    if (tool.strict !== undefined) definition.strict = tool.strict;
    const { function: inner, ...extra } = writeExtra(tool.extra, `tools[${index}]`, dropped);
    if (isJsonObject(inner)) Object.assign(definition, inner);
    const entry: JsonObject = { type: 'function', function: definition, ...extra };
    if (tool.cacheMark !== undefined && marks === 'cache-control')
      entry.cache_control = writeCacheControl(tool.cacheMark);
    written.push(entry);
  }
  return written;
}

function pointTo(name: string, tools: readonly ToolDefinition[]): JsonObject {
  const isCustom = tools.some((tool) => customName(tool) === name);
  return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } };
}

/** The tools and the choice to write. Only OpenAI knows `allowed_tools`: for others, the tools not allowed are left out. */
export function narrowTools(
  tools: readonly ToolDefinition[],
  choice: ToolChoice | undefined,
  model: string,
): { readonly tools: readonly ToolDefinition[]; readonly choice: JsonValue | undefined } {
  if (choice === undefined) return { tools, choice: undefined };
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return { tools, choice: choice.type };
    case 'tool':
      return { tools, choice: pointTo(choice.name, tools) };
    case 'allowed': {
      if (isOpenAiModel(model)) {
        const allowed = { mode: choice.mode, tools: choice.names.map((name) => pointTo(name, tools)) };
        return { tools, choice: { type: 'allowed_tools', allowed_tools: allowed } };
      }
      const names = new Set(choice.names);
      const narrowed = tools.filter((tool) =>
        names.has(tool.type === 'function' ? tool.name : (customName(tool) ?? '')),
      );
      return { tools: narrowed, choice: choice.mode };
    }
  }
}
