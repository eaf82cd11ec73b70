/** Neutral tools → OpenAI's. Tools that were read from this format are written as they were. */
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf } from '../../core/json.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import type { Dropped } from '../format.ts';
import type { ToolDefinition } from '../neutral/conversation.ts';
import type { ServerTool } from '../neutral/server-tools.ts';
import { leftOut, nameOfTool, whyNotSearched } from '../neutral/web-search.ts';
import { writeCodeTool } from './code-execution.ts';
import { writeSearchTool } from './web-search.ts';

/** A tool in a namespace. */
export interface NamespacePlace {
  readonly namespace: string;
  readonly name: string;
}

export interface WrittenTools {
  readonly written: JsonValue[];
  /** The names of tools that take free text. */
  readonly customNames: ReadonlySet<string>;
  /** The tools in namespaces, by the names that other formats know them under. */
  readonly namespaces: ReadonlyMap<string, NamespacePlace>;
  /** The tools that OpenAI runs, by the names that a choice has for them. */
  readonly hosted: ReadonlyMap<string, JsonObject>;
  /** The names of tools that were left out. */
  readonly gone: ReadonlySet<string>;
}

function whyLeftOut(tool: ServerTool, { webSearch, codeExecution }: ModelAbilities): string | undefined {
  if (tool.tool === 'code-execution') return codeExecution === true ? undefined : 'nothing runs code for the model';
  if (webSearch !== 'tool') return 'the model does not search the web';
  return whyNotSearched(tool, { domains: 'both' });
}

function writeServerTool(tool: ServerTool): JsonObject {
  if (tool.raw.format === 'openai-responses') return tool.raw.value;
  return tool.tool === 'web-search' ? writeSearchTool(tool) : writeCodeTool();
}

/** Writes the definitions. */
export function writeTools(
  tools: readonly ToolDefinition[],
  abilities: ModelAbilities,
  dropped: Dropped[],
): WrittenTools {
  const written: JsonValue[] = [];
  const customNames = new Set<string>();
  const namespaces = new Map<string, NamespacePlace>();
  const groups = new Map<string, JsonObject[]>();
  const hosted = new Map<string, JsonObject>();
  const gone = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'opaque') {
      const own = tool.format === 'openai-responses' ? tool.value : customOf(tool.value);
      if (own === undefined) {
        gone.add(nameOfTool(tool));
        dropped.push(leftOut({ tools }, index, `only ${tool.format} has this kind of tool`));
        continue;
      }
      if (own.type === 'custom') customNames.add(String(own.name));
      else hosted.set(nameOfTool(tool), own);
      written.push(own);
      continue;
    }
    if (tool.type === 'server') {
      const why = tool.raw.format === 'openai-responses' ? undefined : whyLeftOut(tool, abilities);
      if (why === undefined) {
        const own = writeServerTool(tool);
        hosted.set(tool.name, own);
        written.push(own);
      } else {
        gone.add(tool.name);
        dropped.push(leftOut({ tools }, index, why));
      }
      continue;
    }
    const fields = tool.extra?.format === 'openai-responses' ? tool.extra.fields : {};
    const given = objectOf(fields.namespace);
    const namespace = stringOf(given?.name);
    const definition = isJsonObject(fields.custom) ? fields.custom : functionOf(tool, fields);
    if (isJsonObject(fields.custom)) customNames.add(tool.name);
    if (namespace === undefined) {
      written.push(definition);
      continue;
    }
    namespaces.set(tool.name, { namespace, name: String(definition.name) });
    const group = groups.get(namespace);
    if (group !== undefined) group.push(definition);
    else {
      const members = [definition];
      groups.set(namespace, members);
      written.push({ type: 'namespace', description: '', ...given, tools: members });
    }
  }
  return { written, customNames, namespaces, hosted, gone };
}

/** A custom tool of chat completions: its members are one level deeper there. */
function customOf(value: JsonObject): JsonObject | undefined {
  if (value.type !== 'custom' || !isJsonObject(value.custom)) return undefined;
  const { format, ...rest } = value.custom;
  const grammar = isJsonObject(format) && isJsonObject(format.grammar) ? format.grammar : undefined;
  const flat = grammar === undefined ? format : { type: 'grammar', ...grammar };
  return { type: 'custom', ...rest, ...(flat !== undefined && { format: flat }) };
}

function functionOf(tool: Extract<ToolDefinition, { type: 'function' }>, fields: JsonObject): JsonObject {
  const { namespace: _namespace, name, custom: _custom, ...rest } = fields;
  return {
    type: 'function',
    name: stringOf(name) ?? tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    parameters: tool.parameters ?? { type: 'object', properties: {} },
    // An absent `strict` would make OpenAI close the schema by itself.
    strict: tool.strict ?? false,
    ...rest,
  };
}
