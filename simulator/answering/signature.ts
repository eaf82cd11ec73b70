import { createHmac } from 'node:crypto';

/**
 * Signatures of reasoning, as Anthropic and Gemini put them on thoughts. The secret is the same in every simulator, as a
 * provider's is in all its regions, so that a signature made by one deployment is taken by another.
 */
const SECRET = 'simulated-provider-secret';

/** The signature of a text; only this very text has it. */
export function signText(text: string): string {
  const mac = createHmac('sha256', SECRET).update(text).digest();
  return Buffer.concat([Buffer.from([0x12, 0x20]), mac, Buffer.from(`sim${text.length}`)]).toString('base64');
}

/** Whether a signature belongs to a text. */
export function isSignatureOf(text: string, signature: string): boolean {
  return signature === signText(text);
}

/** A signature that is not bound to a text: a nonce, and proof that a simulator made it. */
export function mintSignature(nonce: string): string {
  const mac = createHmac('sha256', SECRET).update(`mint:${nonce}`).digest();
  return Buffer.concat([Buffer.from([0x12, 0x20]), mac, Buffer.from(nonce)]).toString('base64');
}

/** Whether a simulator minted a signature. */
export function isMinted(signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  return bytes.length > 34 && mintSignature(bytes.subarray(34).toString()) === signature;
}
