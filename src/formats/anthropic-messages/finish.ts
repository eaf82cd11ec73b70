/** Why an answer ended: Anthropic's `stop_reason` and the neutral word, both ways. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Finish, FinishReason, Part } from '../neutral/conversation.ts';

const REASON_OF_WORD: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  pause_turn: 'pause',
  refusal: 'refusal',
  model_context_window_exceeded: 'context-window',
};

const WORD_OF_REASON: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  'context-window': 'model_context_window_exceeded',
  'malformed-tool-call': 'end_turn',
  error: 'end_turn',
  other: 'end_turn',
};

/** Members beside `stop_reason` that tell more about the end; a stream has them in `message_delta`, a whole answer at its top. */
const MORE = ['stop_details', 'container', 'context_management', 'diagnostics'] as const;

/** Reads the end of an answer from the objects that tell of it: the message, or a stream's `message_delta` and its `delta`. */
export function readFinish(...sources: readonly JsonObject[]): Finish {
  let raw: string | undefined;
  let stopSequence: string | undefined;
  const fields: JsonObject = {};
  for (const source of sources) {
    if (typeof source.stop_reason === 'string') raw = source.stop_reason;
    if (typeof source.stop_sequence === 'string') stopSequence = source.stop_sequence;
    for (const key of MORE) {
      const value = source[key];
      if (isJsonObject(value)) fields[key] = value;
    }
  }
  const reason = raw !== undefined && Object.hasOwn(REASON_OF_WORD, raw) ? REASON_OF_WORD[raw] : undefined;
  return {
    reason: reason ?? 'other',
    ...defined({ raw, stopSequence }),
    ...(Object.keys(fields).length > 0 && { extra: { format: 'anthropic-messages', fields } }),
  };
}

/** What an answer held that its end has to agree with. */
interface AnswerHeld {
  readonly toolCall: boolean;
  readonly refusal: boolean;
}

/** Tells what the parts of an answer hold. */
export function heldBy(parts: readonly Part[]): AnswerHeld {
  return {
    toolCall: parts.some((part) => part.type === 'tool-call'),
    refusal: parts.some((part) => part.type === 'refusal'),
  };
}

/** Writes `stop_reason`, `stop_sequence` and what else Anthropic itself said about the end. */
export function writeFinish(finish: Finish | undefined, held: AnswerHeld): { delta: JsonObject; more: JsonObject } {
  const reason = finish?.reason ?? 'stop';
  let word = WORD_OF_REASON[reason];
  // A word of Anthropic's that has no neutral one (`compaction`) stays as it was.
  if (reason === 'other' && finish?.raw !== undefined && finish.extra?.format === 'anthropic-messages')
    word = finish.raw;
  if (reason === 'other' && finish?.raw === 'compaction') word = 'compaction';
  // Some OpenAI-like providers end a turn of tool calls with `stop`; an Anthropic client runs tools only on `tool_use`. Claude itself
  // means `end_turn` when it says so: the calls were then made by its own code execution.
  const isOpenEnd = reason === 'stop' && finish?.raw !== 'end_turn';
  if (isOpenEnd && held.toolCall) word = 'tool_use';
  else if (isOpenEnd && held.refusal) word = 'refusal';
  const { stop_details, container, ...more } =
    finish?.extra?.format === 'anthropic-messages' ? finish.extra.fields : ({} as JsonObject);
  return {
    delta: {
      stop_reason: word,
      stop_sequence: finish?.stopSequence ?? null,
      ...defined({ stop_details, container }),
    },
    more,
  };
}
