/** Makes a body unreadable while everything stays in it that planning, prices and caches go by: its members, lengths, and which texts are equal. */
import { createHmac } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';

/** Texts of these members say what a request is, not what it is about. */
const PLAIN: ReadonlySet<string> = new Set([
  ...['model', 'role', 'type', 'mode', 'detail', 'effort', 'verbosity', 'ttl', 'media_type', 'mimeType'],
  ...['truncation', 'modality', 'status', 'size', 'quality'],
]);
/** So do those whose names end like this. */
const PLAIN_ENDS = /_(?:tier|effort|retention|format)$/;
/** A member's name that a protocol could have; others (an address as a name) are masked as texts are. */
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,40}$/;
/** Members whose numbers may be words: tokens in place of texts. */
const OF_TOKENS: ReadonlySet<string> = new Set(['input', 'prompt']);
const WORD = /^[a-z0-9][a-z0-9_./:-]{0,40}$/i;
const DATA_URL = /^data:[a-z0-9.+-]{1,40}\/[a-z0-9.+-]{1,60};base64,/i;
const MOST_TOKENS_OF_A_VOCABULARY = 50_000;

const LETTERS = 'abcdefghijklmnopqrstuvwxyz      ';
const CHUNK = 64;

/** Masks bodies by a secret: without it no guess at a text can be checked. */
export class Masker {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  body(body: JsonObject): JsonObject {
    return this.#object(body);
  }

  /** Letters of the same length. Texts that begin alike have masks that begin alike, in steps of 64 characters. */
  text(text: string): string {
    const head = DATA_URL.exec(text)?.[0] ?? (/^https?:\/\//i.test(text) ? 'https://masked.invalid/' : '');
    let masked = '';
    let state = Buffer.alloc(0);
    for (let at = 0; at < text.length; at += CHUNK) {
      const chunk = text.slice(at, at + CHUNK);
      state = Buffer.from(createHmac('sha256', this.#secret).update(state).update(chunk).digest());
      let letters = '';
      for (const byte of state) letters += (LETTERS[byte & 31] ?? ' ') + (LETTERS[byte >> 3] ?? ' ');
      // Names and ids have no spaces, and may have none.
      masked += /\s/.test(chunk) ? letters : letters.replaceAll(' ', 'x');
    }
    const rest = Math.max(0, text.length - head.length);
    if (head === '') return masked.slice(0, text.length);
    // What an address or an image holds has no spaces.
    return head + masked.replaceAll(' ', 'x').slice(0, rest);
  }

  #value(value: JsonValue, name: string): JsonValue {
    if (typeof value === 'string')
      return (PLAIN.has(name) || PLAIN_ENDS.test(name)) && WORD.test(value) ? value : this.text(value);
    if (typeof value === 'number') return value;
    if (Array.isArray(value)) return value.map((each) => this.#item(each, name));
    return isJsonObject(value) ? this.#object(value) : value;
  }

  #item(value: JsonValue, name: string): JsonValue {
    if (typeof value !== 'number' || !OF_TOKENS.has(name)) return this.#value(value, name);
    const digest = createHmac('sha256', this.#secret).update(`token ${value}`).digest();
    return digest.readUInt32LE(0) % MOST_TOKENS_OF_A_VOCABULARY;
  }

  #object(object: JsonObject): JsonObject {
    const masked: JsonObject = {};
    for (const [name, value] of Object.entries(object)) {
      if (value === undefined) continue;
      setMember(masked, NAME.test(name) ? name : this.text(name), this.#value(value, name));
    }
    return masked;
  }
}
