import { isTest } from './places.ts';
import type { Break, Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';

const TABLE = /^(?:export\s+)?const\s+(?<name>\w+)\s*:\s*(?:Readonly<)?(?:Partial<)?Record<string\b[\s\S]*?=\s*\{/gm;

/** Tables written as objects in which a text from outside is looked up. */
export const PLAIN_LOOKUP_RULE: Rule = {
  name: 'tables-have-no-prototype',
  why: '`TABLE[name]` finds `constructor` and `toString` too. If the name is any string, the table is a Map, or is read behind Object.hasOwn.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    for (const file of files) {
      if (isTest(file.path) || !file.path.startsWith('src/')) continue;
      for (const table of file.code.matchAll(TABLE)) {
        const name = table.groups?.name ?? '';
        for (const use of file.code.matchAll(new RegExp(`(?<![\\w.$])${name}\\[(?!['"])([^\\]]*)\\]`, 'g'))) {
          const before = file.code.slice(Math.max(0, use.index - 200), use.index);
          if (before.includes(`Object.hasOwn(${name},`)) continue;
          yield {
            path: file.path,
            line: lineAt(file.code, use.index),
            what: `looks up ${use[1]} in the plain object ${name}`,
          };
        }
      }
    }
  },
};
