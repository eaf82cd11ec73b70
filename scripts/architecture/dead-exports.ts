import { isTest } from './places.ts';
import type { Break, Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';

const DECLARATION =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|interface|type|enum)\s+(?<name>[\w$]+)/gm;

/** What a file offers and no other file takes. */
export const DEAD_EXPORT_RULE: Rule = {
  name: 'exports-are-used',
  why: 'An export that no other file imports is dead, or looks like a promise that the file never made: delete it, or take the word `export` off. What only a test imports must at least be used by its own file.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    const usedBy = new Map<string, SourceFile[]>();
    for (const file of files) {
      for (const { target, names, isOurs } of file.imports) {
        if (!isOurs) continue;
        for (const name of names) {
          const key = `${target}#${name}`;
          usedBy.set(key, [...(usedBy.get(key) ?? []), file]);
        }
      }
    }
    for (const file of files) {
      if (isTest(file.path) || file.path.startsWith('test/')) continue;
      for (const found of file.code.matchAll(DECLARATION)) {
        const name = found.groups?.name ?? '';
        const users = [...(usedBy.get(`${file.path}#${name}`) ?? []), ...(usedBy.get(`${file.path}#*`) ?? [])];
        const isUsedHere = occurrences(file.code, name) > 1;
        const isForTests = users.every((user) => isTest(user.path) || user.path.startsWith('test/'));
        const what =
          users.length === 0
            ? `exports ${name}, which no file imports`
            : isForTests && !isUsedHere
              ? `exports ${name}, which only tests use`
              : undefined;
        if (what !== undefined) yield { path: file.path, line: lineAt(file.code, found.index), what };
      }
    }
  },
};

function occurrences(code: string, name: string): number {
  return code.match(new RegExp(`(?<![\\w$])${name.replace('$', '\\$')}(?![\\w$])`, 'g'))?.length ?? 0;
}
