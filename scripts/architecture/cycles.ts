import type { Break, Rule } from './rule.ts';
import type { SourceFile } from './source-file.ts';

/** Files that import each other in a ring, types included. */
export const CYCLE_RULE: Rule = {
  name: 'no-cycles',
  why: 'Of files in a ring none can be read, loaded or tested first.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const state = new Map<string, 'open' | 'done'>();
    const found: Break[] = [];

    const visit = (file: SourceFile, trail: readonly string[]): void => {
      state.set(file.path, 'open');
      const here = [...trail, file.path];
      for (const { target, line } of file.imports) {
        const next = byPath.get(target);
        if (next === undefined) continue;
        if (state.get(target) === 'open') {
          const ring = [...here.slice(here.indexOf(target)), target];
          found.push({ path: file.path, line, what: `closes a ring: ${ring.join(' → ')}` });
        } else if (!state.has(target)) {
          visit(next, here);
        }
      }
      state.set(file.path, 'done');
    };

    for (const file of files) if (!state.has(file.path)) visit(file, []);
    yield* found;
  },
};
