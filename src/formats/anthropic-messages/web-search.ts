/**
 * Claude's search of the web: the tool, and the two blocks that a search is. Blocks for searches that another provider made are ours:
 * their ids say so, and no Claude gets them, because it could not decrypt what they should hold.
 */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, objectOf, objectsOf, stringOf, wordOf } from '../../core/json.ts';
import type { Citation } from '../neutral/conversation.ts';
import type { SearchSource, SearchStep, SearchTool } from '../neutral/server-tools.ts';
import { readSearch, saysSearch, writeLocation } from '../neutral/web-search.ts';
import { holdsMadeId, isMadeId, madeId } from './server-ids.ts';

const FORMAT = 'anthropic-messages';
const SEARCH = /^web_search_\d{8}$/;
const NAME = 'web_search';
/** The version that every Claude which searches takes, and that needs no code execution (2026-11-29). */
const VERSION = 'web_search_20250305';

/** Reads a tool; undefined if it does not search the web. */
export function readSearchTool(value: JsonObject): SearchTool | undefined {
  if (!SEARCH.test(stringOf(value.type) ?? '')) return undefined;
  const name = wordOf(value.name) ?? NAME;
  return { type: 'server', tool: 'web-search', name, search: readSearch(value), raw: { format: FORMAT, value } };
}

/** Writes the tool. Anthropic takes no size of what a search brings. */
export function writeSearchTool({ raw, search }: SearchTool): JsonObject {
  if (raw.format === FORMAT) return raw.value;
  const { allowedDomains, blockedDomains, location, mostSearches } = search;
  return {
    type: VERSION,
    name: NAME,
    ...defined({
      allowed_domains: allowedDomains === undefined ? undefined : [...allowedDomains],
      blocked_domains: blockedDomains === undefined ? undefined : [...blockedDomains],
      user_location: writeLocation(location),
      max_uses: mostSearches,
    }),
  };
}

/** The name that the written tool has. */
export function searchNameOf({ raw, name }: SearchTool): string {
  return raw.format === FORMAT ? name : NAME;
}

/** Reads a block that is a step of a search; undefined for any other. */
export function readSearchStep(value: JsonObject): SearchStep | undefined {
  const isUse = value.type === 'server_tool_use' && value.name === NAME;
  if (!isUse && value.type !== 'web_search_tool_result') return undefined;
  const id = wordOf(isUse ? value.id : value.tool_use_id) ?? '';
  const own = isMadeId(id) ? {} : { raw: { format: FORMAT, value } as const };
  const step = { type: 'server-call', tool: 'web-search', id } as const;
  if (isUse) {
    const query = wordOf(objectOf(value.input)?.query);
    return { ...step, step: 'begins', queries: query === undefined ? [] : [query], ...own };
  }
  const failure = isJsonObject(value.content) ? (wordOf(value.content.error_code) ?? 'unavailable') : undefined;
  const sources = objectsOf(value.content).flatMap(readSource);
  return { ...step, step: 'ends', sources, ...defined({ failure }), ...own };
}

function readSource({ url, title }: JsonObject): SearchSource[] {
  const address = wordOf(url);
  return address === undefined ? [] : [{ url: address, ...defined({ title: wordOf(title) }) }];
}

/** Writes a step for a client. A search that comes whole is two blocks for each query, the pages being found by the last. */
export function writeSearchStep(part: SearchStep): JsonObject[] {
  if (part.raw?.format === FORMAT) return [part.raw.value];
  if (!saysSearch(part)) return [];
  const { step, queries = [] } = part;
  if (step === 'ends') return [resultBlock(part, 0, true)];
  const asked = queries.length === 0 ? [''] : queries;
  return asked.flatMap((query, index) => {
    const use: JsonObject = { type: 'server_tool_use', id: idOf(part, index), name: NAME, input: { query } };
    return step === 'begins' ? [use] : [use, resultBlock(part, index, index === asked.length - 1)];
  });
}

function resultBlock(part: SearchStep, index: number, isLast: boolean): JsonObject {
  const { failure, sources = [] } = part;
  const found = (isLast ? sources : []).map(({ url, title }) => ({
    type: 'web_search_result',
    url,
    title: title ?? url,
    encrypted_content: '',
    page_age: null,
  }));
  const content = failure === undefined ? found : { type: 'web_search_tool_result_error', error_code: 'unavailable' };
  return { type: 'web_search_tool_result', tool_use_id: idOf(part, index), content };
}

const idOf = ({ id }: SearchStep, index: number): string => madeId(id, index);

/** Whether a citation may be sent to Claude: of the pages that it found itself it wants the mark that only it can make. */
export function isClaudesOwn({ raw }: Citation): boolean {
  if (raw.format !== FORMAT || !isJsonObject(raw.value)) return false;
  return raw.value.type !== 'web_search_result_location' || wordOf(raw.value.encrypted_index) !== undefined;
}

/** Whether a request holds searches, code or citations that no Claude made. */
export function holdsForeignSearch(text: string): boolean {
  return holdsMadeId(text) || /"encrypted_(?:index|content)"\s*:\s*""/.test(text);
}
