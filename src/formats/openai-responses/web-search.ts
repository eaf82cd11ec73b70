/** Searches of the web in this format: the tool, the item that a search is, and the sources that it found. */
import { defined } from '../../core/defined.ts';
import { itemsOf, type JsonObject, objectOf, objectsOf, stringOf, wordOf } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import type { SearchSource, SearchStep, SearchTool } from '../neutral/server-tools.ts';
import { readSearch, writeLocation } from '../neutral/web-search.ts';

const FORMAT = 'openai-responses';
const SEARCH = /^web_search(?:_preview)?(?:_\d{4}_\d\d_\d\d)?$/;

/** Reads a tool; undefined if it does not search the web. */
export function readSearchTool(value: JsonObject): SearchTool | undefined {
  const type = stringOf(value.type) ?? '';
  if (!SEARCH.test(type)) return undefined;
  return { type: 'server', tool: 'web-search', name: type, search: readSearch(value), raw: { format: FORMAT, value } };
}

/** Whether a name in a choice means a search; a choice may call it otherwise than the tool does. */
export function isSearchName(name: string): boolean {
  return SEARCH.test(name);
}

/** Writes the tool of another format. */
export function writeSearchTool({ search }: SearchTool): JsonObject {
  const { allowedDomains, blockedDomains, location, contextSize } = search;
  const filters = defined({
    allowed_domains: allowedDomains === undefined ? undefined : [...allowedDomains],
    blocked_domains: blockedDomains === undefined ? undefined : [...blockedDomains],
  });
  return {
    type: 'web_search',
    ...(Object.keys(filters).length > 0 && { filters }),
    ...defined({ user_location: writeLocation(location), search_context_size: contextSize }),
  };
}

/** Reads the item of a search. xAI puts what is searched into `arguments`. */
export function readSearchCall(value: JsonObject): SearchStep {
  const action = objectOf(value.action) ?? {};
  const isSearch = action.type === undefined || action.type === 'search';
  const queries = isSearch ? queriesOf(action, value) : [];
  return {
    type: 'server-call',
    tool: 'web-search',
    step: 'whole',
    id: wordOf(value.id) ?? '',
    queries,
    sources: objectsOf(action.sources).flatMap(readSource),
    ...(value.status === 'failed' && { failure: 'failed' }),
    raw: { format: FORMAT, value },
  };
}

function readSource({ url, title }: JsonObject): SearchSource[] {
  const address = wordOf(url);
  return address === undefined ? [] : [{ url: address, ...defined({ title: wordOf(title) }) }];
}

function queriesOf(action: JsonObject, value: JsonObject): readonly string[] {
  const listed = itemsOf(action.queries).filter((query) => typeof query === 'string');
  if (listed.length > 0) return listed;
  const query = wordOf(action.query) ?? queryIn(wordOf(value.arguments));
  return query === undefined ? [] : [query];
}

function queryIn(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  try {
    return wordOf(objectOf(parseJson(written))?.query);
  } catch {
    return undefined;
  }
}

/** What is known of a search that is written for a client. */
interface WrittenSearch {
  readonly queries: readonly string[];
  readonly sources: readonly SearchSource[];
}

/** The item of a search. Clients get the sources if they ask for them, as at OpenAI. */
export function writeSearchCall(id: string, status: string, search: WrittenSearch, asked: JsonObject): JsonObject {
  const { queries, sources } = search;
  const wantsSources = itemsOf(asked.include).includes('web_search_call.action.sources');
  const action: JsonObject = {
    type: 'search',
    ...defined({ query: queries[0] }),
    queries: [...queries],
    ...(wantsSources && { sources: sources.map(({ url }) => ({ type: 'url', url })) }),
  };
  return { id, type: 'web_search_call', status, action };
}
