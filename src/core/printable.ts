/**
 * Characters that a terminal or a log viewer obeys instead of showing: control characters, line and paragraph separators, and
 * those that turn the direction of writing or have no width.
 */
const OBEYED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/u;
const EACH_OBEYED = new RegExp(OBEYED.source, 'gu');
const EACH_OBEYED_IN_LINE = new RegExp(`(?!\\n)${OBEYED.source}`, 'gu');

/** The text with every character that a terminal would obey written as `\u001b`, which JSON reads back; for a cell or a part of a line. */
export function printable(text: string): string {
  return OBEYED.test(text) ? text.replace(EACH_OBEYED, escaped) : text;
}

/** The same for a text of several lines, which keeps its line feeds. */
export function printableLines(text: string): string {
  return OBEYED.test(text) ? text.replace(EACH_OBEYED_IN_LINE, escaped) : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
