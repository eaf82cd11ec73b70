/**
 * How signatures of any family travel through a client of this format. Such a client hands items of type `reasoning` back unchanged
 * and never looks into `encrypted_content`, so a foreign signature rides there behind the name of its family:
 *
 * - on reasoning: its own item, `anthropic:…`; without a signature `unsigned:`, so that OpenAI is never sent it;
 * - on a tool call: an empty item directly before the call, `google-call:…`;
 * - on a text: an empty item directly after the message, `google-text:…`;
 * - thinking that is encrypted as a whole: `redacted:…`.
 *
 * OpenAI's own content is base64 and holds no colon, so the two cannot be mixed up.
 */
import type { ReasoningPart, ReasoningSignature } from '../neutral/conversation.ts';

const CARRIED = /^(anthropic|google|openai|other)(-text|-call)?:/;
const REDACTED = 'redacted:';
const UNSIGNED = 'unsigned:';

/** The two members of a reasoning item that a signature of OpenAI's is made of. */
interface OwnReasoning {
  readonly id: string | undefined;
  readonly encrypted: string;
}

/** OpenAI's reasoning is a pair of id and content: the neutral form holds both in one text. */
function joinOwn(id: string | undefined, encrypted: string): ReasoningSignature {
  return { origin: 'openai', value: id === undefined ? encrypted : `${id}:${encrypted}` };
}

/** The pair again. */
export function splitOwn(value: string): OwnReasoning {
  const colon = value.indexOf(':');
  return colon === -1
    ? { id: undefined, encrypted: value }
    : { id: value.slice(0, colon), encrypted: value.slice(colon + 1) };
}

/** The `encrypted_content` of an item for this part; OpenAI's own is written by itself, with its id. */
export function carryReasoning({ signature, redacted }: ReasoningPart): string {
  if (redacted !== undefined) return REDACTED + redacted;
  return signature === undefined ? UNSIGNED : `${signature.origin}:${signature.value}`;
}

/** The `encrypted_content` of an empty item that carries the signature of the item beside it. */
export function carrySignature({ origin, value }: ReasoningSignature, of: 'text' | 'call'): string {
  return `${origin}-${of}:${value}`;
}

/** What an `encrypted_content` holds. */
type CarriedContent =
  | { readonly carries: 'reasoning'; readonly part: Omit<ReasoningPart, 'type' | 'text'> }
  | { readonly carries: 'text-signature' | 'call-signature'; readonly signature: ReasoningSignature };

/** Reads an `encrypted_content`; what has no mark is OpenAI's. */
export function readCarried(id: string | undefined, content: string | undefined): CarriedContent {
  if (content === undefined || content === '' || content === UNSIGNED) return { carries: 'reasoning', part: {} };
  if (content.startsWith(REDACTED)) {
    return { carries: 'reasoning', part: { redacted: content.slice(REDACTED.length) } };
  }
  const match = CARRIED.exec(content);
  if (match === null) return { carries: 'reasoning', part: { signature: joinOwn(id, content) } };
  const signature: ReasoningSignature = {
    origin: match[1] as ReasoningSignature['origin'],
    value: content.slice(match[0].length),
  };
  if (match[2] === '-text') return { carries: 'text-signature', signature };
  if (match[2] === '-call') return { carries: 'call-signature', signature };
  return { carries: 'reasoning', part: { signature } };
}

/** Whether a request holds reasoning, or a summary, that OpenAI did not make and would refuse. */
export function holdsForeignReasoning(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.includes('"encrypted_content"')) return false;
  return /"encrypted_content"\s*:\s*"(?:redacted|unsigned|sluice-summary|(?:anthropic|google|openai|other)(?:-text|-call)?):/.test(
    bytes.toString('latin1'),
  );
}
