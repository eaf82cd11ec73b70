import { isJsonObject, itemsOf, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { AskedSearch, Choice } from '../../answering/ask.ts';
import { identifier } from '../../answering/seeded.ts';
import { citedSpan } from '../../answering/web-search.ts';
import { invalid } from '../errors.ts';

/** Kinds of tools that OpenAI knows (API reference, 2026-11). */
const KINDS =
  'function custom namespace web_search web_search_2025_08_26 web_search_preview web_search_preview_2025_03_11 file_search code_interpreter image_generation mcp computer computer_use_preview local_shell shell apply_patch tool_search programmatic_tool_calling'.split(
    ' ',
  );
const SEARCH = /^web_search/;
/** https://developers.openai.com/api/docs/guides/tools-web-search (2026-11-29). */
const WITHOUT = /^(?:gpt-4\.1-nano|gpt-5(?:\.\d+)?-chat|o1|o3-mini|gpt-3\.5|gpt-4-)/;

/** Reads the search among the tools, and refuses what OpenAI refuses of the tools that it runs itself. */
export function readSearch(body: JsonObject, model: string): AskedSearch | undefined {
  const tools = itemsOf(body.tools);
  for (const [place, each] of tools.entries()) {
    const type = isJsonObject(each) ? each.type : undefined;
    if (typeof type === 'string' && !KINDS.includes(type)) {
      throw invalid(`Invalid value: '${type}'. Supported values are: ${KINDS.map((kind) => `'${kind}'`).join(', ')}.`, {
        param: `tools[${place}].type`,
        code: 'invalid_value',
      });
    }
  }
  checkChoice(body.tool_choice, tools);
  const index = tools.findIndex((tool) => isJsonObject(tool) && SEARCH.test(String(tool.type)));
  const tool = tools[index];
  if (!isJsonObject(tool)) return undefined;
  if (WITHOUT.test(model)) {
    throw invalid(`Hosted tool '${String(tool.type)}' is not supported with ${model}.`, { param: 'tools', code: null });
  }
  if (isJsonObject(body.reasoning) && body.reasoning.effort === 'minimal') {
    throw invalid(`The following tools cannot be used with reasoning.effort 'minimal': ${String(tool.type)}.`, {
      param: 'tools',
      code: null,
    });
  }
  const filters = readFilters(tool, index);
  return { ...filters, isForced: isForced(body.tool_choice, tools) };
}

function readFilters(tool: JsonObject, index: number): Pick<AskedSearch, 'allowedDomains' | 'blockedDomains'> {
  const { filters } = tool;
  if (filters !== undefined && filters !== null && /preview/.test(String(tool.type))) {
    throw invalid("Unsupported parameter: 'filters'.", {
      param: `tools[${index}].filters`,
      code: 'unsupported_parameter',
    });
  }
  const told = isJsonObject(filters) ? filters : {};
  const extra = Object.keys(told).find((name) => name !== 'allowed_domains' && name !== 'blocked_domains');
  if (extra !== undefined) {
    const param = `tools[${index}].filters.${extra}`;
    throw invalid(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' });
  }
  const known = [
    'type',
    'filters',
    'user_location',
    'search_context_size',
    'external_web_access',
    'search_content_types',
  ];
  const other = Object.keys(tool).find((name) => !known.includes(name));
  if (other !== undefined) {
    const param = `tools[${index}].${other}`;
    throw invalid(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' });
  }
  return { allowedDomains: texts(told.allowed_domains), blockedDomains: texts(told.blocked_domains) };
}

const texts = (value: JsonValue | undefined): string[] => itemsOf(value).filter((each) => typeof each === 'string');

function isForced(choice: JsonValue | undefined, tools: readonly JsonValue[]): boolean {
  if (choice === 'required') return tools.length === 1;
  if (!isJsonObject(choice)) return false;
  if (choice.type !== 'allowed_tools') return SEARCH.test(String(choice.type));
  const [only, ...others] = itemsOf(choice.tools);
  return choice.mode === 'required' && others.length === 0 && isJsonObject(only) && SEARCH.test(String(only.type));
}

/** A choice may only name tools that the request has. */
function checkChoice(choice: JsonValue | undefined, tools: readonly JsonValue[]): void {
  if (!isJsonObject(choice)) return;
  const named = choice.type === 'allowed_tools' ? itemsOf(choice.tools) : [choice];
  for (const entry of named) {
    if (!isJsonObject(entry)) continue;
    const type = String(entry.type);
    if (type === 'function' || type === 'custom') continue;
    if (!tools.some((tool) => isJsonObject(tool) && tool.type === type)) {
      throw invalid(`Tool choice '${type}' not found in 'tools' parameter.`, { param: 'tool_choice' });
    }
  }
}

/** The item of a search that was made. */
export function searchItem(
  { search }: Choice,
  identity: string,
  body: JsonObject,
  status: string,
): JsonObject | undefined {
  if (search === undefined) return undefined;
  const { query, pages } = search;
  const sources = itemsOf(body.include).includes('web_search_call.action.sources')
    ? { sources: pages.map(({ url }) => ({ type: 'url', url })) }
    : {};
  const action: JsonObject = { type: 'search', query, queries: [query], ...sources };
  return { id: identifier('ws_', identity, 48).toLowerCase(), type: 'web_search_call', status, action };
}

/** The sources of a text. */
export function annotationsOf(choice: Choice): JsonObject[] {
  const { start, end } = citedSpan(choice);
  return (choice.search?.pages ?? []).map(({ url, title }) => ({
    type: 'url_citation',
    start_index: start,
    end_index: end,
    title,
    url,
  }));
}
