/**
 * The table of models: what each takes of a request, with sources and dates. A model's abilities are those of all rows that match its
 * name and provider, the first that says something of an ability counts; what the operator says in `model_info` counts before all.
 * Claude and Gemini, which have formats of their own, are in `claude-models.ts` and `gemini-models.ts`.
 */
import { CLAUDE_ROWS } from './claude-rows.ts';
import { GEMINI_ROWS } from './gemini-rows.ts';
import type { Effort, ModelAbilities, ModelRow, Reasoning, SearchWords } from './model-abilities.ts';
import { LIMIT_ROWS, RESELLER_ROWS } from './open-rows.ts';
import { OPENAI_ROWS } from './openai-rows.ts';
import { PROMPT_CACHE_ROWS } from './prompt-cache-rows.ts';
import { SERVER_TOOL_ROWS } from './server-tool-rows.ts';
import { VENDOR_ROWS } from './vendor-rows.ts';

/** Every row, in the order in which they count. */
export const MODEL_ROWS: readonly ModelRow[] = [
  ...VENDOR_ROWS,
  ...RESELLER_ROWS,
  ...OPENAI_ROWS,
  ...CLAUDE_ROWS,
  ...GEMINI_ROWS,
  ...LIMIT_ROWS,
  ...SERVER_TOOL_ROWS,
  ...PROMPT_CACHE_ROWS,
];

/** What the operator says of a model in `model_info`: LiteLLM's `supports_…` members, and the longest answer. */
interface ToldByOperator {
  readonly supports: Readonly<Record<string, boolean>>;
  readonly maxOutputTokens?: number;
}

/** What is known of a model. Without a provider only rows count that say who does not matter. */
export function modelAbilities(model: string, provider?: string, told?: ToldByOperator): ModelAbilities {
  const name = model.toLowerCase();
  const known: { -readonly [Key in keyof ModelAbilities]: ModelAbilities[Key] } = {};
  for (const { pattern, providers, abilities } of MODEL_ROWS) {
    if (providers !== undefined && (provider === undefined || !providers.includes(provider))) continue;
    if (!pattern.test(name)) continue;
    for (const [ability, value] of Object.entries(abilities)) {
      if (!Object.hasOwn(known, ability)) Object.assign(known, { [ability]: value });
    }
  }
  if (told === undefined) return known;
  const { reasoning: _listed, webSearch: _words, ...others } = known;
  const reasoning = toldReasoning(known.reasoning, told.supports);
  const webSearch = searchWords(known.webSearch, told.supports);
  const limit = told.maxOutputTokens ?? known.maxOutputTokens;
  return {
    ...others,
    ...(reasoning === undefined ? {} : { reasoning }),
    ...(limit === undefined ? {} : { maxOutputTokens: limit }),
    ...(webSearch === undefined ? {} : { webSearch }),
  };
}

/** The operator knows that a model searches, and says no words: those of its format are meant. */
function searchWords(
  listed: SearchWords | undefined,
  { supports_web_search: searches }: Readonly<Record<string, boolean>>,
): SearchWords | undefined {
  if (searches === undefined) return listed;
  return searches ? (listed ?? 'tool') : undefined;
}

/** LiteLLM's members that say whether a model knows a word. */
const TOLD_EFFORTS: readonly (readonly [member: string, effort: Effort])[] = [
  ['supports_none_reasoning_effort', 'none'],
  ['supports_minimal_reasoning_effort', 'minimal'],
  ['supports_low_reasoning_effort', 'low'],
  ['supports_xhigh_reasoning_effort', 'xhigh'],
  ['supports_max_reasoning_effort', 'max'],
];

function toldReasoning(
  listed: Reasoning | undefined,
  supports: Readonly<Record<string, boolean>>,
): Reasoning | undefined {
  if (supports.supports_reasoning === false) return { how: 'never' };
  // The operator knows better than a row that the model reasons, but not in which words.
  const reasoning = supports.supports_reasoning === true && listed?.how === 'never' ? undefined : listed;
  if (reasoning?.how !== 'effort') return reasoning;
  const efforts = new Set(reasoning.efforts);
  for (const [member, effort] of TOLD_EFFORTS) {
    if (supports[member] === true) efforts.add(effort);
    if (supports[member] === false) efforts.delete(effort);
  }
  return { ...reasoning, efforts: [...efforts] };
}
