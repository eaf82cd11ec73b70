import type { JsonObject } from '../../core/json.ts';
import type { AnswerFacts } from '../format.ts';
import type { ConversationResponse } from '../neutral/conversation.ts';
import { eventsOf } from '../neutral/events-of.ts';
import { ResponsesStreamWriter } from './stream-writer.ts';

/** Writes the first choice of an answer as a response: the items that its stream would have had. */
export function writeResponse(response: ConversationResponse, facts: AnswerFacts): JsonObject {
  const writer = new ResponsesStreamWriter(facts);
  for (const event of eventsOf(response)) writer.write(event);
  return writer.whole();
}
