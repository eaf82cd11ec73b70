/**
 * Seals secrets that are stored in the database: AES-256-GCM under a key derived from a secret that is not stored
 * there.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 's1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals and opens texts. The sealed form contains a hash of its key, so that a text sealed under another key can be
 * distinguished from one that was tampered with. All keys open, the first one seals: this is how a key is rotated.
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
    if (first === undefined) throw new RangeError('There is no key to seal with');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.key, iv);
    cipher.setAAD(Buffer.from(`${VERSION}:${first.id}`));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}:${first.id}:${sealed.toString('base64url')}`;
  }

  /** Throws if the text was sealed under an unknown key, or was changed after it was sealed. */
  unseal(sealed: string): string {
    const [version, id, text = ''] = sealed.split(':');
    const known = this.#keys.find((each) => each.id === id);
    if (version !== VERSION || known === undefined) {
      throw new Error(
        'A secret in the database was sealed under another key: set LITELLM_SALT_KEY to the key that sealed it.',
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
