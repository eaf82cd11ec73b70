/** Finds words of `english/words.ts` in comments, messages, names of tests and pages. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from './architecture/source-file.ts';
import { AVOIDED_WORDS } from './english/words.ts';

const SOURCES = '{src,test,simulator,bench,scripts}/**/*.{ts,lua}';
const PAGES = ['*.md', 'docs/**/*.md'];
/** The list itself, and the tests that quote it. */
const QUOTES_THE_LIST = ['scripts/english/words.ts', 'test/english.test.ts'];

/** The lines of a file that people read: all of a page, the comments and texts with a space of a program. */
function linesToRead(path: string, text: string): readonly { readonly value: string; readonly line: number }[] {
  if (path.endsWith('.ts')) {
    const { comments, literals } = readSource(path, text);
    // A text without a space is data: an id, a name, a path.
    return [...comments, ...literals.filter(({ value }) => /\s/.test(value.trim()))];
  }
  const lines = text.split('\n').map((value, index) => ({ value, line: index + 1 }));
  return path.endsWith('.lua') ? lines.filter(({ value }) => value.includes('--')) : lines;
}

/** What is wrong with a file, a line each. */
export function englishFindings(path: string, text: string): string[] {
  return linesToRead(path, text)
    .flatMap(({ value, line }) =>
      AVOIDED_WORDS.flatMap(({ pattern, instead }) => {
        const found = pattern.exec(value)?.[0];
        return found === undefined ? [] : [{ line, text: `${path}:${line} "${found}": write ${instead}` }];
      }),
    )
    .sort((one, other) => one.line - other.line)
    .map((finding) => finding.text);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const findings = globSync([SOURCES, ...PAGES], { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !QUOTES_THE_LIST.includes(path) && !/\/generated\/|^docs\/reference\//.test(path))
    .sort()
    .flatMap((path) => englishFindings(path, readFileSync(join(root, path), 'utf8')));
  process.stdout.write(findings.length === 0 ? 'No avoided words.\n' : `${findings.join('\n')}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
