/**
 * Tools as any other format takes them. A namespace becomes its functions, with the namespace before each name; a custom tool, which
 * takes free text, becomes a function with one text. Reader and writer find the same names, because they depend on the tools alone.
 */

import { isJsonObject, type JsonObject, type JsonValue, objectsOf, wordOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';

/** The longest name that every provider takes. */
const LONGEST_NAME = 64;
const SEPARATOR = '__';

/** One tool that the client runs. */
export interface ClientTool {
  /** The name under which another format knows it. */
  readonly flatName: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly isCustom: boolean;
  readonly value: JsonObject;
  /** Where it is in the request. */
  readonly path: string;
}

/** The tools of a request that the client runs, in their order. */
export function clientTools(tools: JsonValue | undefined): readonly ClientTool[] {
  const found: ClientTool[] = [];
  const taken = new Set<string>();
  const add = (value: JsonObject, namespace: string | undefined, path: string): void => {
    const name = wordOf(value.name);
    if (name === undefined || (value.type !== 'function' && value.type !== 'custom')) return;
    const flatName = namespace === undefined ? name : freeName(`${namespace}${SEPARATOR}${name}`, taken);
    taken.add(flatName);
    found.push({ flatName, name, namespace, isCustom: value.type === 'custom', value, path });
  };
  const list = Array.isArray(tools) ? tools : [];
  // Plain names stay as they are, whatever namespaces there are.
  for (const [index, tool] of list.entries()) if (isJsonObject(tool)) add(tool, undefined, `tools[${index}]`);
  for (const [index, tool] of list.entries()) {
    if (!isJsonObject(tool) || tool.type !== 'namespace') continue;
    for (const [inner, member] of objectsOf(tool.tools).entries()) {
      add(member, wordOf(tool.name), `tools[${index}].tools[${inner}]`);
    }
  }
  return found;
}

/** A name that fits and that no other tool has. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  if (name.length <= LONGEST_NAME && !taken.has(name)) return name;
  for (let attempt = 0; ; attempt++) {
    const mark = `_${fingerprint(attempt === 0 ? name : `${name}#${attempt}`)}`;
    const candidate = name.slice(0, LONGEST_NAME - mark.length) + mark;
    if (!taken.has(candidate)) return candidate;
  }
}

/** FNV-1a: the same name for the same tool in every request. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The member of a custom tool's function that holds its text. */
const TEXT = 'input';

/** The function that stands in for a custom tool. */
export function customAsFunction({ value }: ClientTool): {
  readonly description?: string;
  readonly parameters: JsonObject;
} {
  const format = isJsonObject(value.format) ? value.format : undefined;
  const grammar = wordOf(format?.definition);
  const syntax = wordOf(format?.syntax);
  const words = [
    wordOf(value.description),
    grammar === undefined ? undefined : `\`${TEXT}\` must follow this ${syntax ?? ''} grammar:\n${grammar}`,
  ].filter((word) => word !== undefined);
  return {
    ...(words.length > 0 && { description: words.join('\n\n') }),
    parameters: {
      type: 'object',
      properties: { [TEXT]: { type: 'string', description: 'The whole input of the tool.' } },
      required: [TEXT],
      additionalProperties: false,
    },
  };
}

/** The arguments of that function for a text. */
export function argumentsOfText(text: string): string {
  return JSON.stringify({ [TEXT]: text });
}

/** The text in the arguments of that function; arguments of another shape are the text themselves. */
export function textOfArguments(written: string): string {
  try {
    const value: unknown = parseJson(written);
    if (isJsonObject(value) && typeof value[TEXT] === 'string') return value[TEXT];
  } catch {
    // What a model wrote is kept, broken or not.
  }
  return written;
}
