import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A link in a page that leads to no file. */
interface DeadLink {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

/** Finds the links between the pages below a root that lead nowhere. */
function findDeadLinks(root: string): DeadLink[] {
  const pages = globSync(['*.md', 'docs/**/*.md', 'bench/**/*.md', 'deploy/**/*.md'], { cwd: root }).sort();
  return pages.flatMap((page) =>
    readFileSync(join(root, page), 'utf8')
      .split('\n')
      .flatMap((text, index) => targetsIn(text).map((target) => ({ page, line: index + 1, target })))
      .filter(({ target }) => !existsSync(join(root, dirname(page), target))),
  );
}

function targetsIn(line: string): string[] {
  return [...line.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

if (import.meta.main) {
  const dead = findDeadLinks(join(import.meta.dirname, '..'));
  for (const { page, line, target } of dead)
    process.stdout.write(`${page}:${line} leads to ${target}, which is not there\n`);
  process.exitCode = dead.length === 0 ? 0 : 1;
}
