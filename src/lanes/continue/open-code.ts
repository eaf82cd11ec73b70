/** A model that continues inside a block of code may open the block once more: its fence would end it. */

const FENCE_LINE = /^[ \t]*```/gm;
const OPENING = /^\s*```([^`\n]*)\n/;
const MAY_BE_OPENING = /^\s*(?:`{0,2}|```[^`\n]*)$/;
const AT_LINE_START = /(?:^|\n)[ \t]*$/;

/** Whether a text ends inside a block of code. */
export function isInCode(text: string): boolean {
  return (text.match(FENCE_LINE)?.length ?? 0) % 2 === 1;
}

/**
 * How many characters at the beginning of what was held open the block again; undefined if more must come to tell. `before` ends inside
 * a block.
 */
export function fenceOf(held: string, before: string, isAll: boolean): number | undefined {
  const found = OPENING.exec(held);
  if (found === null) return !isAll && MAY_BE_OPENING.test(held) ? undefined : 0;
  // A text that begins with a block begins with this when it is said again.
  if (before.trimStart().startsWith('```')) return 0;
  // A fence without a language, on a line of its own, ends the block.
  const isEnd = (found[1] ?? '').trim() === '' && (AT_LINE_START.test(before) || held.trimStart().length < held.length);
  return isEnd ? 0 : found[0].length;
}
