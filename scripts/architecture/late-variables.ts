import type { Block } from './blocks.ts';
import { isTest } from './places.ts';
import type { Break, Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';

const DECLARATION = /(?<![\w$.])(?:const|let)\s+(?<name>[\w$]+)\s*(?::|=(?!>)|;)/g;

/** After the name of a variable: that it holds a function. Functions that call each other cannot all come first. */
const IS_FUNCTION = /^[^=;]*=\s*(?:async\s*)?(?:<[^>]*>)?\([^()]*(?:\([^()]*\)[^()]*)*\)[^=;{]*=>/;

/** A variable of a function, other than a function, that a closure above its declaration reads. */
export const LATE_VARIABLE_RULE: Rule = {
  name: 'no-late-variables',
  why: 'A closure that reads a variable declared further down throws if it is called early, and nothing shows that it never is. Declare the variable first, or keep it in an object that exists from the beginning.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    for (const file of files) {
      if (isTest(file.path) || file.path.startsWith('test/')) continue;
      const { blocks } = file;
      for (const found of file.code.matchAll(DECLARATION)) {
        const scope = innermost(blocks, found.index);
        // At the top of a file everything is declared before anything is called.
        if (scope === undefined || !isInFunction(scope)) continue;
        const name = found.groups?.name ?? '';
        if (IS_FUNCTION.test(file.code.slice(found.index + found[0].length - 1))) continue;
        const use = earlierUse(file.code, blocks, scope, name, found.index);
        if (use === undefined) continue;
        const what = `reads ${name}, which is declared in line ${lineAt(file.code, found.index)}`;
        yield { path: file.path, line: lineAt(file.code, use), what };
      }
    }
  },
};

function innermost(blocks: readonly Block[], at: number): Block | undefined {
  return blocks.findLast((block) => block.start < at && at < block.end);
}

function isInFunction(block: Block): boolean {
  for (let each: Block | undefined = block; each !== undefined; each = each.parent) if (each.isFunction) return true;
  return false;
}

/** Where a name is read between the start of its scope and its declaration, if nothing in between declares the same name. */
function earlierUse(
  code: string,
  blocks: readonly Block[],
  scope: Block,
  name: string,
  declaredAt: number,
): number | undefined {
  const escaped = name.replaceAll('$', '\\$');
  const uses = new RegExp(`(?<![\\w$.#'])${escaped}(?![\\w$'])(?!\\s*\\??:(?!:))`, 'g');
  const binds = new RegExp(
    `(?:const|let|var|function|class)\\s+(?:[{[][^=;]*)?\\b${escaped}\\b|\\b${escaped}\\b[^()]*\\)?[^(){};]*=>|\\([^()]*\\b${escaped}\\b`,
  );
  for (const use of code.slice(scope.start, declaredAt).matchAll(uses)) {
    const at = scope.start + use.index;
    let inner = innermost(blocks, at);
    let isBound = false;
    for (; inner !== undefined && inner !== scope; inner = inner.parent)
      if (binds.test(inner.header) || binds.test(code.slice(inner.start, inner.end))) isBound = true;
    // The parameter of an arrow without braces.
    const statement = code.slice(code.lastIndexOf(';', at) + 1, code.indexOf(';', at));
    if (!isBound && !new RegExp(`[(,[{\\s]${escaped}\\b[^;]*=>`).test(statement)) return at;
  }
  return undefined;
}
