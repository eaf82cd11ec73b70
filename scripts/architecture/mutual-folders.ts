import { inSource, roomOf } from './places.ts';
import type { Break, Rule } from './rule.ts';
import type { SourceFile } from './source-file.ts';

/** Two folders directly below `src` that import each other, types included. */
export const MUTUAL_FOLDER_RULE: Rule = {
  name: 'no-mutual-folders',
  why: 'Of two folders that import each other neither can be read, tested or deleted alone; one of them holds what belongs into the other, or into a third.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    const arrows = new Map<string, Break[]>();
    for (const file of inSource(files)) {
      for (const { target, line } of file.imports) {
        const [from, to] = [roomOf(file.path), roomOf(target)];
        if (to === '' || from === to) continue;
        const key = `${from} ${to}`;
        arrows.set(key, [...(arrows.get(key) ?? []), { path: file.path, line, what: `imports ${target}` }]);
      }
    }
    for (const [key, found] of arrows) {
      const [from = '', to = ''] = key.split(' ');
      const back = arrows.get(`${to} ${from}`);
      // Reported once, from the side with fewer imports: that is usually the side to change.
      if (back === undefined || found.length > back.length || (found.length === back.length && from > to)) continue;
      for (const one of found)
        yield { ...one, what: `${one.what}, and src/${to} imports src/${from} (${back.length} times)` };
    }
  },
};
