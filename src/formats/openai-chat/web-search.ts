/** Searches of the web in chat completions: OpenAI's parameter, and the tools that clients and providers have for it. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, stringOf, wordOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { ModelAbilities } from '../../models/model-abilities.ts';
import type { Dropped } from '../format.ts';
import type { ToolDefinition } from '../neutral/conversation.ts';
import type { SearchTool, ServerTool } from '../neutral/server-tools.ts';
import { leftOut, placeOf, readSearch, whyNotSearched, writeLocation } from '../neutral/web-search.ts';

const FORMAT = 'openai-chat';
const OPTIONS = 'web_search_options';
/** Clients name the tools of other formats here, for providers of those formats. */
const SEARCH = /^web_search(?:$|_preview|_\d)/;
const GOOGLE = ['googleSearch', 'google_search'];

/** Reads `web_search_options`. */
export function readSearchOptions(body: JsonReader): SearchTool | undefined {
  const options = body.object(OPTIONS);
  if (options === undefined) return undefined;
  const raw = { format: FORMAT, value: options.value } as const;
  return {
    type: 'server',
    tool: 'web-search',
    name: 'web_search',
    search: readSearch(options.value),
    raw,
    parameter: OPTIONS,
  };
}

/** Reads a tool; undefined if it does not search the web. */
export function readSearchTool(value: JsonObject): SearchTool | undefined {
  const type = stringOf(value.type);
  const google = GOOGLE.find((name) => isJsonObject(value[name]));
  if (type === undefined ? google === undefined : !SEARCH.test(type)) return undefined;
  const settings = type === undefined && google !== undefined ? value[google] : value;
  const name = wordOf(value.name) ?? type ?? google ?? '';
  const raw = { format: FORMAT, value } as const;
  return { type: 'server', tool: 'web-search', name, search: readSearch(isJsonObject(settings) ? settings : {}), raw };
}

/** Members of a request that ask for a search. */
interface WrittenSearch {
  readonly tool?: JsonObject;
  readonly options?: JsonObject;
}

/** Writes a search in the words of the model; one of this format as it was. */
export function writeSearch(
  tools: readonly ToolDefinition[],
  index: number,
  tool: ServerTool,
  { webSearch }: ModelAbilities,
  dropped: Dropped[],
): WrittenSearch {
  if (tool.tool === 'code-execution') {
    dropped.push(leftOut({ tools }, index, 'nothing runs code for a model in chat completions'));
    return {};
  }
  const { raw, search, parameter } = tool;
  if (raw.format === FORMAT) return parameter === undefined ? { tool: raw.value } : { options: raw.value };
  const leave = (why: string): WrittenSearch => {
    dropped.push(leftOut({ tools }, index, why));
    return {};
  };
  if (webSearch === undefined || webSearch === 'tool')
    return leave('the model does not search the web in chat completions');
  const why = whyNotSearched(tool, { domains: webSearch === 'server-tool' ? 'one' : 'none' });
  if (why !== undefined) return leave(why);
  if (search.mostSearches !== undefined) {
    const field = `${placeOf(tool, index)}.max_uses`;
    dropped.push({ field, why: 'the provider takes no limit of searches', kind: 'unknown' });
  }
  switch (webSearch) {
    case 'options':
      return { options: writeOptions(tool) };
    case 'server-tool':
      return { tool: { type: 'openrouter:web_search', parameters: writeOpenRouter(tool) } };
    case 'typed-tool':
      return { tool: ZAI };
  }
}

function writeOptions({ search: { location, contextSize } }: SearchTool): JsonObject {
  const place = location === undefined ? undefined : { type: 'approximate', approximate: { ...location } };
  return defined({ search_context_size: contextSize, user_location: place });
}

/** Domains are kept to by Exa's search, and not by that of every provider (https://openrouter.ai/docs/guides/features/server-tools/web-search, 2026-11-29). */
function writeOpenRouter({ search }: SearchTool): JsonObject {
  const { allowedDomains, blockedDomains, location, contextSize } = search;
  return defined({
    engine: (allowedDomains ?? blockedDomains) === undefined ? undefined : 'exa',
    allowed_domains: allowedDomains === undefined ? undefined : [...allowedDomains],
    excluded_domains: blockedDomains === undefined ? undefined : [...blockedDomains],
    user_location: writeLocation(location),
    search_context_size: contextSize,
  });
}

/** https://docs.z.ai/guides/tools/web-search (2026-11-29); it writes these as strings. */
const ZAI: JsonObject = {
  type: 'web_search',
  web_search: { enable: 'True', search_engine: 'search-prime', search_result: 'True' },
};
