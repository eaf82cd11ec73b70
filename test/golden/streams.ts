/** Whole streams through a format's reader and writer. */
import type { AnswerFacts, ConversationFormat } from '../../src/formats/format.ts';
import type { StreamEvent } from '../../src/formats/neutral/conversation.ts';
import { SseSplitter } from '../../src/wire/sse.ts';

/** The neutral events of a stream, from the data of its events. */
export function readStream(
  format: Pick<ConversationFormat, 'openStreamReader'>,
  data: readonly string[],
): StreamEvent[] {
  const reader = format.openStreamReader();
  const events: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void events.push(event);
  for (const text of data) reader.read(text, undefined, emit);
  reader.close(emit);
  return events;
}

/** The data of the events that a client gets, the end included. */
export function writeStream(
  format: Pick<ConversationFormat, 'openStreamWriter'>,
  facts: AnswerFacts,
  events: readonly StreamEvent[],
): string[] {
  const writer = format.openStreamWriter(facts);
  const data: string[] = [];
  const splitter = new SseSplitter((text) => data.push(text));
  for (const event of events) splitter.push(Buffer.from(writer.write(event)));
  splitter.push(Buffer.from(writer.end()));
  splitter.end();
  return data;
}
