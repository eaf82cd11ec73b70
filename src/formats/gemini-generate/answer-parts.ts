/** The parts of an answer, read leniently: what a provider sends is taken as far as it is understood, and kept opaque beyond. */
import { isJsonObject, type JsonObject, setMember, stringOf } from '../../core/json.ts';
import type { Part, ReasoningSignature } from '../neutral/conversation.ts';
import { readInlineData } from './media.ts';

/** The signature on a part, as Google's own. */
export function signatureOf(part: JsonObject): ReasoningSignature | undefined {
  const value = stringOf(part.thoughtSignature);
  return value === undefined || value === '' ? undefined : { origin: 'google', value };
}

/** One part of an answer; undefined if it says nothing. `callId` gives the id of a call from the one it came with. */
export function readAnswerPart(part: JsonObject, callId: (given: string | undefined) => string): Part | undefined {
  const signature = signatureOf(part);
  const signed = signature === undefined ? {} : { signature };
  if (isJsonObject(part.functionCall)) {
    const { name, args, id } = part.functionCall;
    return {
      type: 'tool-call',
      id: callId(stringOf(id)),
      name: stringOf(name) ?? '',
      arguments: isJsonObject(args) ? JSON.stringify(args) : '{}',
      ...signed,
    };
  }
  const text = stringOf(part.text);
  if (text !== undefined) {
    if (part.thought === true) return { type: 'reasoning', text, ...signed };
    return text === '' && signature === undefined ? undefined : { type: 'text', text, ...signed };
  }
  const media = part.thought === true ? undefined : readMediaPart(part);
  if (media !== undefined) return media;
  const says = Object.keys(part).filter((key) => key !== 'thoughtSignature' && key !== 'thought');
  // A signature that stands alone belongs to what came before it, as text that is empty.
  if (says.length === 0) return signature === undefined ? undefined : { type: 'text', text: '', ...signed };
  return { type: 'opaque', format: 'gemini-generate', value: part };
}

function readMediaPart(part: JsonObject): Part | undefined {
  if (!isJsonObject(part.inlineData)) return undefined;
  const mimeType = stringOf(part.inlineData.mimeType);
  const data = stringOf(part.inlineData.data);
  if (mimeType === undefined || data === undefined) return undefined;
  const media = readInlineData(mimeType, data);
  // Image models sign their pictures, and want the signature back for the next edit.
  const fields: JsonObject = {};
  for (const [key, value] of Object.entries(part)) {
    if (key !== 'inlineData' && value !== undefined) setMember(fields, key, value);
  }
  if (media.type === 'image') {
    return Object.keys(fields).length === 0 ? media : { ...media, extra: { format: 'gemini-generate', fields } };
  }
  return media.type === 'audio' ? media : undefined;
}
