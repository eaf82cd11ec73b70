import { isJsonObject, itemsOf, type JsonObject } from '../../../src/core/json.ts';
import type { AskedSearch, Choice } from '../../answering/ask.ts';
import { citedSpan } from '../../answering/web-search.ts';
import { invalid } from '../errors.ts';
import type { Call } from '../operation.ts';

/** Tools that search at resellers and at Z.AI; OpenAI itself takes none in chat completions. */
const TOOLS: ReadonlySet<unknown> = new Set(['web_search', 'openrouter:web_search']);

/** Whether a tool is a search that the provider makes. */
export function isSearchTool(tool: unknown): boolean {
  return isJsonObject(tool) && TOOLS.has(tool.type);
}

/** Reads what a request says about searches, and refuses what OpenAI refuses of it. */
export function readSearch({ body, model, flavour }: Call): AskedSearch | undefined {
  const isOpenAi = flavour === 'openai' || flavour === 'azure';
  const index = itemsOf(body.tools).findIndex(isSearchTool);
  const tool = itemsOf(body.tools)[index];
  if (isOpenAi && isJsonObject(tool)) {
    throw invalid(`Invalid value: '${String(tool.type)}'. Supported values are: 'function' and 'custom'.`, {
      param: `tools[${index}].type`,
      code: 'invalid_value',
    });
  }
  const options = body.web_search_options;
  if (options === undefined || options === null) {
    return tool === undefined ? undefined : { allowedDomains: [], blockedDomains: [], isForced: false };
  }
  if (isOpenAi && !/-search-/.test(model)) {
    throw invalid('Web search options not supported with this model.', { param: 'web_search_options', code: null });
  }
  return { allowedDomains: [], blockedDomains: [], isForced: true };
}

/** The sources of a text. */
export function annotationsOf(choice: Choice): JsonObject[] {
  const { start, end } = citedSpan(choice);
  return (choice.search?.pages ?? []).map(({ url, title }) => ({
    type: 'url_citation',
    url_citation: { start_index: start, end_index: end, title, url },
  }));
}

/** What Z.AI tells of a search, beside the choices. */
export function foundPages(choices: readonly Choice[], { body }: Call): JsonObject {
  const isZai = itemsOf(body.tools).some((tool) => isJsonObject(tool) && tool.type === 'web_search');
  const pages = choices.flatMap(({ search }) => search?.pages ?? []);
  if (!isZai || pages.length === 0) return {};
  return {
    web_search: pages.map(({ url, title }) => ({ title, link: url, content: `What ${title} says.`, media: '' })),
  };
}
