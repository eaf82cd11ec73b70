/** Tools and the choice among them → neutral. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { readerOf } from '../body-reader.ts';
import type { Dropped } from '../format.ts';
import type { ToolChoice, ToolDefinition } from '../neutral/conversation.ts';
import { type ClientTool, type ClientTools, customAsFunction } from './tool-names.ts';

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
    return [{ type: 'opaque', format: 'openai-responses', value: tool.value }];
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

/** Reads `tool_choice`. A choice of a tool that the provider runs has no neutral form. */
export function readToolChoice(body: JsonReader, clientTools: ClientTools, dropped: Dropped[]): ToolChoice | undefined {
  const given = body.get('tool_choice');
  if (given === undefined) return undefined;
  if (!isJsonObject(given)) {
    const word = body.oneOf('tool_choice', ['auto', 'none', 'required']);
    return word === undefined ? undefined : { type: word };
  }
  const choice = body.requiredObject('tool_choice');
  switch (choice.requiredName('type')) {
    case 'function':
    case 'custom':
      return { type: 'tool', name: flatNameOf(given, clientTools) ?? choice.requiredName('name') };
    case 'allowed_tools': {
      const names = choice.requiredObjects('tools').flatMap(({ value }) => flatNameOf(value, clientTools) ?? []);
      return { type: 'allowed', mode: choice.oneOf('mode', ['auto', 'required']) ?? 'auto', names };
    }
    default:
      dropped.push({ field: 'tool_choice', why: 'it names a tool that only OpenAI runs', kind: 'unsupported' });
      return undefined;
  }
}

/** Some clients put the name where chat completions have it. */
function flatNameOf(choice: JsonObject, clientTools: ClientTools): string | undefined {
  const name = wordOf(choice.name) ?? wordOf(objectOf(choice.function)?.name);
  return name === undefined ? undefined : clientTools.flatNameOf(name, stringOf(choice.namespace));
}
