/** Texts that are packed in a text: encodings, spaced letters, digits for letters, words written backwards. */

/** A text that was unpacked, and the place in the outer text that held it. */
interface Unpacked {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const MOST = 8;
const LONGEST = 4_096;
const SHORTEST = 10;

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,5464}={0,2}(?![A-Za-z0-9+/_=-])/g;
const HEX = /(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){12,4096}(?![0-9A-Za-z])/g;
const BINARY = /(?<!\d)(?:[01]{8}[ ,]?){10,1024}(?!\d)/g;
const PERCENT = /(?:[\w.~+-]{0,40}%[0-9A-Fa-f]{2}){4,400}[\w.~+-]{0,40}/g;
const ENTITIES = /(?:[^&\n]{0,20}&#(?:x[0-9A-Fa-f]{2,5}|\d{2,6});){4,400}/g;
const ESCAPES = /(?:[^\\\n]{0,12}\\u[0-9A-Fa-f]{4}){4,400}/g;
const SPACED = /(?<![^\s"'([*_])(?:[A-Za-z0-9@$!](?:[ \t]{1,3}|[._*|~-])){5,400}[A-Za-z0-9@$!](?![^\s"')\].,!?*_])/g;

/** Everything that can be read in it, within limits. `text` is the original, `canonical` its one spelling in lower case. */
export function unpack(text: string, canonical: string): Unpacked[] {
  const found: Unpacked[] = [];
  const add = (start: number, end: number, inside: string | undefined): void => {
    if (inside === undefined || inside.length < SHORTEST || found.length >= MOST) return;
    found.push({ text: inside.slice(0, LONGEST), start, end });
  };
  const each = (pattern: RegExp, read: (packed: string) => string | undefined): void => {
    for (const { 0: packed, index } of text.matchAll(pattern)) {
      if (found.length >= MOST) return;
      add(index, index + packed.length, read(packed));
    }
  };
  if (HOLDS_LONG_WORD.test(text)) each(BASE64, fromBase64);
  each(HEX, fromHex);
  if (text.includes('0')) each(BINARY, fromBinary);
  if (text.includes('%')) each(PERCENT, fromPercent);
  if (text.includes('&#')) each(ENTITIES, fromEntities);
  if (text.includes('\\u')) each(ESCAPES, fromEscapes);
  each(SPACED, fromSpaced);
  if (ROTATED.test(canonical)) add(0, text.length, rotated(canonical));
  if (BACKWARDS.test(canonical)) add(0, text.length, [...canonical.slice(0, LONGEST)].reverse().join(''));
  add(0, text.length, withoutLeet(canonical));
  return found;
}

const HOLDS_LONG_WORD = /[A-Za-z0-9+/_-]{16}/;

/** Whether bytes were meant to be read: letters and spaces, hardly anything else. */
function readable(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  let good = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd || (code < 32 && code !== 9 && code !== 10 && code !== 13)) return undefined;
    if (code === 32 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code > 191) good += 1;
  }
  return good >= text.length * 0.8 && /\p{L}{3}/u.test(text) ? text : undefined;
}

const fromBase64 = (packed: string): string | undefined =>
  // Words joined by dashes and paths are of the same letters.
  /^[A-Za-z]+(?:[-_/][A-Za-z]+)*$/.test(packed) && !/[a-z][A-Z].*[a-z][A-Z]/.test(packed)
    ? undefined
    : readable(Buffer.from(packed, 'base64'));
const fromHex = (packed: string): string | undefined =>
  readable(Buffer.from(packed.replace(/0x|\\x|[ ,:]/g, ''), 'hex'));
const fromBinary = (packed: string): string | undefined =>
  readable(Buffer.from((packed.match(/[01]{8}/g) ?? []).map((bits) => Number.parseInt(bits, 2))));

function fromPercent(packed: string): string | undefined {
  const bytes = packed
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return readable(Buffer.from(bytes, 'latin1'));
}

const fromEntities = (packed: string): string =>
  packed.replace(/&#(x?)([0-9A-Fa-f]+);/g, (whole, isHex: string, digits: string) => {
    const code = Number.parseInt(digits, isHex === '' ? 10 : 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

const fromEscapes = (packed: string): string =>
  packed.replace(/\\u([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** `i g n o r e  a l l`: wider gaps part words; where all gaps are equal the letters are joined, and the model reads parts of words. */
function fromSpaced(packed: string): string | undefined {
  if (!/[A-Za-z].*[A-Za-z].*[A-Za-z]/.test(packed)) return undefined;
  const words = packed.split(/[ \t]{2,3}/).map((word) => word.replace(/[ \t._*|~-]/g, ''));
  return words.join(' ');
}

const ROTATED = /vtaber|qvfertneq|vafgehpgvba|flfgrz|cebzcg|cerivbhf|cnffjbeq|erirny|sbetrg/;
const rotated = (text: string): string =>
  text
    .slice(0, LONGEST)
    .replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));
const BACKWARDS = /erongi|drageRsid|dragersid|snoitcurtsni|tpmorp|suoiverp|drowssap|laever|tegrof/;

const LEET = new Map([...'013457@$!|8'].map((sign, at) => [sign, 'oieastasilb'[at] ?? sign] as const));
const LEET_WORD =
  /(?<![a-z0-9@$!|])(?=[a-z0-9@$!|]*[a-z])(?=[a-z0-9@$!|]*[013457@$!|8][a-z])[a-z0-9@$!|]{4,24}(?![a-z0-9@$|])/g;
const MOST_LEET = 400;

/** `1gn0r3 pr3v10us`: only if at least two words are written so. */
function withoutLeet(text: string): string | undefined {
  let words = 0;
  const head = text.slice(0, LONGEST * 2);
  const read = head.replace(LEET_WORD, (word) => {
    if (words >= MOST_LEET) return word;
    words += 1;
    let out = '';
    for (const sign of word) out += LEET.get(sign) ?? sign;
    return out;
  });
  return words >= 2 ? read : undefined;
}
