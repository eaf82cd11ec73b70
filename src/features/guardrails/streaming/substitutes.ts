/** What is written in place of what was found, and how it comes back. */
import { createHmac } from 'node:crypto';
import type { Span } from '../inspection.ts';
import { HoldBack, type Replace, type Sought } from './hold-back.ts';

/** The type alone. */
export const masked: Replace = (type) => `[${type}]`;

const HASH_DIGITS = 12;

/** The type and a hash under a key: equal texts stay recognisable as equal, and no one without the key can try texts out. */
export const hashedWith =
  (key: string | Buffer): Replace =>
  (type, found) =>
    `[${type}:${createHmac('sha256', key).update(found).digest('hex').slice(0, HASH_DIGITS)}]`;

const TOKEN = /<[A-Z][A-Z0-9_]{0,40}_\d{1,6}>/g;
const MOST_TOKENS = 10_000;

/** Tokens for one request: what stands for what, both ways. It lives and ends with the request. */
export class TokenVault {
  readonly #tokenOf = new Map<string, string>();
  readonly #textOf = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** A token that stands for a text; the same text has the same token. Beyond the bound, the type alone, which stays hidden. */
  readonly replace: Replace = (type, found) => {
    const key = `${type}\n${found}`;
    const known = this.#tokenOf.get(key);
    if (known !== undefined) return known;
    if (this.#tokenOf.size >= MOST_TOKENS) return masked(type, found);
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    const token = `<${type.replace(/[^A-Z0-9_]/g, '_')}_${count}>`;
    this.#tokenOf.set(key, token);
    this.#textOf.set(token, found);
    return token;
  };

  /** Puts the texts back in what a model answers, piece by piece. */
  restoring(): HoldBack {
    return new HoldBack(SOUGHT_TOKENS, (_, token) => this.#textOf.get(token) ?? token);
  }
}

const SOUGHT_TOKENS: Sought = {
  find: (text): Span[] =>
    [...text.matchAll(TOKEN)].map(({ 0: token, index }) => ({
      type: 'TOKEN',
      start: index,
      end: index + token.length,
    })),
  isPart: (word) => word.includes('<'),
  spansWords: false,
  before: 0,
  behind: 0,
  longest: 4_096,
};
