/**
 * Values that LiteLLM encrypts one by one before it stores them (models and credentials), by either of its two ciphers. Read in
 * `proxy/common_utils/encrypt_decrypt_utils.py` of litellm 1.108.7 on 2026-11-29.
 */
import { createDecipheriv, createHash } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

/** Before what AES-256-GCM encrypted; what NaCl encrypted has no mark. */
const GCM_PREFIX = 'v2:gcm:';
const GCM_NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;
/** NaCl's secretbox: XSalsa20 and Poly1305, which Node.js has no function for. */
const BOX_NONCE_BYTES = 24;
const BOX_TAG_BYTES = 16;

/** Opens values under one salt key. */
export class LitellmCipher {
  readonly #key: Buffer;

  constructor(saltKey: string) {
    this.#key = createHash('sha256').update(saltKey, 'utf8').digest();
  }

  /** The text that was encrypted; undefined if it was not, or under another key. */
  open(value: string): string | undefined {
    if (value.startsWith(GCM_PREFIX)) return this.#openGcm(Buffer.from(value.slice(GCM_PREFIX.length), 'base64url'));
    if (!looksEncrypted(value)) return undefined;
    return this.#openBox(Buffer.from(value, 'base64url'));
  }

  #openBox(box: Buffer): string | undefined {
    const nonce = box.subarray(0, BOX_NONCE_BYTES);
    try {
      return Buffer.from(xsalsa20poly1305(this.#key, nonce).decrypt(box.subarray(BOX_NONCE_BYTES))).toString('utf8');
    } catch {
      // The key is not the one, or the box was changed.
      return undefined;
    }
  }

  #openGcm(sealed: Buffer): string | undefined {
    if (sealed.length < GCM_NONCE_BYTES + GCM_TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, GCM_NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(sealed.length - GCM_TAG_BYTES));
    try {
      const opened = decipher.update(sealed.subarray(GCM_NONCE_BYTES, sealed.length - GCM_TAG_BYTES));
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch {
      // The key is not the one, or the text was changed: GCM does not say which.
      return undefined;
    }
  }
}

/** Whether a text has the form of an encrypted one. Words such as a model's name are too short, or have other characters. */
export function looksEncrypted(value: string): boolean {
  if (value.startsWith(GCM_PREFIX)) return true;
  // Both base64url and the older base64: Node.js reads either.
  return (
    /^[\w+/-]{54,}={0,2}$/.test(value) && Buffer.from(value, 'base64url').length >= BOX_NONCE_BYTES + BOX_TAG_BYTES
  );
}

/** Values with every encrypted text opened, and the names of those that did not open. */
interface Opened {
  readonly values: JsonObject;
  readonly closed: readonly string[];
}

/** Opens every encrypted text of an object, also in objects and arrays within it. */
export function openAll(values: JsonObject, cipher: LitellmCipher | undefined): Opened {
  const closed: string[] = [];
  const open = (value: JsonValue, name: string): JsonValue => {
    if (typeof value === 'string') {
      const opened = looksEncrypted(value) ? cipher?.open(value) : value;
      if (opened === undefined) closed.push(name);
      return opened ?? value;
    }
    if (Array.isArray(value)) return value.map((item) => open(item, name));
    return isJsonObject(value) ? openMembers(value, `${name}.`) : value;
  };
  const openMembers = (members: JsonObject, path: string): JsonObject =>
    Object.fromEntries(
      Object.entries(members).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, open(value, path + name)]],
      ),
    );
  return { values: openMembers(values, ''), closed };
}
