import { blocksOf } from './blocks.ts';
import { isTest } from './places.ts';
import type { Break, Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';

const MOST_LINES = 80;

/** Functions that do not fit on a screen. */
export const FUNCTION_LENGTH_RULE: Rule = {
  name: 'functions-fit-on-a-screen',
  why: `A function of more than ${MOST_LINES} lines has steps that deserve names; split it, or make it a class or a table.`,
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    for (const file of files) {
      if (isTest(file.path) || file.path.startsWith('test/')) continue;
      for (const { start, end, isFunction } of blocksOf(file.code)) {
        if (!isFunction) continue;
        const first = lineAt(file.code, start);
        const lines = lineAt(file.code, end) - first + 1;
        if (lines > MOST_LINES) yield { path: file.path, line: first, what: `begins a function of ${lines} lines` };
      }
    }
  },
};
