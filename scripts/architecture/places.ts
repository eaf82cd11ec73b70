/** Where a file stands in the tree. */
import type { SourceFile } from './source-file.ts';

/** Whether a file holds tests, benchmarks or what only they use. */
export const isTest = (path: string): boolean =>
  /\.(?:test|bench)\.ts$|\/(?:fixtures|test|tests)\//.test(path) || path.endsWith('contract.ts');

/** The files of `src` without its tests. */
export const inSource = (files: readonly SourceFile[]): SourceFile[] =>
  files.filter((file) => file.path.startsWith('src/') && !isTest(file.path));

/** The first step below src: `core` for `src/core/money.ts`, `main.ts` for `src/main.ts`. */
export const roomOf = (path: string): string => (path.startsWith('src/') ? (path.split('/')[1] ?? '') : '');

/** The folder two steps below the root: `src/providers/acme`. */
export const subfolder = (path: string): string => path.split('/').slice(0, 3).join('/');
