/** Finds successes that hold no answer: nothing was said, and there is no true end. The provider failed, whatever its status is. */
import type { ConversationResponse, Finish, FinishReason, Part, StreamEvent } from './conversation.ts';

/** Ends that an empty answer may have: the model had nothing to add, thoughts used up its limit, a filter refused. */
const TRUE_ENDS: ReadonlySet<FinishReason> = new Set<FinishReason>([
  'stop',
  'stop-sequence',
  'length',
  'tool-calls',
  'content-filter',
  'refusal',
  'pause',
  'context-window',
]);

/** Whether the provider itself said that the answer is over, for a reason that a whole answer may have. */
export function isTrueEnd({ reason, raw }: Finish): boolean {
  return raw !== undefined && TRUE_ENDS.has(reason);
}

/** What is wrong with an answer's end, in words. */
export function describeEnd(finish: Finish | undefined): string {
  return finish?.raw === undefined ? 'it says nothing and has no finish reason' : `it ended with '${finish.raw}'`;
}

/** Why a body holds no answer; undefined if it holds one. */
export function whyNoAnswer({ choices }: ConversationResponse): string | undefined {
  if (choices.length === 0) return 'it holds no choice';
  const isAnswered = choices.some(
    ({ parts, finish }) => isTrueEnd(finish) || (finish.reason !== 'error' && parts.some(isSaid)),
  );
  return isAnswered ? undefined : describeEnd(choices[0]?.finish);
}

/** Thoughts alone are not an answer. */
function isSaid(part: Part): boolean {
  return part.type === 'text' || part.type === 'refusal' ? part.text !== '' : part.type !== 'reasoning';
}

/** Whether an event of a stream says something of the answer. */
export function saysSomething(event: StreamEvent): boolean {
  switch (event.type) {
    case 'text':
    case 'refusal':
      return event.text !== '';
    case 'tool-call':
    case 'tool-arguments':
    case 'media':
    case 'server-call':
    case 'opaque':
      return true;
    default:
      return false;
  }
}
