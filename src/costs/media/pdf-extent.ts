/** How many pages a PDF has, and how much text. What cannot be read is not guessed at. */
import { inflateSync } from 'node:zlib';

/** What a PDF holds. */
export interface PdfExtent {
  readonly pages: number;
  /** Bytes of all strings that may be shown on a page. */
  readonly textBytes: number;
  /** Bytes outside of streams: the structure of the file. */
  readonly plainBytes: number;
}

/** How many bytes may still be decompressed for one request: work on one thread must stay short. */
export interface InflateAllowance {
  bytes: number;
}

/** Streams that hold no text: pictures and fonts. */
const NO_TEXT = /\/Subtype\s*\/(?:Image|Type1C|CIDFontType0C|OpenType)\b|\/Length1\b/;
const PICTURE_FILTER = /\/(?:DCTDecode|DCT|JPXDecode|CCITTFaxDecode|CCF|JBIG2Decode)\b/;
const FLATE = /\/Filter\s*\[?\s*\/(?:FlateDecode|Fl)\s*(?:\]|\/|>|$)/;
const LONGEST_DICTIONARY = 8_192;

/** Measures a PDF; undefined if it is encrypted, damaged, compressed in a rare way, or more than the allowance. */
export function pdfExtent(bytes: Buffer, allowance: InflateAllowance): PdfExtent | undefined {
  let position = 0;
  let textBytes = 0;
  let plainBytes = 0;
  const structure: string[] = [];
  for (;;) {
    const keyword = bytes.indexOf('stream', position);
    const end = keyword === -1 ? bytes.length : keyword;
    const plain = bytes.toString('latin1', position, end);
    structure.push(plain);
    plainBytes += end - position;
    // What a form is filled in with.
    textBytes += shownBytes(bytes.subarray(position, end));
    if (keyword === -1) break;
    const dictionary = dictionaryBefore(plain);
    const start = startOfData(bytes, keyword + 'stream'.length);
    const stop = bytes.indexOf('endstream', start);
    if (stop === -1) return undefined;
    position = stop + 'endstream'.length;
    if (NO_TEXT.test(dictionary) || PICTURE_FILTER.test(dictionary)) continue;
    const data = dataOf(bytes.subarray(start, stop), dictionary, allowance);
    if (data === undefined) return undefined;
    if (/\/Type\s*\/ObjStm\b/.test(dictionary)) structure.push(data.toString('latin1'));
    textBytes += shownBytes(data);
  }
  const text = namesSpelledOut(structure.join('\n'));
  if (/\/Encrypt\b/.test(text)) return undefined;
  return { pages: pagesIn(text), textBytes, plainBytes };
}

function dictionaryBefore(plain: string): string {
  const near = plain.slice(-LONGEST_DICTIONARY);
  return namesSpelledOut(near.slice(Math.max(0, near.lastIndexOf(' obj'))));
}

/** Characters of a name may be written as `#` and two digits. */
function namesSpelledOut(text: string): string {
  if (!text.includes('#')) return text;
  return text.replaceAll(/#([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function startOfData(bytes: Buffer, at: number): number {
  if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) return at + 2;
  return bytes[at] === 0x0a || bytes[at] === 0x0d ? at + 1 : at;
}

function dataOf(stream: Buffer, dictionary: string, allowance: InflateAllowance): Buffer | undefined {
  if (!/\/(?:Filter|F)\s*[[/]/.test(dictionary)) return stream;
  if (!FLATE.test(dictionary) || /\/\w*(?:LZW|ASCII|RunLength|Crypt)\w*/.test(dictionary)) return undefined;
  try {
    const data = inflateSync(stream, { maxOutputLength: Math.max(1, allowance.bytes) });
    allowance.bytes -= data.length;
    return data;
  } catch {
    // Damaged, or larger than the allowance.
    return undefined;
  }
}

/** A page may be named without its type, or more than once, and the tree says how many there are: the largest count. */
function pagesIn(structure: string): number {
  const typed = structure.match(/\/Type\s*\/Page(?![A-Za-z])/g)?.length ?? 0;
  let named = 0;
  // Up to the last bracket: every list that begins then ends, so that no part is read twice.
  const lists = structure.slice(0, structure.lastIndexOf(']') + 1);
  for (const [, kids = ''] of lists.matchAll(/\/Kids\s*\[([^\]]*)\]/g)) named += kids.match(/\bR\b/g)?.length ?? 0;
  let said = 0;
  for (const [, count = '0'] of structure.matchAll(/\/Count\s+(\d{1,9})/g)) said = Math.max(said, Number(count));
  return Math.max(typed, named, said);
}

const OPEN = 0x28;
const CLOSE = 0x29;
const BACKSLASH = 0x5c;
const LESS = 0x3c;
const GREATER = 0x3e;

/** Bytes inside `(strings)` and `<strings in hexadecimal digits>`. */
function shownBytes(data: Buffer): number {
  let shown = 0;
  let depth = 0;
  for (let at = 0; at < data.length; at += 1) {
    const byte = data[at];
    if (depth > 0) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === OPEN) depth += 1;
      else if (byte === CLOSE) depth -= 1;
      shown += 1;
    } else if (byte === OPEN) depth = 1;
    else if (byte === LESS) {
      if (data[at + 1] === LESS) at += 1;
      else {
        const end = data.indexOf(GREATER, at);
        const stop = end === -1 ? data.length : end;
        shown += Math.ceil((stop - at) / 2);
        at = stop;
      }
    }
  }
  return shown;
}
