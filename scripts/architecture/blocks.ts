/** One `{ … }` of a source file. */
export interface Block {
  /** Where the braces stand in the code. */
  readonly start: number;
  readonly end: number;
  /** The code before the opening brace, from the end of the statement before it. */
  readonly header: string;
  readonly isFunction: boolean;
  /** The block around this one; undefined at the top of the file. */
  readonly parent: Block | undefined;
}

const NO_FUNCTION =
  /^\s*(?:\}?\s*else\b|if|for|while|switch|catch|try|do|finally|class|interface|export (?:abstract )?class)\b/;

/** Every block of code whose comments and texts are blank, outer ones first. */
export function blocksOf(code: string): readonly Block[] {
  const blocks: Block[] = [];
  const open: { block: Mutable<Block>; brackets: number }[] = [];
  /** Where the statement or member that is being read begins, at each depth. */
  const starts: number[] = [0];
  let brackets = 0;
  for (let at = 0; at < code.length; at++) {
    const character = code[at];
    if (character === '(' || character === '[') brackets += 1;
    else if (character === ')' || character === ']') brackets -= 1;
    else if (character === '{') {
      const header = code.slice(starts.at(-1), at);
      const parent = open.at(-1)?.block;
      const block = { start: at, end: code.length, header, isFunction: isFunctionHeader(header), parent };
      blocks.push(block);
      open.push({ block, brackets });
      starts.push(at + 1);
      brackets = 0;
    } else if (character === '}') {
      const closed = open.pop();
      starts.pop();
      if (closed === undefined) continue;
      closed.block.end = at;
      brackets = closed.brackets;
      // After a block that is an argument or a type, the statement goes on.
      if (brackets === 0 && !/^\s*(?:[).,;>|&[=?:]|=>|as\b)/.test(code.slice(at + 1, at + 40)))
        starts[starts.length - 1] = at + 1;
    } else if ((character === ';' || character === ',') && brackets === 0) {
      starts[starts.length - 1] = at + 1;
    }
  }
  return blocks;
}

/** Whether the text before a brace opens a function: an arrow, `function`, a method or a constructor. */
function isFunctionHeader(header: string): boolean {
  if (/=>\s*$/.test(header)) return true;
  if (NO_FUNCTION.test(header)) return false;
  if (/\bfunction\b[^{}]*\)[^)]*$/.test(header)) return true;
  return /[\w\]]\s*(?:<[^>]*>)?\([\s\S]*\)\s*(?::[^=;]*)?$/.test(header) && !/[=:]\s*$/.test(header);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
