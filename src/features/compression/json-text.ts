/** Texts as JSON strings, as their sender wrote them: with characters beyond ASCII as they are, or escaped. */

const BEYOND_ASCII = /[\u007f-\uffff]/g;

/** Whether the characters beyond ASCII of a body are escaped in it: all of its bytes are ASCII, and there is such an escape. */
export function escapesUnicode(body: Buffer): boolean {
  return body.includes('\\u') && !body.some((byte) => byte >= 0x80);
}

/** A text as a JSON string. */
export function jsonText(text: string, isEscaped: boolean): string {
  const json = JSON.stringify(text);
  if (!isEscaped) return json;
  return json.replace(BEYOND_ASCII, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** How many characters a text has in a JSON string, without the quotes. */
export function jsonLength(text: string, isEscaped: boolean): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x5c) length += 1;
    else if (code < 0x20) length += code === 0x0a || code === 0x0d || code === 0x09 ? 1 : 5;
    else if (code >= 0x7f && isEscaped) length += 5;
  }
  return length;
}
