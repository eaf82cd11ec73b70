/** Keeps what tenants send apart in a provider's prompt cache, as far as the provider allows. */
import { createHmac } from 'node:crypto';
import type { WrittenCall } from '../../exchange/slots.ts';
import { saltPrompt, textMember, withTextMember } from '../../formats/prompt-salt.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { PromptCacheUse } from '../../snapshot/prompt-cache-use.ts';

const NAME_LENGTH = 32;

/** Writes what tells one scope's prompts from another's. */
export class KeptApart {
  readonly #readKey: () => Buffer;
  #key: Buffer | undefined;

  constructor(readKey: () => Buffer) {
    this.#readKey = readKey;
  }

  /** The body with the provider's own member for it, and with a line of the scope if the operator wants one. */
  write(
    { body, format }: Pick<WrittenCall, 'body' | 'format'>,
    { isSalted }: PromptCacheUse,
    facts: PromptCacheFacts | undefined,
    scope: string,
  ): Buffer {
    const salted = isSalted ? (saltPrompt(body, format, `[${this.#nameOf('salt', scope, '')}]`) ?? body) : body;
    const member = facts?.salt;
    if (member === undefined) return salted;
    return withTextMember(salted, member, this.#nameOf('key', scope, textMember(salted, member) ?? ''));
  }

  /** A name of the scope and of what the client itself keeps apart, which tells a provider nothing of either. */
  #nameOf(purpose: string, scope: string, asked: string): string {
    this.#key ??= this.#readKey();
    const fields = [purpose, scope, asked].map((field) => `${Buffer.byteLength(field)}:${field}`);
    return createHmac('sha256', this.#key).update(fields.join('')).digest('hex').slice(0, NAME_LENGTH);
  }
}
