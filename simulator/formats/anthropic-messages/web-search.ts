import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import type { AskedSearch, Choice } from '../../answering/ask.ts';
import { identifier } from '../../answering/seeded.ts';
import { isMinted, mintSignature } from '../../answering/signature.ts';
import { invalid } from '../errors.ts';

/** The members of the tool (Anthropic's API reference, 2026-11). */
const MEMBERS = new Set(
  'type name max_uses allowed_domains blocked_domains user_location cache_control strict defer_loading allowed_callers'.split(
    ' ',
  ),
);
const LOCATION = new Set('type city region country timezone'.split(' '));
/** Models before the tool (https://docs.anthropic.com/en/docs/build-with-claude/tool-use/web-search-tool, 2026-11-29). */
const WITHOUT = /claude-(?:2|instant|3-(?:opus|sonnet|haiku)|3-5-sonnet-20240620)/;

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool (2026-11-29). */
const WITHOUT_CODE = /claude-(?:2|instant|3|(?:opus|sonnet)-4-(?:[01]|20))/;

/** Reads the search among a request's tools, and refuses what Anthropic refuses of it. */
export function readSearch({ tools, tool_choice: choice }: JsonObject, model: string): AskedSearch | undefined {
  const list = Array.isArray(tools) ? tools : [];
  const code = list.find((tool) => isJsonObject(tool) && /^code_execution_/.test(String(tool.type)));
  if (isJsonObject(code) && WITHOUT_CODE.test(model)) {
    throw invalid(`'${model}' does not support tool types: ${String(code.type)}.`);
  }
  const index = list.findIndex((tool) => isJsonObject(tool) && /^web_search_/.test(String(tool.type)));
  const tool = list[index];
  if (!isJsonObject(tool)) return undefined;
  const at = `tools.${index}.${String(tool.type)}`;
  if (tool.name !== 'web_search') throw invalid(`${at}.name: Input should be 'web_search'`);
  refuseOthers(tool, MEMBERS, at);
  if (WITHOUT.test(model)) throw invalid(`'${model}' does not support tool types: ${String(tool.type)}.`);
  const allowed = domains(tool.allowed_domains, `${at}.allowed_domains`);
  const blocked = domains(tool.blocked_domains, `${at}.blocked_domains`);
  if (allowed.length > 0 && blocked.length > 0) {
    throw invalid(`${at}: Cannot specify both allowed_domains and blocked_domains`);
  }
  if (isJsonObject(tool.user_location)) {
    if (tool.user_location.type !== 'approximate')
      throw invalid(`${at}.user_location.type: Input should be 'approximate'`);
    refuseOthers(tool.user_location, LOCATION, `${at}.user_location`);
  }
  const isForced =
    isJsonObject(choice) &&
    ((choice.type === 'tool' && choice.name === 'web_search') || (choice.type === 'any' && list.length === 1));
  return { allowedDomains: allowed, blockedDomains: blocked, isForced };
}

function refuseOthers(value: JsonObject, known: ReadonlySet<string>, at: string): void {
  const extra = Object.keys(value).find((name) => !known.has(name));
  if (extra !== undefined) throw invalid(`${at}.${extra}: Extra inputs are not permitted`);
}

function domains(value: JsonValue | undefined, at: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`${at}: Input should be a valid list`);
  return value.map((domain) => {
    if (typeof domain !== 'string' || /:\/\//.test(domain)) throw invalid(`${at}: Invalid domain: ${String(domain)}`);
    return domain;
  });
}

/** The blocks of a search that was made; the second repeats what only Anthropic can read. */
export function searchBlocks(
  { search }: Choice,
  identity: string,
): { readonly use: JsonObject; readonly result: JsonObject } | undefined {
  if (search === undefined) return undefined;
  const id = identifier('srvtoolu_01', identity, 22);
  return {
    use: { type: 'server_tool_use', id, name: 'web_search', input: { query: search.query } },
    result: {
      type: 'web_search_tool_result',
      tool_use_id: id,
      content: search.pages.map(({ url, title }) => ({
        type: 'web_search_result',
        title,
        url,
        encrypted_content: mintSignature(url.slice(-24)),
        page_age: null,
      })),
    },
  };
}

/** The sources of the passage that names them. */
export function citationsOf({ search }: Choice): JsonObject[] {
  return (search?.pages ?? []).map(({ url, title }) => ({
    type: 'web_search_result_location',
    cited_text: `What ${title} says.`,
    url,
    title,
    encrypted_index: mintSignature(url.slice(-24)),
  }));
}

/** Refuses results and citations that no search of Anthropic's made. */
export function checkSearchBlock(block: JsonObject, at: string): void {
  if (block.type === 'web_search_tool_result' && Array.isArray(block.content)) {
    for (const found of block.content) {
      const sealed = isJsonObject(found) ? found.encrypted_content : undefined;
      if (typeof sealed !== 'string' || !isMinted(sealed)) {
        throw invalid(`${at}: Invalid \`encrypted_content\` in \`search_result\` block`);
      }
    }
  }
  const citations = block.type === 'text' && Array.isArray(block.citations) ? block.citations : [];
  for (const citation of citations) {
    if (!isJsonObject(citation) || citation.type !== 'web_search_result_location') continue;
    if (typeof citation.encrypted_index !== 'string' || !isMinted(citation.encrypted_index)) {
      throw invalid(`${at}: Invalid \`encrypted_index\` in citation`);
    }
  }
}

/** Refuses a search without its results. */
export function checkSearchPairs(blocks: readonly JsonValue[], at: string): void {
  const found = new Set(blocks.map((block) => (isJsonObject(block) ? block.tool_use_id : undefined)));
  for (const block of blocks) {
    if (!isJsonObject(block) || block.type !== 'server_tool_use' || block.name !== 'web_search') continue;
    if (!found.has(block.id)) {
      throw invalid(
        `${at}: \`web_search\` tool use with id \`${String(block.id)}\` was found without a corresponding \`web_search_tool_result\` block`,
      );
    }
  }
}
