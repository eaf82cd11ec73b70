import { isJsonObject } from '../../core/json.ts';
import { type BudgetMembers, type MemberRule, pricedTier } from '../budget-members.ts';
import { ANTHROPIC_SEARCH, ANTHROPIC_TOOL, refusedIn } from '../tool-contents.ts';

/**
 * What a request under a budget may have (https://platform.claude.com/docs/en/api/messages, 2026-11-23). Left out are servers that
 * Anthropic calls (`mcp_servers`), containers in which code runs, tools that run there, fetches of pages whose length is unknown, and
 * compaction, whose tokens the limit of the answer does not hold.
 */
export const ANTHROPIC_BUDGET_MEMBERS: BudgetMembers = {
  harmless: new Set([
    'model',
    'messages',
    'system',
    'max_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'stream',
    'tools',
    'tool_choice',
    'thinking',
    'metadata',
    'output_config',
    'output_format',
    'cache_control',
  ]),
  checked: new Map<string, MemberRule>([
    ['service_tier', pricedTier],
    ['speed', (value, prices) => value === 'standard' || (typeof value === 'string' && prices.speed(value))],
    ['inference_geo', (value, prices) => value === 'global' || (typeof value === 'string' && prices.region(value))],
    ['context_management', onlyClears],
  ]),
  takesTool: (kind, prices) =>
    kind === 'function' || kind === 'custom' || RUN_BY_CLIENT.test(kind) || (prices.search && SEARCH.test(kind)),
  refusedInTool: (tool) => refusedIn(tool, SEARCH.test(String(tool.type)) ? ANTHROPIC_SEARCH : ANTHROPIC_TOOL),
  takesWord: (_header, word) => HARMLESS_BETAS.test(word),
};

const SEARCH = /^web_search_\d+$/;
/** Tools that the client runs, and the search among tools, which costs nothing. */
const RUN_BY_CLIENT = /^(?:bash|text_editor|computer|memory|tool_search_tool_(?:regex|bm25))_\d+$/;

/** Flags that change how an answer is written or counted, and buy nothing (https://platform.claude.com/docs/en/api/beta-headers, 2026-11-23). */
const HARMLESS_BETAS =
  /^(?:claude-code|oauth|interleaved-thinking|fine-grained-tool-streaming|token-efficient-tools|output-128k|context-1m|prompt-caching|prompt-caching-scope|extended-cache-ttl|context-management|structured-outputs|token-counting|pdfs|max-tokens-3-5-sonnet|computer-use|effort|adaptive-thinking|redact-thinking|advanced-tool-use|tool-search-tool|tool-examples|files-api|search-results|model-context-window-exceeded|dev-full-thinking)-\d{4}-?\d\d-?\d\d$/;

/** Edits that only leave something out of the prompt. */
function onlyClears(value: unknown): boolean {
  if (!isJsonObject(value) || Object.keys(value).some((name) => name !== 'edits')) return false;
  const { edits } = value;
  return Array.isArray(edits) && edits.every((edit) => isJsonObject(edit) && /^clear_\w+$/.test(String(edit.type)));
}
