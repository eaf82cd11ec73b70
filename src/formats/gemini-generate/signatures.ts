/**
 * Thought signatures. Google's own go back on the very part they came with. Those of other families, which a Gemini client has to
 * hand back too, travel in the same member as base64 text behind a mark: the client's SDK takes the member for bytes.
 */
import type { ReasoningSignature } from '../neutral/conversation.ts';

/**
 * What Google documents for a function call that no Gemini model made, so that there is no signature to send: Gemini 3 refuses an
 * unsigned one with 400 (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs; the only one Vertex takes as well:
 * https://github.com/pydantic/pydantic-ai/issues/3881; read 2026-11-23).
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

const MARK = 'sluice-signature:';
/** Fifteen bytes are twenty letters of base64 without a remainder: every carried signature begins with these. */
const MARK_IN_BASE64 = Buffer.from(MARK.slice(0, 15)).toString('base64');

/** The `thoughtSignature` a Gemini client gets for a signature of any family, or for redacted thinking. */
export function carrySignature(
  signature: ReasoningSignature | { readonly origin: 'redacted'; readonly value: string },
): string {
  if (signature.origin === 'google') return signature.value;
  return Buffer.from(`${MARK}${signature.origin}:${signature.value}`).toString('base64');
}

/** What a Gemini client's `thoughtSignature` holds: a signature of any family, or redacted thinking. */
export function readSignature(
  text: string,
): { readonly signature: ReasoningSignature } | { readonly redacted: string } {
  if (text.startsWith(MARK_IN_BASE64)) {
    const match = /^sluice-signature:(anthropic|openai|other|redacted):(.*)$/s.exec(
      Buffer.from(text, 'base64').toString(),
    );
    if (match?.[2] !== undefined) {
      if (match[1] === 'redacted') return { redacted: match[2] };
      return { signature: { origin: match[1] as ReasoningSignature['origin'], value: match[2] } };
    }
  }
  return { signature: { origin: 'google', value: text } };
}
