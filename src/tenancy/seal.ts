/** Seals secrets that are kept in the database: AES-256-GCM under a key derived from one that is not kept there. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 's1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals and opens texts. The sealed form names the key it was sealed with (a hash of it), so that a text sealed under another key
 * is told apart from one that was tampered with. Several keys open, the first one seals: that is how a key is changed.
 */
export class Seal {
  readonly #keys: readonly { readonly id: string; readonly key: Buffer }[];

  /** `secrets`: the salt key, else the master key; older ones behind it. */
  constructor(secrets: readonly [string, ...string[]]) {
    this.#keys = secrets.map((secret) => {
      const key = Buffer.from(hkdfSync('sha256', secret, 'sluice', 'secrets at rest', 32));
      return { key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) };
    });
  }

  seal(text: string): string {
    const [first] = this.#keys;
    if (first === undefined) throw new RangeError('no key to seal with');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.key, iv);
    cipher.setAAD(Buffer.from(`${VERSION}:${first.id}`));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}:${first.id}:${sealed.toString('base64url')}`;
  }

  /** Throws where the text was sealed under a key that is not among ours, or is not as it was sealed. */
  unseal(sealed: string): string {
    const [version, id, text = ''] = sealed.split(':');
    const known = this.#keys.find((each) => each.id === id);
    if (version !== VERSION || known === undefined) {
      throw new Error(
        'A secret in the database was sealed under another key: set LITELLM_SALT_KEY to the one it was made with.',
      );
    }
    const bytes = Buffer.from(text, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', known.key, bytes.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(`${VERSION}:${id}`));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const opened = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([opened, decipher.final()]).toString('utf8');
  }

  /** Whether a text is one that was sealed here. */
  static isSealed(text: string): boolean {
    return text.startsWith(`${VERSION}:`);
  }
}
