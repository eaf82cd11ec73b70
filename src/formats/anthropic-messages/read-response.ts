/** Claude's whole answer → neutral. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { readerOf } from '../body-reader.ts';
import { CallIds } from '../neutral/call-ids.ts';
import type { ConversationResponse } from '../neutral/conversation.ts';
import { readFinish } from './finish.ts';
import { finishOfAnswer, readJsonAnswer } from './json-tool.ts';
import { readBlocks } from './read-content.ts';
import { readUsage } from './usage.ts';

/** Reads a `message`. Throws `FormatError` for any other body. */
export function readResponse(body: JsonObject, callSeed?: string): ConversationResponse {
  const reader = readerOf(body);
  if (body.type !== 'message') throw reader.wrongChoice('type', ['message']);
  const ids = new CallIds(callSeed ?? reader.string('id'));
  const { parts, isAnswer } = readJsonAnswer(readBlocks(reader.requiredObjects('content'), new Map(), ids));
  const finish = readFinish(body);
  const usage = readUsage(body);
  return {
    id: reader.string('id') ?? '',
    model: reader.string('model') ?? '',
    choices: [{ index: 0, parts, finish: isAnswer ? finishOfAnswer(finish) : finish }],
    ...defined({ usage }),
    ...(usage?.serviceTier !== undefined && { serviceTier: usage.serviceTier }),
  };
}
