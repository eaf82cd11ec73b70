import { isJsonObject, itemsOf, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { AskedSearch, Choice } from '../../answering/ask.ts';
import { citedSpan } from '../../answering/web-search.ts';
import { invalid } from '../errors.ts';
import { MEMBERS, readMembers } from './proto.ts';

const HOSTED = ['googleSearch', 'codeExecution', 'urlContext', 'googleSearchRetrieval'];

/**
 * Reads the search among the tools, and refuses what Google refuses: tools of its own beside functions, before Gemini 3 in any case
 * (https://github.com/symfony/ai/issues/803), from 3 on without the setting for it (https://github.com/cloudwego/eino-ext/issues/761).
 */
export function readSearch(
  tools: JsonValue | undefined,
  toolConfig: JsonValue | undefined,
  model: string,
): AskedSearch | undefined {
  const list = itemsOf(tools).map((tool, index) => readMembers(tool, MEMBERS.tool, `tools[${index}]`));
  const isHosted = list.some((tool) => HOSTED.some((name) => tool[name] !== undefined));
  const hasFunctions = list.some(({ functionDeclarations }) => itemsOf(functionDeclarations).length > 0);
  if (isHosted && hasFunctions) {
    const config = isJsonObject(toolConfig) ? toolConfig : {};
    const isEnabled = (config.includeServerSideToolInvocations ?? config.include_server_side_tool_invocations) === true;
    if (/gemini-[12]/.test(model)) throw invalid('Tool use with function calling is unsupported by the model.');
    if (!isEnabled) {
      throw invalid(
        'Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.',
      );
    }
  }
  const search = list.find(({ googleSearch }) => googleSearch !== undefined)?.googleSearch;
  if (search === undefined) return undefined;
  readMembers(
    search,
    new Set(['timeRangeFilter', 'excludeDomains', 'searchTypes', 'blockingConfidence']),
    'tools.google_search',
  );
  if (/2\.0-flash-lite|image|tts/.test(model)) throw invalid('Search as tool is not enabled for this model');
  return { allowedDomains: [], blockedDomains: [], isForced: false };
}

/** What an answer says of its search; Google counts in bytes. */
export function groundingOf(choice: Choice): JsonObject {
  const { search } = choice;
  if (search === undefined) return {};
  const text = choice.text.join('');
  const { start, end } = citedSpan(choice);
  const bytes = (characters: number): number => Buffer.byteLength(text.slice(0, characters));
  return {
    groundingMetadata: {
      webSearchQueries: [search.query],
      searchEntryPoint: { renderedContent: '<div></div>' },
      groundingChunks: search.pages.map(({ url, title }) => ({ web: { uri: url, title } })),
      groundingSupports: [
        {
          segment: { startIndex: bytes(start), endIndex: bytes(end), text: text.slice(start, end) },
          groundingChunkIndices: search.pages.map((_, index) => index),
        },
      ],
    },
  };
}
