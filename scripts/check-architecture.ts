import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXCEPTIONS, type Exception } from './architecture/exceptions.ts';
import type { Break } from './architecture/rule.ts';
import { RULES } from './architecture/rules.ts';
import { readSource } from './architecture/source-file.ts';

/** The folders whose TypeScript the rules are about. */
const FOLDERS = ['src', 'simulator', 'scripts', 'bench', 'test'];

/** A broken rule, its reason, and where it is broken. */
interface BrokenRule {
  readonly rule: string;
  readonly why: string;
  readonly breaks: readonly Break[];
}

/** Holds the source files below a root against every rule. */
export function checkArchitecture(root: string, exceptions: readonly Exception[] = EXCEPTIONS): BrokenRule[] {
  const files = FOLDERS.filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      globSync('**/*.ts', { cwd: join(root, folder) }).map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
    )
    .sort()
    .map((path) => readSource(path, readFileSync(join(root, path), 'utf8')));

  const unused = new Set(exceptions);
  const broken: BrokenRule[] = [];
  for (const rule of RULES) {
    const breaks = [...rule.breaks(files)].filter((found) => {
      const exception = exceptions.find((candidate) => candidate.rule === rule.name && candidate.path === found.path);
      if (exception !== undefined) unused.delete(exception);
      return exception === undefined;
    });
    if (breaks.length > 0) broken.push({ rule: rule.name, why: rule.why, breaks });
  }
  if (unused.size > 0) {
    const breaks = [...unused].map(({ rule, path }) => ({
      path,
      line: 1,
      what: `keeps ${rule} and is listed as an exception`,
    }));
    const why =
      'An exception that is no longer needed hides the next break; take it off scripts/architecture/exceptions.ts.';
    broken.push({ rule: 'no-unused-exceptions', why, breaks });
  }
  return broken;
}

/** The broken rules as text, each with its reason. */
export function renderBrokenRules(broken: readonly BrokenRule[]): string {
  return broken
    .map(({ rule, why, breaks }) => {
      const places = breaks.map(({ path, line, what }) => `  ${path}:${line} ${what}`).join('\n');
      return `${rule}: ${why}\n${places}\n`;
    })
    .join('\n');
}

if (import.meta.main) {
  const broken = checkArchitecture(join(import.meta.dirname, '..'));
  process.stdout.write(broken.length === 0 ? `${RULES.length} architecture rules hold.\n` : renderBrokenRules(broken));
  process.exitCode = broken.length === 0 ? 0 : 1;
}
