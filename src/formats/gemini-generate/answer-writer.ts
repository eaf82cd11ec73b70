/** Neutral parts of an answer as parts of a Gemini candidate. */
import { type JsonObject, withMembers } from '../../core/json.ts';
import type { Part, ReasoningSignature, ToolCallPart } from '../neutral/conversation.ts';
import { isMediaPart, writeMedia } from './media.ts';
import { carrySignature } from './signatures.ts';
import { argumentsObject } from './write-contents.ts';

/** The part with a signature on it, in the form in which a Gemini client can hand it back. */
export function withSignature(part: JsonObject, signature: ReasoningSignature | undefined): JsonObject {
  return signature === undefined ? part : { ...part, thoughtSignature: carrySignature(signature) };
}

/** A call of a function; the arguments have to be an object. */
export function writeFunctionCall(part: ToolCallPart): JsonObject {
  return withSignature({ functionCall: { id: part.id, name: part.name, args: argumentsObject(part) } }, part.signature);
}

/** Redacted thinking: an empty thought whose signature holds it. */
export function writeRedacted(data: string): JsonObject {
  return { text: '', thought: true, thoughtSignature: carrySignature({ origin: 'redacted', value: data }) };
}

/** One part of an answer; undefined if Gemini has no form for it. */
export function writeAnswerPart(part: Part): JsonObject | undefined {
  if (isMediaPart(part)) {
    const media = writeMedia(part);
    const extra = part.type === 'image' && part.extra?.format === 'gemini-generate' ? part.extra.fields : {};
    return media === undefined ? undefined : withMembers(media, extra);
  }
  switch (part.type) {
    case 'text':
      return withSignature({ text: part.text }, part.signature);
    case 'refusal':
      return { text: part.text };
    case 'reasoning':
      if (part.redacted !== undefined) return writeRedacted(part.redacted);
      return withSignature({ text: part.text, thought: true }, part.signature);
    case 'tool-call':
      return writeFunctionCall(part);
    case 'opaque':
      return part.format === 'gemini-generate' ? part.value : undefined;
    case 'tool-result':
    // Searches stand beside the parts.
    case 'server-call':
      return undefined;
  }
}
