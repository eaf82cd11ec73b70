/** Claude's whole answer → neutral. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import type { ConversationResponse } from '../neutral/conversation.ts';
import { asArray, optionalString } from './fields.ts';
import { readFinish } from './finish.ts';
import { finishOfAnswer, readJsonAnswer } from './json-tool.ts';
import { readBlocks } from './read-content.ts';
import { readUsage } from './usage.ts';

/** Reads a `message`. Throws `FormatError` for any other body. */
export function readResponse(body: JsonObject): ConversationResponse {
  if (body.type !== 'message') {
    throw new FormatError('type', `type: expected "message", got ${JSON.stringify(body.type ?? null)}.`);
  }
  const { parts, isAnswer } = readJsonAnswer(readBlocks(asArray(body.content, 'content'), 'content', new Map()));
  const finish = readFinish(body);
  const usage = readUsage(body);
  return {
    id: optionalString(body, 'id', '') ?? '',
    model: optionalString(body, 'model', '') ?? '',
    choices: [{ index: 0, parts, finish: isAnswer ? finishOfAnswer(finish) : finish }],
    ...defined({ usage }),
    ...(usage?.serviceTier !== undefined && { serviceTier: usage.serviceTier }),
  };
}
