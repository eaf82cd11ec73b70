import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { ConversationRequest, ReasoningEffort, ReasoningRequest } from '../neutral/conversation.ts';
import { EFFORTS, effortAsked, wantsNoThoughts } from '../neutral/reasoning.ts';
import { isOpenAiModel } from './model-names.ts';

const MODES = ['enabled', 'disabled', 'adaptive'] as const;

function readEffort(holder: JsonReader, name: string): ReasoningEffort | undefined {
  const word = holder.string(name);
  // "default" is Groq's word for leaving it to the model, "disable" LiteLLM's for none.
  if (word === undefined || word === 'default') return undefined;
  return word === 'disable' ? 'none' : holder.oneOf(name, EFFORTS);
}

/**
 * Reads how much to think from the three ways clients of this format say it: OpenAI's `reasoning_effort`, LiteLLM's
 * `thinking: {type, budget_tokens}` and OpenRouter's `reasoning: {effort, max_tokens, exclude, enabled}`. `include` is set
 * only by the last one, and tells the writer to answer in the same words.
 */
export function readReasoning(body: JsonReader): ReasoningRequest | undefined {
  // LiteLLM also takes `reasoning_effort: {effort, summary}`, the shape of the Responses API.
  const effort = isJsonObject(body.get('reasoning_effort'))
    ? readEffort(body.requiredObject('reasoning_effort'), 'effort')
    : readEffort(body, 'reasoning_effort');
  let reasoning: ReasoningRequest = defined({ effort });

  if (isJsonObject(body.value.reasoning)) {
    const asked = body.requiredObject('reasoning');
    const enabled = asked.boolean('enabled');
    reasoning = {
      ...reasoning,
      ...defined({
        effort: readEffort(asked, 'effort'),
        budgetTokens: asked.integer('max_tokens', 0),
        mode: enabled === undefined ? undefined : enabled ? ('enabled' as const) : ('disabled' as const),
      }),
      include: asked.boolean('exclude') !== true,
    };
  }

  if (isJsonObject(body.value.thinking)) {
    const thinking = body.requiredObject('thinking');
    const mode = thinking.oneOf('type', MODES);
    if (mode === undefined) throw thinking.wrongChoice('type', MODES);
    reasoning = { ...reasoning, mode, ...defined({ budgetTokens: thinking.integer('budget_tokens', 0) }) };
  }
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
}

/**
 * Writes how much to think. A client that spoke this format to a server other than OpenAI's is repeated in its own words
 * (`thinking`, `reasoning`), any other client's wish becomes `reasoning_effort`, which a provider's rules may turn into its own.
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
  const effort = wantsNoThoughts(reasoning) ? 'none' : effortAsked(reasoning);
  return effort === undefined ? {} : { reasoning_effort: effort };
}
