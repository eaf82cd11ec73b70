/** Finds the credentials of one deployment in what its provider says, however they are written there. */
import { redactSecrets } from './redact-secrets.ts';

/** Shorter texts are words that any message may contain. */
const SHORTEST_PLAIN = 4;
const SHORTEST_ENCODED = 8;
/** A part of a secret is looked for as well if enough of it is left to be one. */
const SHORTEST_PART = 16;
/** How many encodings may be inside each other. */
const MOST_LAYERS = 3;
/** How much text is searched for one answer, decoded texts included; beyond it, a text counts as one that has a secret. */
const MOST_SEARCHED = 8_000_000;

/** What a message becomes if no part of it can be shown. */
const WITHHELD = "the provider's message was withheld, because it contains a credential of this gateway";

/** The credentials of a deployment. */
export class KnownSecrets {
  readonly #plain: readonly string[];
  /** In lower case, and reversed: what every decoded form of a text is searched for. */
  readonly #needles: readonly string[];

  constructor(secrets: readonly string[]) {
    const known = [...new Set(secrets.map((secret) => secret.trim()))].filter(({ length }) => length >= SHORTEST_PLAIN);
    this.#plain = known.toSorted((one, other) => other.length - one.length);
    this.#needles = known
      .filter(({ length }) => length >= SHORTEST_ENCODED)
      .flatMap(partsOf)
      .flatMap((part) => [part.toLowerCase(), [...part.toLowerCase()].reverse().join('')]);
  }

  /** Whether a text contains one as it is. */
  holdsPlain(text: string): boolean {
    for (const secret of this.#plain) if (secret.length >= SHORTEST_ENCODED && text.includes(secret)) return true;
    return false;
  }

  /** Whether a text contains one as it is, or escaped, percent-encoded, in base64, in hexadecimal, as numbers, or in layers of these. */
  holds(text: string): boolean {
    return this.#needles.length > 0 && this.#search(text, MOST_LAYERS, { left: MOST_SEARCHED });
  }

  /** The text without them, and without anything else that looks like a credential. */
  redact(text: string): string {
    const clean = redactSecrets(text, this.#plain);
    if (!this.holds(clean)) return clean;
    const words = clean.replaceAll(/\S+/g, (word) => (this.holds(word) ? '[redacted]' : word));
    return this.holds(words) ? WITHHELD : words;
  }

  #search(text: string, layers: number, budget: { left: number }): boolean {
    budget.left -= text.length;
    if (budget.left < 0) return true;
    // Line breaks, NUL bytes of UTF-16 and the like may stand between the characters of a secret.
    const dense = text.toLowerCase().replaceAll(/[\s\p{Cc}\p{Cf}]/gu, '');
    if (this.#needles.some((needle) => dense.includes(needle))) return true;
    if (layers === 0) return false;
    for (const decoded of decodings(text)) if (this.#search(decoded, layers - 1, budget)) return true;
    return false;
  }
}

/** A secret, and what is left of it if its beginning or its end was cut off. */
function partsOf(secret: string): readonly string[] {
  const part = Math.ceil(secret.length * 0.75);
  return part < SHORTEST_PART ? [secret] : [secret, secret.slice(0, part), secret.slice(-part)];
}

const ESCAPE = /\\(?:u\{?([0-9a-f]{1,6})\}?|x([0-9a-f]{2})|([0-7]{3})|(.))/gis;
const ENTITY = /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi;
const BASE64_RUN = /[A-Za-z0-9+/_-]{11,}/g;
const HEX_RUN = /(?:(?:0x|\\x|%)?[0-9a-f]{2}[\s,:.-]{0,2}){8,}/gi;
const NUMBERS_RUN = /(?:\b\d{1,3}\b[\s,;]{1,3}){7,}\d{1,3}/g;

function* decodings(text: string): Generator<string> {
  if (text.includes('%')) yield text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => character(hex, 16));
  if (text.includes('\\')) {
    yield text.replaceAll(ESCAPE, (_, unicode?: string, hex?: string, octal?: string, plain?: string) =>
      octal === undefined ? (plain ?? character(unicode ?? hex ?? '', 16)) : character(octal, 8),
    );
  }
  if (text.includes('&#')) {
    yield text.replaceAll(ENTITY, (_, hex?: string, decimal?: string) =>
      hex === undefined ? character(decimal ?? '', 10) : character(hex, 16),
    );
  }
  const dense = text.replaceAll(/\\[nr]|\s/g, '');
  for (const source of dense === text ? [text] : [text, dense]) {
    for (const [run] of source.matchAll(BASE64_RUN)) {
      // What stands before the encoded part may belong to the same alphabet, so each of the four positions is tried.
      for (let start = 0; start < 4; start++) yield Buffer.from(run.slice(start), 'base64').toString('latin1');
    }
  }
  for (const [run] of text.matchAll(HEX_RUN)) {
    const digits = run.replaceAll(/0x|\\x|[^0-9a-f]/gi, '');
    for (let start = 0; start < 2; start++) yield Buffer.from(digits.slice(start), 'hex').toString('latin1');
  }
  for (const [run] of text.matchAll(NUMBERS_RUN)) {
    yield run
      .split(/[\s,;]+/)
      .map((number) => character(number, 10))
      .join('');
  }
}

function character(digits: string, base: number): string {
  const code = Number.parseInt(digits, base);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
