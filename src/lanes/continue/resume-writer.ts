/** Writers that go on with a stream of which the client already has the beginning. */
import { defined } from '../../core/defined.ts';
import type { AnswerFacts, ConversationFormat, StreamWriter } from '../../formats/format.ts';
import type { FormatParts } from '../../formats/index.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { SentSoFar } from './stream-record.ts';

/** The facts of a stream that was begun: its own id, model and time stay. */
function sentFacts(sent: SentSoFar, facts: AnswerFacts): AnswerFacts {
  return {
    ...facts,
    model: sent.model ?? facts.model,
    createdSeconds: sent.createdSeconds ?? facts.createdSeconds,
    ...defined({ sentId: sent.id }),
  };
}

/** A writer in the state of the client's stream: what was sent is written once more, into nothing. */
export function resumeWriter(client: ConversationFormat, sent: SentSoFar, facts: AnswerFacts): StreamWriter {
  const writer = client.openStreamWriter(sentFacts(sent, facts));
  const { position } = sent;
  // Blocks and items that were begun empty or are closed have no neutral event, and their ids are those of another provider.
  if ((position?.block ?? position?.items) !== undefined && position !== undefined && writer.resume !== undefined) {
    if (sent.usage !== undefined) writer.write({ type: 'usage', usage: sent.usage });
    writer.resume(position);
    return writer;
  }
  let hasStarted = false;
  for (const event of sent.events) {
    hasStarted ||= event.type === 'start';
    if (event.type !== 'end' && event.type !== 'error') writer.write(event);
  }
  // The client has the opening of the choice, even if no word of it followed.
  if (hasStarted) writer.write({ type: 'text', choice: 0, text: '' });
  return writer;
}

/**
 * What ends a client's stream whose answer is whole but for its end mark (`mayContinue` says `complete`). `usage` is
 * written if the client asked for it and has not got it yet.
 */
export function endOfWhole(parts: FormatParts, sent: SentSoFar, facts: AnswerFacts, usage: Usage | undefined): string {
  if (sent.endSeen) return sent.owed;
  const { conversation } = parts;
  const isOwed = facts.streamUsage && sent.usage === undefined && usage !== undefined;
  if (!isOwed || conversation === undefined || sent.position?.block !== undefined) return sent.owed + parts.endMark;
  const writer = resumeWriter(conversation, sent, facts);
  writer.write({ type: 'usage', usage });
  return sent.owed + writer.end();
}
