import type { StreamWriter } from '../formats/format.ts';
import { conversationOf, type FormatParts } from '../formats/index.ts';
import type { ConversationResponse } from '../formats/neutral/conversation.ts';
import { eventsOf } from '../formats/neutral/events-of.ts';
import type { AnsweredCalls } from './answered-calls.ts';
import type { ReadyAnswer } from './prepared-call.ts';
import { readAnswer, readResponse, textOfResponse } from './read-answer.ts';
import { usageOfModel } from './usage-of-model.ts';

/** Reads a whole answer of a provider and writes it as a client's stream. */
export function readWholeAsStream(
  body: Buffer,
  parts: FormatParts,
  writer: StreamWriter,
  calls?: AnsweredCalls,
  check: (response: ConversationResponse) => ConversationResponse = (response) => response,
): ReadyAnswer {
  const response = check(readResponse(conversationOf(parts), readAnswer(body, parts), calls));
  let stream = '';
  for (const event of eventsOf(response)) stream += event.type === 'end' ? writer.end() : writer.write(event);
  return {
    body: Buffer.from(stream),
    usage: usageOfModel(response.usage, response.model),
    text: () => textOfResponse(response),
  };
}
