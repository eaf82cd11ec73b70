import type { SourceFile } from './source-file.ts';

/** One break of a rule. */
export interface Break {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

/** One rule over all source files. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  breaks(files: readonly SourceFile[]): Iterable<Break>;
}
