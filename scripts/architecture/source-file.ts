import { posix } from 'node:path';
import { type Block, blocksOf } from './blocks.ts';

/** One `import … from`, `export … from` or `import(…)`. */
interface Import {
  /** As written: `./money.ts`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** The path from the root for a file of this project, the package's name or `node:…` otherwise. */
  readonly target: string;
  readonly isOurs: boolean;
  /** Whether it only brings types and is gone when the program runs. */
  readonly isTypeOnly: boolean;
  /** What it brings, as the other file calls it; `*` stands for everything. */
  readonly names: readonly string[];
  readonly line: number;
}

/** One text in quotes that is no import. */
interface TextLiteral {
  readonly value: string;
  readonly line: number;
}

/** A source file as the architecture rules see it. */
export interface SourceFile {
  /** From the root, with slashes: `src/core/money.ts`. */
  readonly path: string;
  readonly lines: number;
  /** The text with comments and the insides of quotes made blank, line for line. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly literals: readonly TextLiteral[];
  /** The lines of the comments. */
  readonly comments: readonly TextLiteral[];
  /** Every `{ … }` of the code, outer ones first. */
  readonly blocks: readonly Block[];
}

/** Reads a file as far as the rules need: imports, texts in quotes, and code without either. */
export function readSource(path: string, text: string): SourceFile {
  const { code, quoted, comments } = blankOut(text);
  const imports: Import[] = [];
  const literals: TextLiteral[] = [];
  for (const { start, value, line } of quoted) {
    const before = code.slice(Math.max(0, start - 4000), start);
    if (/(?:(?<![.\w])from|\bimport\s*\(?)\s*$/.test(before)) {
      const isOurs = value.startsWith('.');
      const target = isOurs ? posix.normalize(posix.join(posix.dirname(path), value)) : packageName(value);
      imports.push({ specifier: value, target, isOurs, isTypeOnly: isTypeOnly(before), names: namesIn(before), line });
    } else {
      literals.push({ value, line });
    }
  }
  let blocks: readonly Block[] | undefined;
  return {
    path,
    lines: text.split('\n').length,
    code,
    imports,
    literals,
    comments,
    get blocks() {
      blocks ??= blocksOf(code);
      return blocks;
    },
  };
}

/** The line, counted from 1, of a place in a text. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isTypeOnly(before: string): boolean {
  const statement = /\b(?:import|export)\b(?![\s\S]*\b(?:import|export)\b)[\s\S]*$/.exec(before)?.[0] ?? '';
  if (/^(?:import|export)\s+type\b/.test(statement)) return true;
  const names = /\{([^}]*)\}/.exec(statement)?.[1];
  if (names === undefined || /^import\s+\w/.test(statement)) return false;
  const parts = names.split(',').filter((part) => part.trim() !== '');
  return parts.length > 0 && parts.every((part) => /^\s*type\s/.test(part));
}

/** The names between the braces of an import or export; `*` if it has none. */
function namesIn(before: string): string[] {
  const statement = /\b(?:import|export)\b(?![\s\S]*\b(?:import|export)\b)[\s\S]*$/.exec(before)?.[0] ?? '';
  const inBraces = /\{([^}]*)\}/.exec(statement)?.[1];
  const names = (inBraces ?? '')
    .split(',')
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0] ?? '',
    )
    .filter((name) => name !== '');
  if (/^import\s+(?!type\b)\w/.test(statement)) names.push('default');
  return inBraces === undefined || statement.includes('*') ? [...names, '*'] : names;
}

interface Quoted {
  readonly start: number;
  readonly value: string;
  readonly line: number;
}

/** A slash after one of these begins a regular expression, not a division. */
const BEFORE_EXPRESSION =
  /(?:^|[([{,;=:!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|throw|yield|await))\s*$/;

function blankOut(text: string): { code: string; quoted: Quoted[]; comments: TextLiteral[] } {
  let code = '';
  const quoted: Quoted[] = [];
  const comments: TextLiteral[] = [];
  let at = 0;
  let line = 1;
  /** How deep in `{}` we are inside each open `${`. */
  const templates: number[] = [];

  const keep = (end: number): void => {
    const part = text.slice(at, end);
    code += part;
    line += part.split('\n').length - 1;
    at = end;
  };
  const blank = (end: number): void => {
    const part = text.slice(at, end);
    code += part.replace(/[^\n]/g, ' ');
    line += part.split('\n').length - 1;
    at = end;
  };
  const comment = (end: number): void => {
    for (const [index, value] of text.slice(at, end).split('\n').entries())
      comments.push({ value, line: line + index });
    blank(end);
  };
  /** The index after the quote, the backtick, or the `${` that ends the text beginning at `from`. */
  const endOfText = (from: number, quote: string): number => {
    let index = from;
    while (index < text.length) {
      if (text[index] === '\\') index += 2;
      else if (text[index] === quote) return index + 1;
      else if (quote === '`' && text.startsWith('${', index)) return index + 2;
      else index += 1;
    }
    return text.length;
  };
  const readText = (quote: string): void => {
    const start = at;
    const startLine = line;
    keep(at + 1);
    const end = endOfText(at, quote);
    const isOpen = text.startsWith('${', end - 2) && quote === '`';
    quoted.push({ start, value: text.slice(at, end - (isOpen ? 2 : 1)), line: startLine });
    blank(end - (isOpen ? 2 : 1));
    keep(end);
    if (isOpen) templates.push(0);
  };

  while (at < text.length) {
    const character = text[at] ?? '';
    if (text.startsWith('//', at) || (at === 0 && text.startsWith('#!'))) {
      const end = text.indexOf('\n', at);
      comment(end === -1 ? text.length : end);
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      comment(end === -1 ? text.length : end + 2);
    } else if (character === "'" || character === '"' || character === '`') {
      readText(character);
    } else if (character === '/' && BEFORE_EXPRESSION.test(code.slice(-40))) {
      const end =
        /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/.exec(text.slice(at, at + 2000))?.[0].length ?? 1;
      blank(at + end);
    } else {
      const depth = templates.at(-1);
      if (depth !== undefined && character === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && character === '}') {
        if (depth === 0) {
          templates.pop();
          readText('`');
          continue;
        }
        templates[templates.length - 1] = depth - 1;
      }
      keep(at + 1);
    }
  }
  return { code, quoted, comments };
}
