/** A recorded request as it is asked again: its body as it was recorded, or one of the same kind and length. */
import { chatCompletions } from '../../endpoints/chat-completions/index.ts';
import { endpointNamed } from '../../endpoints/which-endpoint.ts';
import type { Endpoint } from '../../exchange/endpoint.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';

/** What is known of a request beside the ledger. */
export interface RecordedBody {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** By which endpoint a call of a kind is planned. */
const ENDPOINTS: ReadonlyMap<string, string> = new Map([
  ['acompletion', 'chat/completions'],
  ['anthropic_messages', '/v1/messages'],
  ['aembedding', 'embeddings'],
  ['atext_completion', 'completions'],
  ['aresponses', 'responses'],
]);

/** The endpoint of a row; undefined if its kind cannot be planned. */
export function endpointOfRow({ callType, route }: LedgerRow): Endpoint | undefined {
  // Gemini's own paths name their model; they are planned as the chats that they are.
  if (callType === 'acompletion' && /:(?:stream)?[gG]enerateContent/.test(route)) return chatCompletions;
  const name = ENDPOINTS.get(callType);
  return endpointNamed(route) ?? (name === undefined ? undefined : endpointNamed(name));
}

/** About as many characters as a token has. */
const CHARACTERS = 4;
const LONGEST_FILLER = 400_000;
const FILLER = 'word '.repeat(LONGEST_FILLER / 5);

/** A request of the same kind and length as a row says: its words are unknown, so what depends on them is too. */
export function bodyOfRow({ requestedModel, stream, inputTokens, callType }: LedgerRow): string {
  const text = FILLER.slice(0, Math.min(LONGEST_FILLER, Math.max(1, inputTokens * CHARACTERS)));
  const head = { model: requestedModel, ...(stream && { stream }) };
  if (callType === 'aembedding' || callType === 'aresponses') return JSON.stringify({ ...head, input: text });
  if (callType === 'atext_completion') return JSON.stringify({ ...head, prompt: text });
  return JSON.stringify({
    ...head,
    ...(callType === 'anthropic_messages' && { max_tokens: 4_096 }),
    messages: [{ role: 'user', content: text }],
  });
}
