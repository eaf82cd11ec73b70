/**
 * How signatures of other families travel through an Anthropic client. Such a client hands `thinking` blocks back unchanged
 * and never looks into `signature`, so a foreign signature rides there behind the name of its family:
 *
 * - on a tool call: an empty `thinking` block directly before the `tool_use`, `signature: "google:…"`;
 * - on a text: an empty `thinking` block directly after the `text`, `signature: "google-text:…"`, if another block follows: Gemini
 *   recommends to hand it back and does not demand it (https://ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-28);
 * - on reasoning: the `thinking` block itself, `signature: "google:…"`;
 * - unsigned reasoning: `signature: ""`, which the SDKs and Claude Code accept.
 *
 * Claude's own signatures are base64 and hold no colon, so the two cannot be mixed up.
 */

import type { JsonObject } from '../../core/json.ts';
import { findText } from '../../wire/find-text.ts';
import type { ReasoningPart, ReasoningSignature } from '../neutral/conversation.ts';

const CARRIED = /^(google|openai|other)(-text)?:/;

/** The `signature` member of a `thinking` block for this signature; empty for unsigned reasoning. */
export function writeSignature(signature: ReasoningSignature | undefined): string {
  if (signature === undefined) return '';
  return signature.origin === 'anthropic' ? signature.value : `${signature.origin}:${signature.value}`;
}

/** The block that carries the signature of the tool call after it. */
export function writeToolSignature(signature: ReasoningSignature): JsonObject {
  return { type: 'thinking', thinking: '', signature: writeSignature(signature) };
}

/** The block that carries the signature of the text before it. */
export function writeTextSignature(signature: ReasoningSignature): JsonObject {
  return { type: 'thinking', thinking: '', signature: `${signature.origin}-text:${signature.value}` };
}

/** Whether a block is the carrier of a text's signature. */
export function isTextSignature({ type, thinking, signature }: JsonObject): boolean {
  return (
    type === 'thinking' &&
    thinking === '' &&
    typeof signature === 'string' &&
    CARRIED.exec(signature)?.[2] !== undefined
  );
}

/** A `thinking` block, read: reasoning, or only the carrier of a neighbour's signature. */
type ReadThinking =
  | { readonly carries: 'reasoning'; readonly part: ReasoningPart }
  | { readonly carries: 'text-signature' | 'tool-signature'; readonly signature: ReasoningSignature };

/** Reads the two members of a `thinking` block. */
export function readThinking(thinking: string, signature: string): ReadThinking {
  if (signature === '') return { carries: 'reasoning', part: { type: 'reasoning', text: thinking } };
  const match = CARRIED.exec(signature);
  if (match === null) {
    const own: ReasoningSignature = { origin: 'anthropic', value: signature };
    return { carries: 'reasoning', part: { type: 'reasoning', text: thinking, signature: own } };
  }
  const foreign: ReasoningSignature = {
    origin: match[1] as 'google' | 'openai' | 'other',
    value: signature.slice(match[0].length),
  };
  if (match[2] !== undefined) return { carries: 'text-signature', signature: foreign };
  if (thinking === '') return { carries: 'tool-signature', signature: foreign };
  return { carries: 'reasoning', part: { type: 'reasoning', text: thinking, signature: foreign } };
}

/**
 * Whether a request body holds a `thinking` block that Claude did not sign. Claude refuses such a block (400), so a body of
 * which this is true must be read and written again first.
 */
export function holdsForeignThinking(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (findText(bytes, '"signature"') === -1) return false;
  const text = bytes.toString('latin1');
  return /"signature"\s*:\s*"(?:"|(?:google|openai|other)(?:-text)?:)/.test(text);
}
