import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ConversationRequest, ReasoningEffort, ReasoningRequest } from '../neutral/conversation.ts';
import { effortOfBudgetTokens, isReasoningEffort } from '../neutral/reasoning.ts';
import { optionalBoolean, optionalInteger, optionalString, wrongKind } from './fields.ts';
import { isOpenAiModel } from './model-names.ts';

function readEffort(value: JsonValue | undefined, path: string): ReasoningEffort | undefined {
  const word = optionalString(value, path);
  // "default" is Groq's word for leaving it to the model, "disable" LiteLLM's for none.
  if (word === undefined || word === 'default') return undefined;
  if (word === 'disable') return 'none';
  if (!isReasoningEffort(word)) throw wrongKind(path, 'none, minimal, low, medium, high, xhigh or max', value);
  return word;
}

/**
 * Reads how much to think from the three ways clients of this format say it: OpenAI's `reasoning_effort`, LiteLLM's
 * `thinking: {type, budget_tokens}` and OpenRouter's `reasoning: {effort, max_tokens, exclude, enabled}`. `include` is set
 * only by the last one, and tells the writer to answer in the same words.
 */
export function readReasoning(body: JsonObject): ReasoningRequest | undefined {
  let reasoning: ReasoningRequest = {};
  // LiteLLM also takes `reasoning_effort: {effort, summary}`, the shape of the Responses API.
  const told = body.reasoning_effort;
  const effort = isJsonObject(told)
    ? readEffort(told.effort, 'reasoning_effort.effort')
    : readEffort(told, 'reasoning_effort');
  if (effort !== undefined) reasoning = { ...reasoning, effort };

  if (isJsonObject(body.reasoning)) {
    const asked = body.reasoning;
    const effortAsked = readEffort(asked.effort, 'reasoning.effort');
    const budgetTokens = optionalInteger(asked.max_tokens, 'reasoning.max_tokens', 0);
    const enabled = optionalBoolean(asked.enabled, 'reasoning.enabled');
    reasoning = {
      ...reasoning,
      ...(effortAsked === undefined ? {} : { effort: effortAsked }),
      ...(budgetTokens === undefined ? {} : { budgetTokens }),
      ...(enabled === undefined ? {} : { mode: enabled ? ('enabled' as const) : ('disabled' as const) }),
      include: optionalBoolean(asked.exclude, 'reasoning.exclude') !== true,
    };
  }

  if (isJsonObject(body.thinking)) {
    const budgetTokens = optionalInteger(body.thinking.budget_tokens, 'thinking.budget_tokens', 0);
    const mode = body.thinking.type;
    if (mode !== 'enabled' && mode !== 'disabled' && mode !== 'adaptive') {
      throw wrongKind('thinking.type', `'enabled', 'disabled' or 'adaptive'`, mode);
    }
    reasoning = { ...reasoning, mode, ...(budgetTokens === undefined ? {} : { budgetTokens }) };
  }
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

function effortOf(reasoning: ReasoningRequest): ReasoningEffort | undefined {
  if (reasoning.mode === 'disabled') return 'none';
  if (reasoning.effort !== undefined) return reasoning.effort;
  if (reasoning.budgetTokens !== undefined) return effortOfBudgetTokens(reasoning.budgetTokens);
  // "Enabled" or "adaptive" without an amount: the model's own default is meant.
  return undefined;
}

/**
 * Writes how much to think. A client that spoke this format to a server other than OpenAI's is repeated in its own words
 * (`thinking`, `reasoning`), everyone else's wish becomes `reasoning_effort`, which a provider's rules may turn into its own.
 */
export function writeReasoning(request: ConversationRequest, model: string): JsonObject {
  const reasoning = request.reasoning;
  if (reasoning === undefined) return {};
  const ownWords = request.extensions.format === 'openai-chat' && !isOpenAiModel(model);
  if (ownWords && reasoning.include !== undefined) {
    const said: JsonObject = { exclude: !reasoning.include };
    if (reasoning.effort !== undefined) said.effort = reasoning.effort;
    if (reasoning.budgetTokens !== undefined) said.max_tokens = reasoning.budgetTokens;
    if (reasoning.mode !== undefined) said.enabled = reasoning.mode !== 'disabled';
    return { reasoning: said };
  }
  if (ownWords && reasoning.mode !== undefined) {
    const thinking: JsonObject = { type: reasoning.mode };
    if (reasoning.budgetTokens !== undefined) thinking.budget_tokens = reasoning.budgetTokens;
    return reasoning.effort === undefined ? { thinking } : { thinking, reasoning_effort: reasoning.effort };
  }
  const effort = effortOf(reasoning);
  return effort === undefined ? {} : { reasoning_effort: effort };
}
