/** Tools and the choice among them → neutral. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { readerOf } from '../body-reader.ts';
import type { ToolChoice, ToolDefinition } from '../neutral/conversation.ts';
import { nameOfTool } from '../neutral/web-search.ts';
import { readCodeTool } from './code-execution.ts';
import { type ClientTool, type ClientTools, customAsFunction } from './tool-names.ts';
import { isSearchName, readSearchTool } from './web-search.ts';

const KNOWN: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict', '__proto__']);

/** The definitions: those that the client runs first, then those of the provider. */
export function readTools(
  tools: readonly JsonValue[],
  clientTools: ClientTools,
): readonly ToolDefinition[] | undefined {
  if (tools.length === 0) return undefined;
  const own = tools.flatMap((value, index): ToolDefinition[] => {
    const tool = readerOf(value, `tools[${index}]`);
    const type = tool.requiredName('type');
    if (type === 'function' || type === 'custom') tool.requiredName('name');
    if (type === 'function' || type === 'custom' || type === 'namespace') return [];
    return [
      readSearchTool(tool.value) ??
        readCodeTool(tool.value) ?? { type: 'opaque', format: 'openai-responses', value: tool.value },
    ];
  });
  return [...clientTools.all.map(readClientTool), ...own];
}

function readClientTool(tool: ClientTool): ToolDefinition {
  const { value, flatName, namespace, name, isCustom, path } = tool;
  const reader = readerOf(value, path);
  if (isCustom) {
    const fields: JsonObject = { custom: value, ...(namespace !== undefined && { namespace: { ...namespace } }) };
    return {
      type: 'function',
      name: flatName,
      ...customAsFunction(tool),
      extra: { format: 'openai-responses', fields },
    };
  }
  const fields: JsonObject = {
    ...reader.rest(KNOWN),
    ...(namespace !== undefined && { namespace: { ...namespace }, name }),
  };
  return {
    type: 'function',
    name: flatName,
    ...defined({
      description: reader.string('description'),
      parameters: reader.object('parameters')?.value,
      strict: reader.boolean('strict'),
    }),
    ...(Object.keys(fields).length > 0 && { extra: { format: 'openai-responses', fields } }),
  };
}

/** Reads `tool_choice`. Tools that the provider runs are named by their types, and keep what else the choice says of them. */
export function readToolChoice(
  body: JsonReader,
  clientTools: ClientTools,
  tools: readonly ToolDefinition[] = [],
): ToolChoice | undefined {
  const given = body.get('tool_choice');
  if (given === undefined) return undefined;
  if (!isJsonObject(given)) {
    const word = body.oneOf('tool_choice', ['auto', 'none', 'required']);
    return word === undefined ? undefined : { type: word };
  }
  const choice = body.requiredObject('tool_choice');
  const type = choice.requiredName('type');
  if (type === 'allowed_tools') {
    const mode = choice.oneOf('mode', ['auto', 'required']) ?? 'auto';
    const entries = choice.requiredObjects('tools').map(({ value }) => readChosen(value, clientTools, tools));
    const hosted = new Map(entries.flatMap(({ name, raw }) => (raw === undefined ? [] : [[name, raw] as const])));
    return { type: 'allowed', mode, names: entries.map(({ name }) => name), ...(hosted.size > 0 && { hosted }) };
  }
  if (type === 'function' || type === 'custom') {
    return { type: 'tool', name: flatNameOf(given, clientTools) ?? choice.requiredName('name') };
  }
  return { type: 'tool', ...readChosen(given, clientTools, tools) };
}

/** One tool that a choice names. */
interface Chosen {
  readonly name: string;
  /** Of a tool that the provider runs. */
  readonly raw?: { readonly format: 'openai-responses'; readonly value: JsonObject };
}

function readChosen(value: JsonObject, clientTools: ClientTools, tools: readonly ToolDefinition[]): Chosen {
  const type = stringOf(value.type) ?? '';
  if (type === 'function' || type === 'custom') return { name: flatNameOf(value, clientTools) ?? type };
  const raw = { format: 'openai-responses', value } as const;
  const searches = isSearchName(type)
    ? tools.find((tool) => tool.type === 'server' && tool.tool === 'web-search')
    : undefined;
  if (searches !== undefined) return { name: nameOfTool(searches), raw };
  return { name: wordOf(value.server_label) ?? type, raw };
}

/** Some clients put the name where chat completions have it. */
function flatNameOf(choice: JsonObject, clientTools: ClientTools): string | undefined {
  const name = wordOf(choice.name) ?? wordOf(objectOf(choice.function)?.name);
  return name === undefined ? undefined : clientTools.flatNameOf(name, stringOf(choice.namespace));
}
