/** Why an answer ended: Gemini's `finishReason` and the neutral reason, in both directions. */
import { defined } from '../../core/defined.ts';
import { type JsonObject, stringOf } from '../../core/json.ts';
import type { Finish, FinishReason } from '../neutral/conversation.ts';

/** All values of `FinishReason` (https://ai.google.dev/api/generate-content, 2026-11-23). */
const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  LANGUAGE: 'content-filter',
  BLOCKLIST: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
  SPII: 'content-filter',
  MODEL_ARMOR: 'content-filter',
  IMAGE_SAFETY: 'content-filter',
  IMAGE_PROHIBITED_CONTENT: 'content-filter',
  IMAGE_RECITATION: 'content-filter',
  CONTINUATION: 'pause',
  MALFORMED_FUNCTION_CALL: 'malformed-tool-call',
  UNEXPECTED_TOOL_CALL: 'malformed-tool-call',
  TOO_MANY_TOOL_CALLS: 'malformed-tool-call',
  MISSING_THOUGHT_SIGNATURE: 'error',
  MALFORMED_RESPONSE: 'error',
  NO_IMAGE: 'other',
  IMAGE_OTHER: 'other',
  OTHER: 'other',
  FINISH_REASON_UNSPECIFIED: 'other',
};

/** What a candidate says about its end, besides the reason, that only Gemini has words for. */
const OWN_FIELDS = ['finishMessage', 'continuationToken'] as const;

/** The end of a candidate in Gemini's words. */
export interface RawFinish {
  readonly reason: string | undefined;
  readonly fields: JsonObject;
}

/** Takes what a candidate says about its end. */
export function rawFinishOf(candidate: JsonObject): RawFinish {
  const fields: JsonObject = {};
  for (const name of OWN_FIELDS) {
    const value = stringOf(candidate[name]);
    if (value !== undefined) fields[name] = value;
  }
  return { reason: stringOf(candidate.finishReason), fields };
}

/** The neutral finish of a candidate. Gemini says STOP for tool calls as well. */
export function readFinish({ reason: raw, fields }: RawFinish, hasToolCalls: boolean): Finish {
  const known = raw !== undefined && Object.hasOwn(REASONS, raw) ? REASONS[raw] : undefined;
  const reason = known ?? 'other';
  return {
    reason: hasToolCalls && (reason === 'stop' || raw === undefined) ? 'tool-calls' : reason,
    ...defined({ raw }),
    ...(Object.keys(fields).length === 0 ? {} : { extra: { format: 'gemini-generate', fields } }),
  };
}

/** The finish of an answer that was refused before it began: `promptFeedback.blockReason`. */
export function readBlock(promptFeedback: JsonObject): Finish | undefined {
  const raw = stringOf(promptFeedback.blockReason);
  if (raw === undefined) return undefined;
  const message = stringOf(promptFeedback.blockReasonMessage);
  return {
    reason: 'content-filter',
    raw,
    ...(message === undefined ? {} : { extra: { format: 'gemini-generate', fields: { blockReasonMessage: message } } }),
  };
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  pause: 'STOP',
  length: 'MAX_TOKENS',
  'context-window': 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'SAFETY',
  'malformed-tool-call': 'MALFORMED_FUNCTION_CALL',
  error: 'OTHER',
  other: 'OTHER',
};

/** The members of a candidate that say why it ended; the provider's own word if it is one of Gemini's. */
export function writeFinish({ reason, raw, extra }: Finish): JsonObject {
  const own = raw !== undefined && Object.hasOwn(REASONS, raw) && (REASONS[raw] === reason || reason === 'tool-calls');
  const fields = extra?.format === 'gemini-generate' ? rawFinishOf(extra.fields).fields : {};
  return {
    finishReason: own ? raw : WORDS[reason],
    ...fields,
  };
}
