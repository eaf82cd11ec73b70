import { isJsonObject, type JsonValue } from '../../core/json.ts';

/**
 * An id for a call that the provider gave none. It is made of the answer's own id, so that it is the same each time the
 * answer is read and differs from the calls of earlier answers in the conversation.
 */
export function callId(responseId: string, choice: number, call: number): string {
  const tail = responseId.replace(/[^A-Za-z0-9]/g, '').slice(-20);
  return `call_${tail}_${choice}_${call}`;
}

/** The arguments of a call as text; some servers send the object itself. */
export function readCallArguments(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  return isJsonObject(value) ? JSON.stringify(value) : '';
}
