/** Text that is made to cost a reader more than its length. */

/** One kind of hostile text, of a length in bytes: as it is, and as a JSON value. */
export interface HostileText {
  readonly kind: string;
  text(bytes: number): string;
  json(bytes: number): string;
}

const repeated = (piece: string, bytes: number): string => piece.repeat(Math.max(1, Math.floor(bytes / piece.length)));

/** A text that is a string if it is put into JSON. */
function words(kind: string, piece: string): HostileText {
  const escaped = JSON.stringify(piece).slice(1, -1);
  return {
    kind,
    text: (bytes) => repeated(piece, bytes),
    json: (bytes) => `"${repeated(escaped, bytes - 2)}"`,
  };
}

/** A text that is JSON itself. */
function json(kind: string, write: (bytes: number) => string): HostileText {
  return { kind, text: write, json: write };
}

function keys(bytes: number, name: (index: number) => string): string {
  const members: string[] = [];
  for (let [length, index] = [2, 0]; length < bytes; index += 1) {
    const member = `"${name(index)}":1`;
    members.push(member);
    length += member.length + 1;
  }
  return `{${members.join(',')}}`;
}

/** The kinds that every reader is given. */
export const HOSTILE_TEXTS: readonly HostileText[] = [
  json('deep nesting', (bytes) => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`),
  json('escapes', (bytes) => `"${repeated('\\u0022\\\\\\/', bytes - 2)}"`),
  words('one long word', 'a'),
  words('quotes', '"'),
  words('spaces', ' '),
  words('newlines', '\n'),
  { ...words('halves of surrogate pairs', '\ud83d'), json: (bytes) => `"${repeated('\\ud83d', bytes - 2)}"` },
  json('many keys', (bytes) => keys(bytes, (index) => `k${index.toString(36)}`)),
  json('one key many times', (bytes) => keys(bytes, () => '__proto__')),
];

/** What nearly is a mark that a reader looks for, again and again. */
export function nearMiss(mark: string): HostileText {
  return words(`nearly ${JSON.stringify(mark.slice(0, 40))}`, mark);
}
