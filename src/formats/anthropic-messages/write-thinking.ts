/**
 * How much Claude shall think: `thinking`, `output_config.effort` and, because thoughts count towards it, `max_tokens`.
 *
 * - Models from 4.6 on get `adaptive` thinking and an effort, older ones a budget by the table in `neutral/reasoning.ts`.
 * - A budget is at least 1,024 and less than `max_tokens`. If the client named no limit, the limit is raised to hold budget
 *   and answer; if it named one, the limit stays and the budget is lowered: to half of it, or entirely when it is too small.
 * - A manual budget is left out if the client lost the thoughts that led to the tool calls it now answers.
 * - Forced tool use and thinking exclude each other: the force stays, the thinking is reported.
 */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ClaudeAbilities } from '../../models/claude-models.ts';
import type { ModelTraits } from '../format.ts';
import type { ConversationRequest, ReasoningEffort, Turn } from '../neutral/conversation.ts';
import { nearestEffort } from '../neutral/nearest-effort.ts';
import { budgetTokensOfEffort, effortOfBudgetTokens } from '../neutral/reasoning.ts';
import type { Drop } from './write-content.ts';

const SMALLEST_BUDGET = 1024;
const DEFAULT_MAX_TOKENS = 4096;

/** The members of the request that thinking decides. */
interface WrittenThinking {
  readonly maxTokens: number;
  readonly thinking?: JsonObject;
  readonly effort?: string;
}

/** The nearest effort that the model knows; undefined for a model without efforts. A word that had to change is reported. */
function fitEffort(
  effort: ReasoningEffort,
  known: ClaudeAbilities['efforts'],
  request: ConversationRequest,
  drop: Drop,
): string | undefined {
  const spoken = nearestEffort(effort === 'none' || effort === 'minimal' ? 'low' : effort, known);
  const isWord = request.reasoning?.effort !== undefined && effort !== 'minimal' && effort !== 'none';
  if (isWord && spoken !== effort) {
    const words = known.length === 0 ? 'takes no effort' : `knows the efforts ${known.join(', ')}; sent: ${spoken}`;
    // A budget says an effort to models without one, in words of any other format.
    const isSaidByBudget = known.length === 0 && request.extensions.format !== 'anthropic-messages';
    if (!isSaidByBudget) drop(effortField(request), `This model ${words}.`, 'fitted');
  }
  return spoken;
}

/** The client's name for its effort. */
function effortField(request: ConversationRequest): string {
  return request.extensions.format === 'anthropic-messages' ? 'output_config.effort' : 'reasoning_effort';
}

function display(request: ConversationRequest, abilities: ClaudeAbilities): JsonObject {
  const include = request.reasoning?.include;
  if (include !== undefined) return { display: include ? 'summarized' : 'omitted' };
  // A format that only knows efforts shows its thoughts; these models hide them unless they are asked for.
  const isEffortOnly = request.reasoning?.mode === undefined;
  return isEffortOnly && abilities.hidesThoughts ? { display: 'summarized' } : {};
}

function withBudget(
  request: ConversationRequest,
  limit: number | undefined,
  largest: number | undefined,
  drop: Drop,
): WrittenThinking {
  // A budget of nothing beside adaptive thinking is not a budget.
  const named = request.reasoning?.budgetTokens === 0 ? undefined : request.reasoning?.budgetTokens;
  const asked = named ?? budgetTokensOfEffort(request.reasoning?.effort ?? 'medium');
  const budget = Math.max(SMALLEST_BUDGET, asked);
  const shown = request.reasoning?.include;
  const isOwn = request.extensions.format === 'anthropic-messages';
  const thinking = (tokens: number): JsonObject => ({
    type: 'enabled',
    budget_tokens: tokens,
    // These models show their thoughts by default; only a client of this format may ask for them as well.
    ...(shown !== undefined && (isOwn || !shown) && { display: shown ? 'summarized' : 'omitted' }),
  });
  if (limit === undefined) {
    const maxTokens = largest ?? budget + DEFAULT_MAX_TOKENS;
    if (budget < maxTokens) return { maxTokens, thinking: thinking(budget) };
    return { maxTokens, thinking: thinking(Math.max(SMALLEST_BUDGET, Math.floor(maxTokens / 2))) };
  }
  if (budget < limit) return { maxTokens: limit, thinking: thinking(budget) };
  if (limit <= SMALLEST_BUDGET) {
    drop('reasoning_effort', `Claude thinks with at least 1024 tokens, and max_tokens is ${limit}.`, 'unsupported');
    return { maxTokens: limit };
  }
  const lowered = Math.max(SMALLEST_BUDGET, Math.floor(limit / 2));
  if (request.reasoning?.budgetTokens !== undefined) {
    drop('thinking.budget_tokens', `Lowered to ${lowered}, to be less than max_tokens (${limit}).`, 'unknown');
  }
  return { maxTokens: limit, thinking: thinking(lowered) };
}

function withoutThinking(
  request: ConversationRequest,
  abilities: ClaudeAbilities,
  maxTokens: number,
  drop: Drop,
): WrittenThinking {
  const effort = request.reasoning?.effort;
  const known = abilities.canDisableThinking ? abilities.effortsWithoutThinking : abilities.efforts;
  const spoken = effort === undefined || effort === 'none' ? undefined : fitEffort(effort, known, request, drop);
  const more = spoken === undefined ? {} : { effort: spoken };
  if (abilities.canDisableThinking) return { maxTokens, thinking: { type: 'disabled' }, ...more };
  // These models refuse `disabled`; they get the least thinking that they offer.
  drop(request.reasoning?.mode === undefined ? 'reasoning_effort' : 'thinking', 'This model always thinks.', 'fitted');
  if (abilities.betweenToolsThinking) return { maxTokens, thinking: { type: 'between_tools' }, ...more };
  return { maxTokens, effort: spoken ?? 'low' };
}

/**
 * Whether results of tools follow a turn whose signed thoughts did not come back, as with any client that only knows OpenAI's format.
 * With manual thinking Claude refuses that: `a final assistant message must start with a thinking block` (extended-thinking, 2026-11).
 */
function lacksThoughtsOfToolUse(turns: readonly Turn[]): boolean {
  const last = turns.findLastIndex((turn) => turn.role === 'assistant');
  if (!turns.slice(last + 1).some((turn) => turn.role === 'tool')) return false;
  let first = last;
  while (first > 0 && turns[first - 1]?.role === 'assistant') first--;
  const parts = turns.slice(Math.max(first, 0), last + 1).flatMap((turn) => turn.parts);
  return !parts.some(
    (part) => part.type === 'reasoning' && (part.redacted !== undefined || part.signature?.origin === 'anthropic'),
  );
}

/** Decides thinking, effort and `max_tokens` for a model. `isForced` says that the tool choice leaves the model no way around a tool. */
export function writeThinking(
  request: ConversationRequest,
  abilities: ClaudeAbilities,
  traits: ModelTraits,
  isForced: boolean,
  drop: Drop,
): WrittenThinking {
  const { reasoning, maxOutputTokens: limit } = request;
  const largest = traits.maxOutputTokens;
  const maxTokens = limit ?? largest ?? DEFAULT_MAX_TOKENS;
  if (reasoning === undefined) return { maxTokens };
  const cannotThink = traits.reasoning === false || !(abilities.adaptiveThinking || abilities.budgetThinking);
  if (reasoning.mode === 'disabled' || (reasoning.mode === undefined && reasoning.effort === 'none')) {
    return cannotThink ? { maxTokens } : withoutThinking(request, abilities, maxTokens, drop);
  }
  const effort =
    reasoning.effort ??
    (reasoning.budgetTokens === undefined ? undefined : effortOfBudgetTokens(reasoning.budgetTokens));
  const spoken = effort === undefined ? undefined : fitEffort(effort, abilities.efforts, request, drop);
  const isAnthropicEffort = reasoning.mode === undefined && request.extensions.format === 'anthropic-messages';
  // Anthropic's own effort alone governs the answer and does not switch thinking on; it has no `minimal`, which here
  // means a kind of thinking that the request carries as it was.
  if (isAnthropicEffort && effort === 'minimal') return { maxTokens };
  if (isAnthropicEffort) return { maxTokens, ...defined({ effort: spoken }) };
  if (effort === undefined && reasoning.mode === undefined) return { maxTokens };
  if (cannotThink) {
    const isHint = reasoning.mode === 'adaptive';
    drop(
      reasoning.mode === undefined ? 'reasoning_effort' : 'thinking',
      'This model does not think.',
      isHint ? 'fitted' : 'unsupported',
    );
    return { maxTokens };
  }
  if (isForced) {
    drop('reasoning_effort', 'Claude cannot think when the tool choice forces a tool.', 'unsupported');
    return { maxTokens };
  }
  const asksBudget = reasoning.budgetTokens !== undefined && reasoning.mode !== 'adaptive';
  if (abilities.adaptiveThinking && !(asksBudget && abilities.budgetThinking)) {
    if (reasoning.mode === 'enabled') drop('thinking', 'This model decides by itself how much it thinks.', 'fitted');
    return {
      maxTokens,
      thinking: { type: 'adaptive', ...display(request, abilities) },
      ...defined({ effort: spoken }),
    };
  }
  if (lacksThoughtsOfToolUse(request.turns)) {
    drop(
      'reasoning_effort',
      'After a tool call, Claude thinks only if the client sends back the thinking blocks from before the call.',
      'unknown',
    );
    return { maxTokens };
  }
  if (reasoning.mode === 'adaptive') drop('thinking', 'This model thinks with a budget only.', 'fitted');
  const written = withBudget(request, limit, largest, drop);
  // An effort the client named beside its budget, for the one model that takes both.
  return reasoning.mode !== undefined && reasoning.effort !== undefined && spoken !== undefined
    ? { ...written, effort: spoken }
    : written;
}
