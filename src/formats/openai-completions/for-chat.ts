/**
 * What a model that chats does not do for a completion. An echoed prompt is written by the gateway itself; with log-probabilities it
 * would need those of the prompt, which no chat tells, and a suffix asks for the text between two others.
 */
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts, Dropped, ReadRequest } from '../format.ts';
import type { ConversationRequest } from '../neutral/conversation.ts';

/** The request without what the gateway answers for, and what it loses. */
export function forChat(request: ConversationRequest): ReadRequest {
  const { format, fields } = request.extensions;
  const { echo, ...others } = fields;
  const dropped: Dropped[] = [];
  if (echo === true && request.sampling.logprobs === true) {
    dropped.push({ field: 'echo', why: 'a chat tells no log-probabilities of its prompt', kind: 'refused' });
  }
  if (others.suffix !== undefined) {
    dropped.push({
      field: 'suffix',
      why: 'a chat answers its prompt and cannot write what stands before a text',
      kind: 'refused',
    });
  }
  return { request: { ...request, extensions: { format, fields: others } }, dropped };
}

/** What stands before the text of each choice: the prompt if the client asked for its echo. */
export function echoOf({ asked }: AnswerFacts): string {
  const body: JsonObject = asked?.() ?? {};
  if (body.echo !== true) return '';
  const prompt = Array.isArray(body.prompt) ? body.prompt[0] : body.prompt;
  return typeof prompt === 'string' ? prompt : '';
}
