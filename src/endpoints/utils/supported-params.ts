import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { SAMPLE_MEMBERS, sampleChat } from '../../formats/openai-chat/sample-members.ts';
import { type Rehearsal, rehearse } from '../../pipeline/diagnosis/rehearse.ts';
import { chatCompletions } from '../chat-completions/index.ts';
import type { Answering } from '../question.ts';

/**
 * `GET /utils/supported_openai_params?model=`: the parameters of a chat completion that the model takes, found by making a request with
 * each of them ready as a client's would be. Nothing is sent.
 */
export const supportedParams: Answering = async (question) => {
  const { model } = question.query;
  if (model === undefined || model === '')
    throw new GatewayError('invalid_request', '`model` is required: the name of a model group.', { param: 'model' });
  // Without any of them: throws if the model may not be used, or does not chat.
  await rehearse(chatCompletions, sampleChat(model, {}), question);
  const supported: string[] = [];
  for (const [name, members] of SAMPLE_MEMBERS) {
    if (await isTaken(name, sampleChat(model, members), question)) supported.push(name);
  }
  return { status: 200, body: { supported_openai_params: supported } };
};

async function isTaken(name: string, body: JsonObject, asked: Rehearsal): Promise<boolean> {
  try {
    const { prepared } = await rehearse(chatCompletions, body, asked);
    return !prepared.dropped.some(({ field }) => field === name || field.startsWith(`${name}.`));
  } catch (error) {
    if (error instanceof GatewayError && error.row.source === 'client') return false;
    throw error;
  }
}
