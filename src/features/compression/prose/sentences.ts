/** Where the sentences of a text end. */

/** Behind these a point ends no sentence. */
const SHORTENED =
  /(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|No|Nos|Vol|Gen|Col|Lt|Sgt|Rev|Hon|Inc|Ltd|Co|Corp|e\.g|i\.e|etc|cf|approx|ca|Fig|Eq|pp|al|[A-Z](?:\.[A-Z])+)$/;
const BEGINS = /[\p{Lu}\p{N}"'“‘([*#-]/u;

/** The ends of the sentences between two places, white space behind each included. A line's end ends one, too. */
export function sentenceEnds(text: string, start: number, end: number): number[] {
  const ends: number[] = [];
  let begin = start;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) {
      at = skipSpace(text, at, end) - 1;
    } else if (code === 0x2e || code === 0x21 || code === 0x3f) {
      let after = at + 1;
      while (after < end && isClosing(text.charCodeAt(after))) after += 1;
      const next = skipSpace(text, after, end);
      if (next === after && next < end) continue;
      if (next < end && !BEGINS.test(text.charAt(next))) continue;
      if (code === 0x2e && SHORTENED.test(text.slice(Math.max(begin, at - 8), at))) continue;
      at = next - 1;
    } else if (code === 0x30_02 || code === 0xff_01 || code === 0xff_1f) {
      at = skipSpace(text, at + 1, end) - 1;
    } else continue;
    ends.push(at + 1);
    begin = at + 1;
  }
  if (begin < end) ends.push(end);
  return ends;
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

const isClosing = (code: number): boolean =>
  code === 0x22 || code === 0x27 || code === 0x29 || code === 0x5d || code === 0x20_1d || code === 0x20_19;
