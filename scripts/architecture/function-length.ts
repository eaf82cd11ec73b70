import { isTest } from './places.ts';
import type { Break, Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';

const MOST_LINES = 80;

/** Functions that do not fit on a screen. */
export const FUNCTION_LENGTH_RULE: Rule = {
  name: 'functions-fit-on-a-screen',
  why: `A function of more than ${MOST_LINES} lines has steps that deserve names; split it, or make it a class or a table. The object that it returns does not count: its methods are measured alone.`,
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    for (const file of files) {
      if (isTest(file.path) || file.path.startsWith('test/')) continue;
      for (const block of file.blocks) {
        if (!block.isFunction) continue;
        const first = lineAt(file.code, block.start);
        const returned = file.blocks.filter(({ parent, header }) => parent === block && /^\s*return\s*$/.test(header));
        const lines = returned.reduce(
          (sum, { start, end }) => sum - linesOf(file, start, end),
          linesOf(file, block.start, block.end),
        );
        if (lines > MOST_LINES) yield { path: file.path, line: first, what: `begins a function of ${lines} lines` };
      }
    }
  },
};

const linesOf = ({ code }: SourceFile, start: number, end: number): number => lineAt(code.slice(start), end - start);
