/** Why an answer ended: Gemini's `finishReason` and the neutral reason, in both directions. */
import type { JsonObject } from '../../core/json.ts';
import type { Finish, FinishReason } from '../neutral/conversation.ts';
import { stringOf } from './fields.ts';

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

/** The neutral finish of a candidate. Gemini says STOP for tool calls as well. */
export function readFinish(raw: string | undefined, finishMessage: string | undefined, hasToolCalls: boolean): Finish {
  const known = raw !== undefined && Object.hasOwn(REASONS, raw) ? REASONS[raw] : undefined;
  const reason = known ?? 'other';
  return {
    reason: hasToolCalls && (reason === 'stop' || raw === undefined) ? 'tool-calls' : reason,
    ...(raw === undefined ? {} : { raw }),
    ...(finishMessage === undefined ? {} : { extra: { format: 'gemini-generate', fields: { finishMessage } } }),
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

/** The members of a candidate that say why it ended; the provider's own word where it is one of Gemini's. */
export function writeFinish({ reason, raw, extra }: Finish): JsonObject {
  const own = raw !== undefined && Object.hasOwn(REASONS, raw) && (REASONS[raw] === reason || reason === 'tool-calls');
  const message = extra?.format === 'gemini-generate' ? stringOf(extra.fields.finishMessage) : undefined;
  return {
    finishReason: own ? raw : WORDS[reason],
    ...(message === undefined ? {} : { finishMessage: message }),
  };
}
