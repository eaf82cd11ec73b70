/** Gives a kept answer to a client of another format, or to one that wants it as a stream or whole. */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { AnswerFacts, ConversationFormat } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import type { ConversationResponse, FormatId } from '../../formats/neutral/conversation.ts';
import { eventsOf } from '../../formats/neutral/events-of.ts';
import type { Entry } from './entry.ts';
import { readKept } from './may-be-kept.ts';

/** What a client wants. */
interface Wanted {
  readonly format: FormatId;
  readonly isStream: boolean;
  readonly facts: AnswerFacts;
}

/**
 * The answer as the client wants it; undefined if some of it would be lost on the way: what is written and read again must be what
 * it was.
 */
export function inFormat(entry: Entry, { format, isStream, facts }: Wanted): Buffer | undefined {
  const { conversation } = formatParts(format);
  if (conversation === undefined) return undefined;
  try {
    const read = readKept(entry.format, entry.body, entry.isStream);
    if (read === undefined) return undefined;
    // A stream may have been recorded for a client that did not ask for the usage.
    const usage = read.usage ?? entry.usage;
    const answer = usage === undefined ? read : { ...read, usage };
    if (!isStream && usage === undefined) return undefined;
    const written = isStream ? streamOf(conversation, answer, facts) : wholeOf(conversation, answer, facts);
    const again = readKept(format, written, isStream);
    return again !== undefined && said(again) === said(answer) ? written : undefined;
  } catch {
    return undefined;
  }
}

function wholeOf(format: ConversationFormat, answer: ConversationResponse, facts: AnswerFacts): Buffer {
  return Buffer.from(JSON.stringify(format.writeResponse(answer, facts)));
}

function streamOf(format: ConversationFormat, answer: ConversationResponse, facts: AnswerFacts): Buffer {
  const writer = format.openStreamWriter(facts);
  let stream = '';
  for (const event of eventsOf(answer)) stream += event.type === 'end' ? writer.end() : writer.write(event);
  return Buffer.from(stream);
}

/** What an answer says, without the names and the words that each format has for the same; usage comes from what is kept. */
function said({ choices, citations }: ConversationResponse): string {
  return canonicalJson({
    choices: choices.map(({ index, parts, finish, logprobs }) => ({ index, parts, reason: finish.reason, logprobs })),
    citations,
  });
}
