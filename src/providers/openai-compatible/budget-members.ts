/** What a request under a budget may have at a provider of the family (https://developers.openai.com/api/reference/chat, 2026-11-23). */
import {
  type BudgetMembers,
  type MemberPrices,
  type MemberRule,
  objectOf,
  pricedSearch,
  pricedTier,
} from '../budget-members.ts';
import { CLIENT_TOOL, CLIENT_TOOLS, refusedIn, SEARCH_TOOL } from '../tool-contents.ts';

/** What one provider takes beside the family's members. */
export interface BudgetAdditions {
  readonly harmless?: readonly string[];
  readonly checked?: Readonly<Record<string, MemberRule>>;
  /** Kinds of tools that search, and that are taken if a search has a price. */
  readonly searchTools?: RegExp;
}

const SAMPLING: readonly string[] = [
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'n',
  'best_of',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'seed',
  // No parameter of OpenAI's, but clients of Claude and Gemini send it to every model, and it costs nothing anywhere.
  'top_k',
  'user',
  'metadata',
  'store',
];
const CHAT: readonly string[] = [
  ...SAMPLING,
  'messages',
  'response_format',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'reasoning_effort',
  'verbosity',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
];
const COMPLETION: readonly string[] = [...SAMPLING, 'prompt', 'suffix', 'echo'];
const EMBEDDING: readonly string[] = [
  'model',
  'input',
  'encoding_format',
  'dimensions',
  'user',
  'input_type',
  'truncate',
];
/** https://developers.openai.com/api/reference/resources/responses (2026-11-28). */
const RESPONSE: readonly string[] = [
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'max_output_tokens',
  'max_tool_calls',
  'temperature',
  'top_p',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'include',
  'store',
  'truncation',
  'metadata',
  'client_metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
];
const COMPACT: readonly string[] = ['model', 'input', 'instructions', 'prompt_cache_key', 'prompt_cache_retention'];
const NAMES = {
  chat: CHAT,
  response: RESPONSE,
  compact: COMPACT,
  completion: COMPLETION,
  embedding: EMBEDDING,
} as const;

/** Sampling that servers of open models know, and that costs nothing. */
export const OPEN_MODEL_SAMPLING: readonly string[] = [
  'top_k',
  'min_p',
  'top_a',
  'typical_p',
  'repetition_penalty',
  'length_penalty',
  'min_tokens',
  'stop_token_ids',
  'ignore_eos',
  'skip_special_tokens',
  'spaces_between_special_tokens',
  'include_stop_str_in_output',
];

/** Arguments of a template that only switch reasoning. Others could be a template themselves. */
export const THINKING_SWITCHES: MemberRule = objectOf(
  'enable_thinking',
  'thinking',
  'preserve_thinking',
  'clear_thinking',
);

const modalities: MemberRule = (value, prices) =>
  Array.isArray(value) && value.every((each) => each === 'text' || (each === 'audio' && prices.audio));

/** The lists of one operation, with what a provider adds. */
export function familyBudgetMembers(
  operation: keyof typeof NAMES,
  { harmless = [], checked = {}, searchTools }: BudgetAdditions = {},
): BudgetMembers {
  const isChat = operation === 'chat';
  return {
    harmless: new Set([...NAMES[operation], ...(operation === 'embedding' ? [] : harmless)]),
    checked: new Map(
      isChat
        ? [
            ['service_tier', pricedTier],
            ['modalities', modalities],
            ['audio', (_value, prices) => prices.audio],
            ['web_search_options', pricedSearch],
            ...Object.entries(checked),
          ]
        : [['service_tier', pricedTier]],
    ),
    takesTool: (kind: string, prices: MemberPrices) =>
      CLIENT_TOOLS.has(kind) || (prices.search && searchTools?.test(kind) === true),
    refusedInTool: (tool) => refusedIn(tool, searchTools?.test(String(tool.type)) === true ? SEARCH_TOOL : CLIENT_TOOL),
  };
}
