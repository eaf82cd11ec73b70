/**
 * Compaction where the provider has none: the model is asked for a summary, which takes the place of the conversation so far. OpenAI's
 * own compaction (https://developers.openai.com/api/reference/resources/responses/methods/compact, 2026-11-29) is encrypted and can be
 * read by OpenAI alone; a summary rides in the same member behind a mark, as foreign signatures do, and any model can be given it.
 */
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, stringOf } from '../../core/json.ts';
import type { Dropped, ReadRequest } from '../format.ts';
import type { ConversationRequest, ConversationResponse, Part, TextPart, Turn } from '../neutral/conversation.ts';

/** OpenAI's own content is base64 and holds no colon. */
const SUMMARY_MARK = 'sluice-summary:';

const REQUEST =
  'Summarize the conversation so far. Another model will continue it, and will have nothing but your summary and what the user ' +
  'says next. State what the user wants and prefers; what was decided and why; every fact, name, path, number and piece of code ' +
  'that is needed later, word for word; what was done and with which results; what is open, and what comes next. Do not answer ' +
  'the conversation and do not call tools: write the summary alone.';
const HEADING = 'This is a summary of the conversation so far:\n\n';

/** Whether an item holds what a conversation was compacted to. Codex also knows the older of the two words. */
export function isCompaction({ type }: JsonObject): boolean {
  return type === 'compaction' || type === 'compaction_summary';
}

/** Whether the last item of a request asks to compact what comes before it. */
export function asksForCompaction({ input }: JsonObject): boolean {
  const last = itemsOf(input).at(-1);
  return isJsonObject(last) && last.type === 'compaction_trigger';
}

/** What a summary says to the model that goes on; undefined if the item is not one of the gateway's. */
export function textOfSummary({ encrypted_content: content }: JsonObject): string | undefined {
  const text = stringOf(content);
  return text?.startsWith(SUMMARY_MARK) === true ? HEADING + text.slice(SUMMARY_MARK.length) : undefined;
}

/** The request that asks for a summary. Calls become words: whatever tools there were, none is called now. */
export function askForSummary(request: ConversationRequest): ConversationRequest {
  const { tools: _tools, toolChoice: _choice, parallelToolCalls: _parallel, output: _output, ...rest } = request;
  const turns = request.turns.map(asWords).filter(({ parts }) => parts.length > 0);
  return { ...rest, turns: [...turns, { role: 'user', parts: [{ type: 'text', text: REQUEST }] }] };
}

function asWords(turn: Turn): Turn {
  const parts = turn.parts.flatMap(partAsWords);
  return { ...turn, role: turn.role === 'tool' ? 'user' : turn.role, parts };
}

function partAsWords(part: Part): readonly Part[] {
  switch (part.type) {
    case 'reasoning':
      return [];
    case 'text': {
      const { signature: _signature, ...text } = part;
      return [text];
    }
    case 'tool-call':
      return [{ type: 'text', text: `[Called the tool ${part.name}: ${part.arguments}]` }];
    case 'tool-result': {
      const name = part.name === undefined ? 'A tool' : `The tool ${part.name}`;
      return [{ type: 'text', text: `[${name} answered:]` }, ...part.content];
    }
    default:
      return [part];
  }
}

/** The answer whose words are the summary, as a compaction item. `seed`: what its id is made from. */
export function summarizedAnswer(response: ConversationResponse, seed: string): ConversationResponse {
  const [first] = response.choices;
  const text = (first?.parts ?? [])
    .filter((part): part is TextPart => part.type === 'text')
    .map((part) => part.text)
    .join('');
  if (first === undefined || text.trim() === '') return response;
  const item = {
    type: 'compaction',
    id: `cmp_${seed.replace(/[^a-zA-Z0-9]/g, '')}`,
    encrypted_content: SUMMARY_MARK + text,
  };
  return {
    ...response,
    choices: [{ ...first, parts: [{ type: 'opaque', format: 'openai-responses', value: item }] }],
  };
}

/** Whether a whole answer holds a summary. */
export function isSummarized({ choices: [first] }: ConversationResponse): boolean {
  return first?.parts.some((part) => part.type === 'opaque' && isCompaction(part.value)) === true;
}

/** What users said last is kept as they said it, up to this much. */
const MOST_KEPT_BYTES = 65_536;

/** A response with a summary, as the endpoint for compaction gives it: with what users said last before it. */
export function compactionObject(response: JsonObject, { input }: JsonObject): JsonObject {
  const { id, created_at, output, usage } = response;
  const kept: JsonObject[] = [];
  let room = MOST_KEPT_BYTES;
  const said = typeof input === 'string' ? [{ role: 'user', content: input }] : itemsOf(input);
  for (const [index, item] of [...said.entries()].reverse()) {
    if (!isJsonObject(item) || item.role !== 'user') continue;
    room -= Buffer.byteLength(JSON.stringify(item));
    if (room < 0) break;
    kept.unshift(keptMessage(item, `msg_${String(id).replace(/^resp_/, '')}_${index}`));
  }
  return {
    ...{ id, object: 'response.compaction', created_at },
    output: [...kept, ...itemsOf(output)],
    ...(usage !== undefined && { usage }),
  };
}

function keptMessage({ content, ...item }: JsonObject, id: string): JsonObject {
  const parts: JsonValue = typeof content === 'string' ? [{ type: 'input_text', text: content }] : (content ?? []);
  return { id, status: 'completed', ...item, type: 'message', content: parts };
}

/** What a next turn begins with: the last compaction, and what came after it. */
export function sinceCompaction(items: readonly JsonValue[]): readonly JsonValue[] {
  const last = items.findLastIndex((item) => isJsonObject(item) && isCompaction(item));
  return items.slice(Math.max(last, 0)).filter((item) => !isJsonObject(item) || item.type !== 'compaction_trigger');
}

const UNREADABLE: Dropped = {
  field: 'input',
  why: 'a compaction that OpenAI made is encrypted, and can be read by OpenAI alone. Send the conversation itself, or have it compacted by this model',
  kind: 'refused',
};

/** The request for a provider that is not OpenAI. */
export function forOthers(request: ConversationRequest): ReadRequest {
  const isUnreadable = request.turns.some(({ parts }) =>
    parts.some((part) => part.type === 'opaque' && isCompaction(part.value)),
  );
  return { request, dropped: isUnreadable ? [UNREADABLE] : [] };
}
