import { modelAbilities } from '../models/model-table.ts';
import type { Dropped, WriteRequestOptions } from './format.ts';
import type { ConversationRequest } from './neutral/conversation.ts';

/** The request with a limit of its answer that the model can write: providers refuse more. */
export function withinLimit(
  request: ConversationRequest,
  { model, traits }: WriteRequestOptions,
  report: (dropped: Dropped) => void,
): ConversationRequest {
  const { maxOutputTokens: most } = traits.abilities ?? modelAbilities(model);
  const { maxOutputTokens: asked } = request;
  if (most === undefined || asked === undefined || asked <= most) return request;
  report({
    field: 'max_tokens',
    why: `lowered to ${most}, the most that the model '${model}' can write`,
    kind: 'fitted',
  });
  return { ...request, maxOutputTokens: most };
}
