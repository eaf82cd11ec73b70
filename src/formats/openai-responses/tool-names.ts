/**
 * Tools as any other format takes them. A namespace becomes its functions, with the namespace before each name; a custom tool, which
 * takes free text, becomes a function with one text. Reader and writer find the same names, because they depend on the tools alone.
 */

import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf, wordOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { FormatExtra } from '../neutral/conversation.ts';
import { fitText, type TextLimit } from '../neutral/tool-limits.ts';

const SEPARATOR = '__';
/** The longest name that every provider takes; which characters one takes is found out when the request is written for it. */
const NAMES: TextLimit = { taken: /^[\s\S]{1,64}$/, refused: /(?!)/g, maxLength: 64, words: 'at most 64 characters' };

interface Namespace {
  readonly name: string;
  readonly description?: string;
}

/** One tool that the client runs. */
export interface ClientTool {
  /** The name under which another format knows it. */
  readonly flatName: string;
  readonly name: string;
  readonly namespace: Namespace | undefined;
  readonly isCustom: boolean;
  readonly value: JsonObject;
  /** Where it is in the request. */
  readonly path: string;
}

/** The tools of a request that the client runs. */
export class ClientTools {
  readonly #tools: ClientTool[] = [];
  readonly #byFlatName = new Map<string, ClientTool>();
  readonly #flatNames = new Map<string, string>();

  constructor(tools: readonly JsonValue[]) {
    // Plain names stay as they are, whatever namespaces there are.
    for (const [index, tool] of tools.entries()) if (isJsonObject(tool)) this.#add(tool, undefined, `tools[${index}]`);
    for (const [index, tool] of tools.entries()) {
      if (!isJsonObject(tool) || tool.type !== 'namespace') continue;
      const name = wordOf(tool.name);
      const namespace =
        name === undefined ? undefined : { name, ...defined({ description: stringOf(tool.description) }) };
      for (const [inner, member] of objectsOf(tool.tools).entries()) {
        this.#add(member, namespace, `tools[${index}].tools[${inner}]`);
      }
    }
  }

  /** In their order, those in namespaces last. */
  get all(): readonly ClientTool[] {
    return this.#tools;
  }

  /** The tool with this flat name. */
  find(flatName: string): ClientTool | undefined {
    return this.#byFlatName.get(flatName);
  }

  /** The flat name of a tool; its own name if the request does not have the tool. */
  flatNameOf(name: string, namespace: string | undefined): string {
    return this.#flatNames.get(keyOf(name, namespace)) ?? name;
  }

  #add(value: JsonObject, namespace: Namespace | undefined, path: string): void {
    const name = wordOf(value.name);
    if (name === undefined || (value.type !== 'function' && value.type !== 'custom')) return;
    const key = keyOf(name, namespace?.name);
    const flatName = this.#flatNames.get(key) ?? this.#flatten(name, namespace);
    const tool = { flatName, name, namespace, isCustom: value.type === 'custom', value, path };
    this.#tools.push(tool);
    this.#byFlatName.set(flatName, tool);
    this.#flatNames.set(key, flatName);
  }

  #flatten(name: string, namespace: Namespace | undefined): string {
    return namespace === undefined ? name : fitText(`${namespace.name}${SEPARATOR}${name}`, NAMES, this.#byFlatName);
  }
}

/** The namespace that OpenAI gave a call in its answer. */
export function namespaceOf(call: { readonly extra?: FormatExtra }): string | undefined {
  return call.extra?.format === 'openai-responses' ? stringOf(call.extra.fields.namespace) : undefined;
}

const keyOf = (name: string, namespace: string | undefined): string => JSON.stringify([namespace ?? null, name]);

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
