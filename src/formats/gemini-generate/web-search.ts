/** Google's search: the tool, and what an answer's `groundingMetadata` says of the searches behind it. */
import { isJsonObject, itemsOf, type JsonObject, objectOf, objectsOf, wordOf } from '../../core/json.ts';
import type { SearchSource, SearchStep, ServerTool } from '../neutral/server-tools.ts';
import { readSearch } from '../neutral/web-search.ts';

const FORMAT = 'gemini-generate';
/** `googleSearchRetrieval` is the search of Gemini 1.5. */
const NAMES = ['googleSearch', 'google_search', 'googleSearchRetrieval', 'google_search_retrieval'];
const CODE_NAMES = ['codeExecution', 'code_execution'];

/** The tools of Google's that other providers have too, among the members of a tool, and the members that are left. */
export function readServerTools(value: JsonObject): {
  readonly hosted: readonly ServerTool[];
  readonly rest: JsonObject;
} {
  const hosted: ServerTool[] = [];
  const rest: JsonObject = { ...value };
  for (const name of NAMES) {
    const settings = value[name];
    if (!isJsonObject(settings)) continue;
    delete rest[name];
    const raw = { format: FORMAT, value: { [name]: settings } } as const;
    hosted.push({ type: 'server', tool: 'web-search', name, search: readSearch(settings), raw });
  }
  for (const name of CODE_NAMES) {
    const settings = value[name];
    if (!isJsonObject(settings)) continue;
    delete rest[name];
    const raw = { format: FORMAT, value: { [name]: settings } } as const;
    hosted.push({ type: 'server', tool: 'code-execution', name, raw });
  }
  return { hosted, rest };
}

/** The searches that Google made for a candidate; undefined if it tells none. */
export function readSearches(candidate: JsonObject, answerId: string | undefined): SearchStep | undefined {
  const metadata = objectOf(candidate.groundingMetadata) ?? {};
  const queries = itemsOf(metadata.webSearchQueries).filter((query) => typeof query === 'string');
  if (queries.length === 0) return undefined;
  const sources = objectsOf(metadata.groundingChunks).flatMap(readSource);
  return { type: 'server-call', tool: 'web-search', step: 'whole', id: `search_${answerId ?? ''}`, queries, sources };
}

function readSource({ web }: JsonObject): SearchSource[] {
  const page = objectOf(web) ?? {};
  const url = wordOf(page.uri);
  const title = wordOf(page.title);
  return url === undefined ? [] : [{ url, ...(title !== undefined && { title }) }];
}
