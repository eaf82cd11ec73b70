/**
 * Seals secrets that are stored in the database: AES-256-GCM under a key derived from a secret that is not stored
 * there. A sealed text opens only in the place that it was sealed for.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** Bound to its place. */
const VERSION = 's2';
/** Before texts were bound: still read, to be sealed again. */
const UNBOUND_VERSION = 's1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed text that does not open, and why, in words for the operator. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/**
 * Seals and opens texts. The sealed form contains a hash of its key, so that a text sealed under another key can be
 * distinguished from one that was tampered with. All keys open, the first one seals: this is how a key is rotated.
 */
export class Seal {
  readonly #keys: readonly { readonly id: string; readonly key: Buffer }[];

  /** `secrets`: the salt key, else the master key; older ones behind it. */
  constructor(secrets: readonly [string, ...string[]]) {
    this.#keys = secrets.map((secret) => {
      const key = Buffer.from(hkdfSync('sha256', secret, 'sluice', 'secrets at rest', KEY_BYTES));
      return { key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) };
    });
  }

  /** Seals a text for one place, which is not stored: who opens it has to name the same. */
  seal(text: string, place: string): string {
    const [first] = this.#keys;
    if (first === undefined) throw new RangeError('There is no key to seal with');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.key, iv);
    cipher.setAAD(Buffer.from(`${VERSION}:${first.id}:${place}`));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}:${first.id}:${sealed.toString('base64url')}`;
  }

  /** Throws a SealError if the text was sealed under an unknown key or for another place, or was changed after it was sealed. */
  unseal(sealed: string, place: string): string {
    if (sealed.startsWith(`${UNBOUND_VERSION}:`)) {
      throw new SealError('was put into the database in an old form while the gateway ran; set it again');
    }
    return this.#open(sealed, VERSION, `:${place}`);
  }

  /** Opens a text that was sealed before texts were bound to a place. */
  unsealUnbound(sealed: string): string {
    return this.#open(sealed, UNBOUND_VERSION, '');
  }

  /** A key of 32 bytes for one purpose, the same as long as the first secret is. */
  derive(purpose: string): Buffer {
    const [first] = this.#keys;
    if (first === undefined) throw new RangeError('There is no key to derive from');
    return Buffer.from(hkdfSync('sha256', first.key, 'sluice', purpose, KEY_BYTES));
  }

  /** Whether a text should be sealed again: it is bound to no place, or sealed under an older key. */
  isOutdated(sealed: string): boolean {
    return !sealed.startsWith(`${VERSION}:${this.#keys[0]?.id}:`);
  }

  /** Whether a text was sealed before texts were bound to a place. */
  static isUnbound(sealed: string): boolean {
    return sealed.startsWith(`${UNBOUND_VERSION}:`);
  }

  /** The id of the key that sealed a text: a part of the key's hash. */
  static keyIdOf(sealed: string): string {
    return sealed.split(':', 2)[1] ?? '';
  }

  #open(sealed: string, expected: string, bound: string): string {
    const [version, id, text = ''] = sealed.split(':');
    const known = this.#keys.find((each) => each.id === id);
    if (version !== expected || known === undefined) {
      throw new SealError(
        'was sealed under another key: set LITELLM_SALT_KEY to the key that sealed it, or name that key in LITELLM_SALT_KEY_PREVIOUS',
      );
    }
    const bytes = Buffer.from(text, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', known.key, bytes.subarray(0, IV_BYTES));
      decipher.setAAD(Buffer.from(`${version}:${id}${bound}`));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const opened = decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES));
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new SealError(
        'was sealed for another object, field or address, or was changed in the database; set it again',
        { cause },
      );
    }
  }
}
