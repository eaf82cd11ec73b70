/**
 * Reasoning that must survive a round trip through a client of this format. Three shapes carry it: LiteLLM's
 * `thinking_blocks` (Anthropic's blocks as they are), OpenRouter's `reasoning_details`, and Google's `extra_content`.
 */
import { isJsonObject, itemsOf, type JsonObject, type JsonValue, objectOf, stringOf, wordOf } from '../../core/json.ts';
import type { OpaquePart, ReasoningPart, ReasoningSignature } from '../neutral/conversation.ts';

type Origin = ReasoningSignature['origin'];

function readOrigin(value: JsonValue | undefined): Origin {
  return value === 'google' || value === 'openai' || value === 'other' ? value : 'anthropic';
}

/** Reads one thinking block (also as a content part); undefined if it is not one. A block without `origin` is Anthropic's. */
export function readThinkingBlock(block: JsonValue): ReasoningPart | undefined {
  if (!isJsonObject(block)) return undefined;
  if (block.type === 'redacted_thinking') {
    const data = wordOf(block.data);
    return data === undefined ? undefined : { type: 'reasoning', text: '', redacted: data };
  }
  if (block.type !== 'thinking') return undefined;
  // Mistral's thinking part holds a list of text parts, Anthropic's a string.
  const text = Array.isArray(block.thinking)
    ? block.thinking.map((part) => (isJsonObject(part) ? (stringOf(part.text) ?? '') : '')).join('')
    : (stringOf(block.thinking) ?? '');
  const value = wordOf(block.signature);
  return {
    type: 'reasoning',
    text,
    ...(value === undefined ? {} : { signature: { origin: readOrigin(block.origin), value } }),
  };
}

/** Reads `thinking_blocks` of a message. */
function readThinkingBlocks(value: JsonValue | undefined): readonly ReasoningPart[] {
  return itemsOf(value).flatMap((block) => readThinkingBlock(block) ?? []);
}

/** Writes a reasoning part as a block; undefined for one that carries nothing but text. `origin` names a maker other than Anthropic. */
export function writeThinkingBlock(part: ReasoningPart): JsonObject | undefined {
  if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted };
  if (part.signature === undefined) return undefined;
  const block: JsonObject = { type: 'thinking', thinking: part.text, signature: part.signature.value };
  if (part.signature.origin !== 'anthropic') block.origin = part.signature.origin;
  return block;
}

/** Writes the blocks of all parts that have something to keep. */
export function writeThinkingBlocks(parts: readonly ReasoningPart[]): JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of parts) {
    const block = writeThinkingBlock(part);
    if (block !== undefined) blocks.push(block);
  }
  return blocks;
}

/** Reads Google's signature from `extra_content.google.thought_signature`, or from where LiteLLM puts it. */
export function readGoogleSignature(holder: JsonObject): ReasoningSignature | undefined {
  const value =
    wordOf(objectOf(objectOf(holder.extra_content)?.google)?.thought_signature) ??
    wordOf(objectOf(holder.provider_specific_fields)?.thought_signature);
  return value === undefined ? undefined : { origin: 'google', value };
}

/** Writes a signature of Google's as `extra_content`; nothing for any other. */
export function writeGoogleSignature(signature: ReasoningSignature | undefined): JsonObject {
  return signature?.origin === 'google' ? { extra_content: { google: { thought_signature: signature.value } } } : {};
}

function detailOrigin(detail: JsonObject): Origin {
  const format = stringOf(detail.format) ?? '';
  if (format.startsWith('anthropic')) return 'anthropic';
  if (format.startsWith('google')) return 'google';
  return format.startsWith('openai') ? 'openai' : 'other';
}

/** What one of OpenRouter's reasoning details says (openrouter.ai/docs, reasoning tokens, 2026-08). */
export function readReasoningDetail(detail: JsonValue): ReasoningPart | undefined {
  if (!isJsonObject(detail)) return undefined;
  const origin = detailOrigin(detail);
  const data = wordOf(detail.data);
  if (detail.type === 'reasoning.encrypted' && data !== undefined) {
    // Only Anthropic's encrypted thinking has a neutral form; the rest stays in the details themselves.
    return origin === 'anthropic' ? { type: 'reasoning', text: '', redacted: data } : undefined;
  }
  const text = stringOf(detail.text) ?? stringOf(detail.summary) ?? '';
  const value = wordOf(detail.signature);
  if (text === '' && value === undefined) return undefined;
  return { type: 'reasoning', text, ...(value === undefined ? {} : { signature: { origin, value } }) };
}

/** Keeps OpenRouter's details as they are, for the way back to it. */
export function keepReasoningDetails(value: JsonValue | undefined): OpaquePart | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return { type: 'opaque', format: 'openai-chat', value: { type: 'reasoning_details', reasoning_details: value } };
}

/** Writes Anthropic's reasoning as OpenRouter's details, so that its signatures pass through OpenRouter to Claude. */
export function writeReasoningDetails(parts: readonly ReasoningPart[]): JsonValue[] {
  return parts.flatMap((part, index): JsonValue[] => {
    const format = 'anthropic-claude-v1';
    if (part.redacted !== undefined) return [{ type: 'reasoning.encrypted', data: part.redacted, format, index }];
    if (part.signature?.origin !== 'anthropic') return [];
    return [{ type: 'reasoning.text', text: part.text, signature: part.signature.value, format, index }];
  });
}

/**
 * Reads all reasoning of one message, signed blocks before plain text: if a server sends both, the text repeats the blocks.
 */
export function readMessageReasoning(message: JsonObject): readonly (ReasoningPart | OpaquePart)[] {
  const kept = keepReasoningDetails(message.reasoning_details);
  const opaque = kept === undefined ? [] : [kept];
  const blocks = readThinkingBlocks(message.thinking_blocks);
  if (blocks.length > 0) return [...blocks, ...opaque];
  const details = itemsOf(message.reasoning_details).flatMap((detail) => readReasoningDetail(detail) ?? []);
  if (details.some((part) => part.signature !== undefined || part.redacted !== undefined))
    return [...details, ...opaque];
  const text = readReasoningText(message);
  return text === undefined ? [...details, ...opaque] : [{ type: 'reasoning', text }, ...opaque];
}

/** The plain reasoning text of a message or delta: `reasoning_content`, or `reasoning` at Groq, OpenRouter and newer vLLM. */
export function readReasoningText(holder: JsonObject): string | undefined {
  return wordOf(holder.reasoning_content) ?? wordOf(holder.reasoning);
}
