/**
 * Conversations that the server holds: `thread: {type: "create"}` holds one under the id of the answer, `continue` goes on from the answer
 * of an id (`message-threads-2026-08-12`, as @anthropic-ai/sdk 1.12.0 describes it).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { invalid, Refused } from '../errors.ts';
import type { Call } from '../operation.ts';

const BETA = /\bmessage-threads-2026-08-12\b/;

/** The call with the whole conversation in place of its last turn. Refuses a thread that is not held here. */
export function withThread(call: Call): Call {
  const { thread, ...body } = call.body;
  if (thread === undefined || thread === null) return call;
  const beta = call.headers['anthropic-beta'];
  if (typeof beta !== 'string' || !BETA.test(beta)) throw invalid('thread: Extra inputs are not permitted');
  if (!isJsonObject(thread))
    throw invalid('thread: Input should be a valid dictionary or object to extract fields from');
  if (thread.type === 'create') return { ...call, body };
  if (thread.type !== 'continue') {
    throw invalid(
      `thread: Input tag '${String(thread.type)}' found using 'type' does not match any of the expected tags: 'create', 'continue'`,
    );
  }
  const { previous_message_id: previous } = thread;
  const held = typeof previous === 'string' ? call.responses.get(previous) : undefined;
  if (held === undefined) {
    throw new Refused({
      status: 404,
      kind: 'not-found',
      message: `No thread was found for ${String(previous)}.`,
      facts: { error_code: 'thread_not_found' },
    });
  }
  const turns = Array.isArray(body.messages) ? body.messages : [];
  return { ...call, body: { ...body, messages: [...held, ...turns] } };
}

/** Holds the conversation with its answer, if the request asks for it. */
export function holdThread(asked: Call, whole: Call, message: JsonObject): void {
  if (asked.body.thread === undefined || typeof message.id !== 'string') return;
  const turns: JsonValue[] = Array.isArray(whole.body.messages) ? whole.body.messages : [];
  asked.responses.set(message.id, [...turns, { role: 'assistant', content: message.content ?? [] }]);
}
