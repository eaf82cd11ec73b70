/** Tool definitions and the choice among them, both ways. */

import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectOf, setMember } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import { refusal } from '../body-reader.ts';
import type { Dropped } from '../format.ts';
import type { FormatExtra, ToolChoice, ToolDefinition } from '../neutral/conversation.ts';
import { allowedBy, leftOut } from '../neutral/web-search.ts';
import { type CacheMarkStyle, readCacheMark, writeCacheControl } from './cache-marks.ts';
import { readExtra, writeExtra } from './extras.ts';
import { readerOf } from './fields.ts';
import { isOpenAiModel } from './model-names.ts';
import { readSearchOptions, readSearchTool, writeSearch } from './web-search.ts';

/** Reads `tools`, or `functions` of the legacy form, and the parameter that asks for a search of the web. */
export function readTools(body: JsonReader): readonly ToolDefinition[] | undefined {
  const tools = (body.objects('tools') ?? []).map(readTool);
  const functions = (body.objects('functions') ?? []).map((definition) => readFunction(definition, undefined));
  const search = readSearchOptions(body);
  const all = search === undefined ? [...tools, ...functions] : [...tools, ...functions, search];
  return all.length === 0 ? undefined : all;
}

function readTool(tool: JsonReader): ToolDefinition {
  const { type, function: definition, name, parameters, input_schema: schema } = tool.value;
  // LiteLLM also takes Anthropic's own shape: a name and an `input_schema` at the top.
  if (type === undefined && definition === undefined && typeof name === 'string') {
    return readFunction(readerOf({ ...tool.value, parameters: parameters ?? schema }, tool.path), tool);
  }
  if (type === 'function' || (type === undefined && isJsonObject(definition))) {
    return readFunction(tool.requiredObject('function'), tool);
  }
  const search = readSearchTool(tool.value);
  if (search !== undefined) return search;
  if (typeof type !== 'string' || type === '') {
    throw tool.refusal('type', `must name the kind of tool; most tools are of type 'function'`);
  }
  if (type === 'custom') tool.requiredObject('custom').requiredName('name');
  return { type: 'opaque', format: 'openai-chat', value: tool.value };
}

function readFunction(definition: JsonReader, holder: JsonReader | undefined): ToolDefinition {
  return {
    type: 'function',
    name: definition.requiredName('name'),
    ...defined({
      description: definition.string('description'),
      parameters: definition.object('parameters')?.value,
      strict: definition.boolean('strict'),
      cacheMark: (holder && readCacheMark(holder.value)) ?? readCacheMark(definition.value),
    }),
    ...readToolExtra(definition, holder),
  };
}

const KNOWN_TOOL: ReadonlySet<string> = new Set(['__proto__', 'type', 'function', 'cache_control']);
const KNOWN_FUNCTION: ReadonlySet<string> = new Set(['__proto__', 'input_schema', 'cache_control']);

/** Unknown members of the tool, and under `function` those of its function. */
function readToolExtra(definition: JsonReader, holder: JsonReader | undefined): { readonly extra?: FormatExtra } {
  const outer = holder?.value.function === undefined ? {} : readExtra(holder, KNOWN_TOOL);
  const inner = readExtra(definition, KNOWN_FUNCTION).extra?.fields;
  if (inner === undefined) return outer;
  return { extra: { format: 'openai-chat', fields: { ...outer.extra?.fields, function: inner } } };
}

/** Reads `tool_choice`, or `function_call` of the legacy form. */
export function readToolChoice(body: JsonReader): ToolChoice | undefined {
  const isLegacy = body.ignore('function_call').get('tool_choice') === undefined;
  const name = isLegacy ? 'function_call' : 'tool_choice';
  const given = body.get(name);
  if (given === undefined) return undefined;
  if (!isJsonObject(given)) return readChoiceWord(body, name);
  const choice = body.requiredObject(name);
  return isLegacy ? { type: 'tool', name: choice.requiredName('name') } : readChoiceObject(choice);
}

function readChoiceWord(holder: JsonReader, name: string): ToolChoice {
  const word = holder.get(name);
  // "any" is Mistral's and Anthropic's word for "required".
  if (word === 'any' || word === 'required') return { type: 'required' };
  if (word === 'auto' || word === 'none') return { type: word };
  throw holder.wrong(name, `'auto', 'none', 'required' or an object that names a tool`);
}

function readChoiceObject(choice: JsonReader): ToolChoice {
  switch (choice.get('type')) {
    case 'allowed_tools': {
      const allowed = choice.requiredObject('allowed_tools');
      const mode = allowed.oneOf('mode', ['auto', 'required']) ?? 'auto';
      return { type: 'allowed', mode, names: (allowed.objects('tools') ?? []).map(nameOf) };
    }
    case 'auto':
    case 'none':
    case 'any':
    case 'required':
      return readChoiceWord(choice, 'type');
    default:
      return { type: 'tool', name: nameOf(choice) };
  }
}

/** The name in `{type: "function", function: {name}}`, `{type: "custom", custom: {name}}` or `{type: "tool", name}`. */
function nameOf(tool: JsonReader): string {
  const { custom, function: definition, name } = tool.value;
  if (isJsonObject(custom)) return tool.requiredObject('custom').requiredName('name');
  if (isJsonObject(definition)) return tool.requiredObject('function').requiredName('name');
  if (typeof name === 'string' && name !== '') return name;
  throw refusal(tool.path, 'must name a tool: {"type": "function", "function": {"name": "…"}}');
}

/** A custom tool's name; undefined for every other tool. */
function customName(tool: ToolDefinition): string | undefined {
  if (tool.type !== 'opaque' || tool.format !== 'openai-chat' || !isJsonObject(tool.value.custom)) return undefined;
  const name = tool.value.custom.name;
  return typeof name === 'string' ? name : undefined;
}

/** What the tools come to on the wire. */
interface WrittenTools {
  readonly written: JsonValue[];
  /** `web_search_options`. */
  readonly options: JsonObject | undefined;
}

/** Writes the tool definitions; those of another format are dropped. */
export function writeTools(
  tools: readonly ToolDefinition[],
  marks: CacheMarkStyle,
  abilities: ModelAbilities,
  dropped: Dropped[],
): WrittenTools {
  const written: JsonValue[] = [];
  let options: JsonObject | undefined;
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'opaque') {
      if (tool.format === 'openai-chat') written.push(tool.value);
      else dropped.push(leftOut({ tools }, index, `only ${tool.format} has this kind of tool`));
      continue;
    }
    if (tool.type === 'server') {
      const search = writeSearch(tools, index, tool, abilities, dropped);
      if (search.tool !== undefined) written.push(search.tool);
      options ??= search.options;
      continue;
    }
    const definition: JsonObject = { name: tool.name };
    if (tool.description !== undefined) definition.description = tool.description;
    if (tool.parameters !== undefined) definition.parameters = tool.parameters;
    if (tool.strict !== undefined) definition.strict = tool.strict;
    const { function: inner, ...extra } = writeExtra(tool.extra, `tools[${index}]`, dropped);
    for (const [name, value] of Object.entries(objectOf(inner) ?? {})) setMember(definition, name, value);
    const entry: JsonObject = { type: 'function', function: definition, ...extra };
    if (tool.cacheMark !== undefined && marks === 'cache-control')
      entry.cache_control = writeCacheControl(tool.cacheMark);
    written.push(entry);
  }
  return { written, options };
}

function pointTo(name: string, customs: ReadonlySet<string | undefined>): JsonObject {
  return customs.has(name) ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } };
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
      // How a search is chosen depends on the words that the model has for it.
      if (tools.some((tool) => tool.type === 'server' && tool.name === choice.name))
        return { tools, choice: undefined };
      return { tools, choice: pointTo(choice.name, new Set(tools.map(customName))) };
    case 'allowed': {
      const isAllowed = allowedBy(choice);
      if (isOpenAiModel(model)) {
        const hosted = new Set(tools.flatMap((tool) => (tool.type === 'server' ? [tool.name] : [])));
        const customs = new Set(tools.map(customName));
        const pointed = choice.names.filter((name) => !hosted.has(name)).map((name) => pointTo(name, customs));
        return {
          tools: tools.filter((tool) => tool.type !== 'server' || isAllowed(tool)),
          choice: { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools: pointed } },
        };
      }
      const narrowed = tools.filter(isAllowed);
      return { tools: narrowed, choice: choice.mode };
    }
  }
}
