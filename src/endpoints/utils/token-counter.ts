import { GatewayError } from '../../core/errors.ts';
import { formatParts } from '../../formats/index.ts';
import { mayUseGroup } from '../../pipeline/plan.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import type { Answering } from '../question.ts';

/** `POST /utils/token_counter`: about how many tokens a prompt has, counted here. A model counts a little differently. */
export const tokenCounter: Answering = async ({ readBody, snapshot, identity, parts }) => {
  const body = await readBody();
  const { model } = body;
  if (typeof model !== 'string' || model === '')
    throw new GatewayError('invalid_field', '`model` is required: the name of a model group.', { param: 'model' });
  const group = snapshot.groups.resolve(model);
  if (identity === undefined || !mayUseGroup(identity, model, group))
    throw new GatewayError('model_denied', `Your key may not use model=${model.slice(0, 256)}.`, { param: 'model' });
  const bytes = Buffer.from(JSON.stringify(body));
  const envelope = readEnvelope(bytes);
  // Its outline knows what a model reads of a request in any format.
  const outline = envelope.ok ? formatParts('openai-chat').outline(bytes, envelope) : undefined;
  if (outline === undefined || outline.promptBytes === 0)
    throw new GatewayError('invalid_field', 'There is nothing to count: send a prompt or messages, as to the model.');
  return {
    status: 200,
    body: {
      total_tokens: await parts.countTokens(outline.promptText(), identity.keyHash),
      request_model: model,
      model_used: group?.deployments[0]?.model ?? model,
      tokenizer_type: 'openai_tokenizer',
      count_source: 'local_tokenizer',
      original_response: null,
      error: false,
      error_message: null,
      status_code: null,
    },
  };
};
